/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which boards an endpoint is offered to, best first: the URL Map's servers,
 * then the policy's, at last this board itself.
 */
#ifndef IPOS_ENGINE_SELECT_H
#define IPOS_ENGINE_SELECT_H

#include "engine/unattached.h"

/* A policy is one file: policy_<name>.c. */
struct ipos_policy_ops {
	/* Adds candidates, best first. RCU held, softirq. */
	void (*order)(struct ipos_engine *engine, struct ipos_endpoint *ep);
};

extern const struct ipos_policy_ops ipos_policy_local_first;
extern const struct ipos_policy_ops ipos_policy_least_conn;

bool ipos_candidate_add(struct ipos_endpoint *ep, __be32 ip);
void ipos_candidate_add_servers(struct ipos_engine *engine,
				struct ipos_endpoint *ep, u32 below);
u32 ipos_candidate_here_load(struct ipos_engine *engine);

void ipos_select(struct ipos_endpoint *ep, bool found);

#endif /* IPOS_ENGINE_SELECT_H */
