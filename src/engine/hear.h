/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the other boards advertise, what their silence means, and what ends
 * with them when they restart (docs/protocol.md, rule 8).
 */
#ifndef IPOS_ENGINE_HEAR_H
#define IPOS_ENGINE_HEAR_H

#include "engine/engine.h"

void ipos_hear_init(struct ipos_engine *engine);
void ipos_hear_stop(struct ipos_engine *engine);
bool ipos_hear_check(struct ipos_engine *engine, struct sk_buff *skb,
		     struct ipos_hdr *hdr, size_t *body_len,
		     enum ipos_counter malformed);
void ipos_hear_age(struct ipos_engine *engine);
void ipos_hear_frame(struct ipos_engine *engine, struct net_device *dev,
		     struct sk_buff *skb);
bool ipos_hear_silent(const struct ipos_engine *engine,
		      const struct ipos_flow *flow);

#endif /* IPOS_ENGINE_HEAR_H */
