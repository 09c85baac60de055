/* SPDX-License-Identifier: GPL-2.0 */
/* A policy is one file: policy_<name>.c. */
#ifndef IPOS_ENGINE_POLICY_H
#define IPOS_ENGINE_POLICY_H

#include "engine/choice.h"

/**
 * struct ipos_policy_ops - how a policy decides
 * @counter: counts its decisions
 * @order: adds candidates, best first; asked again when all of them would not
 *	have it, until it adds none. RCU held, softirq
 */
struct ipos_policy_ops {
	enum ipos_counter counter;
	void (*order)(const struct ipos_choice *choice);
};

extern const struct ipos_policy_ops ipos_policy_local_first;
extern const struct ipos_policy_ops ipos_policy_least_conn;
extern const struct ipos_policy_ops ipos_policy_least_load;
extern const struct ipos_policy_ops ipos_policy_hash;

#endif /* IPOS_ENGINE_POLICY_H */
