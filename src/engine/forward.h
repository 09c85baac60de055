/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Packets of a moved connection, and what its target says of it afterwards.
 */
#ifndef IPOS_ENGINE_FORWARD_H
#define IPOS_ENGINE_FORWARD_H

#include "base/event.h"
#include "engine/engine.h"
#include "engine/packet.h"
#include "wire/wire.h"

bool ipos_forward_consume(struct ipos_engine *engine, struct ipos_flow *flow,
			  struct sk_buff *skb,
			  const struct ipos_packet *packet);
void ipos_forward_closed(struct ipos_engine *engine, struct ipos_flow *flow,
			 const struct ipos_notice *notice);
void ipos_forward_lost(struct ipos_engine *engine, struct ipos_flow *flow,
		       enum ipos_handoff_reason reason);
void ipos_forward_end(struct ipos_engine *engine, struct ipos_flow *flow);

#endif /* IPOS_ENGINE_FORWARD_H */
