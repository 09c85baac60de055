/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The target's half of the hand-off (docs/protocol.md, rules 1 to 3, 5 to 7).
 * RCU held, softirq.
 */
#ifndef IPOS_ENGINE_TARGET_H
#define IPOS_ENGINE_TARGET_H

#include "base/verdict.h"
#include "engine/engine.h"
#include "wire/wire.h"

void ipos_target_offer(struct ipos_engine *engine, struct ipos_server *sender,
		       struct net_device *dev, const struct ipos_hdr *hdr,
		       const struct ipos_conn *conn,
		       enum ipos_wire_result result);
enum ipos_verdict ipos_target_packet(struct ipos_engine *engine,
				     struct ipos_server *sender,
				     struct net_device *dev,
				     const struct ipos_hdr *hdr,
				     struct sk_buff *skb);
void ipos_target_tell_closed(struct ipos_engine *engine,
			     struct ipos_flow *flow);
void ipos_target_closed(struct ipos_engine *engine, struct ipos_flow *flow);

#endif /* IPOS_ENGINE_TARGET_H */
