/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Segments of a connection that the board answers by itself: what is to be
 * done with each, as engine/judge.h has it. Softirq, RCU held.
 */
#ifndef IPOS_ENGINE_INCOMING_H
#define IPOS_ENGINE_INCOMING_H

#include "engine/engine.h"
#include "engine/packet.h"

struct ipos_endpoint;
struct tcp_options_received;

void ipos_incoming_established_consume(struct ipos_endpoint *ep,
				       struct sk_buff *skb,
				       const struct ipos_packet *packet,
				       const struct tcp_options_received *opt);
bool ipos_incoming_consume(struct ipos_engine *engine, struct ipos_flow *flow,
			   struct sk_buff *skb,
			   const struct ipos_packet *packet);

#endif /* IPOS_ENGINE_INCOMING_H */
