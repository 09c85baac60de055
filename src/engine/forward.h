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

/* A Forward entry whose target has the connection, for all this board knows. */
static inline bool ipos_forward_is_open(const struct ipos_flow *flow)
{
	return ipos_flow_state(flow) == IPOS_FLOW_FORWARD &&
	       !(READ_ONCE(flow->flags) &
		 (IPOS_FLOW_CLOSING | IPOS_FLOW_RESET));
}

void ipos_forward_open_consume(struct ipos_engine *engine,
			       struct ipos_flow *flow, struct sk_buff *skb);
bool ipos_forward_consume(struct ipos_engine *engine, struct ipos_flow *flow,
			  struct sk_buff *skb,
			  const struct ipos_packet *packet);
void ipos_forward_closed(struct ipos_engine *engine, struct ipos_flow *flow,
			 const struct ipos_notice *notice);
void ipos_forward_leave(struct ipos_engine *engine, struct ipos_flow *flow);
bool ipos_forward_lost_untold(struct ipos_engine *engine,
			      struct ipos_flow *flow,
			      enum ipos_handoff_reason reason);
void ipos_forward_lost(struct ipos_engine *engine, struct ipos_flow *flow,
		       enum ipos_handoff_reason reason);
void ipos_forward_end(struct ipos_engine *engine, struct ipos_flow *flow);

#endif /* IPOS_ENGINE_FORWARD_H */
