/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Sessions of this board's applications: the first response of an endpoint
 * that was attached here is read until the cookie of its service is known.
 */
#ifndef IPOS_ENGINE_LEARN_H
#define IPOS_ENGINE_LEARN_H

#include "engine/engine.h"

/* What of a response is read; a head that is longer is not. */
#define IPOS_LEARN_BYTES	8192

void ipos_learn_here(struct ipos_engine *engine, struct ipos_flow *flow,
		     const struct ipos_service *service, u32 seq);
void ipos_learn_taken(struct ipos_engine *engine, struct ipos_flow *flow);
void ipos_learn_response(struct ipos_engine *engine, const struct sk_buff *skb);
bool ipos_learn_any(struct ipos_engine *engine);
void ipos_learn_refused(struct ipos_engine *engine, int err);

#endif /* IPOS_ENGINE_LEARN_H */
