/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Answer handshakes for virtual services (RFC 9293, 3.10.7).
 */
#ifndef IPOS_ENGINE_RESPONDER_H
#define IPOS_ENGINE_RESPONDER_H

#include "engine/engine.h"
#include "engine/packet.h"

bool ipos_responder_new_consume(struct ipos_engine *engine,
				struct ipos_service *service,
				struct net_device *dev, struct sk_buff *skb,
				const struct ipos_packet *packet,
				u16 inherited);
bool ipos_responder_unreachable(struct ipos_engine *engine,
				struct ipos_flow *flow, u32 seq);

#endif /* IPOS_ENGINE_RESPONDER_H */
