/* SPDX-License-Identifier: GPL-2.0 */
/*
 * UDP flows whose board is being chosen: the origin's half of what is UDP's
 * own. Softirq or bottom halves off, RCU held.
 */
#ifndef IPOS_ENGINE_DATAGRAM_H
#define IPOS_ENGINE_DATAGRAM_H

#include "engine/unattached.h"

bool ipos_datagram_new_consume(struct ipos_engine *engine,
			       struct ipos_service *service,
			       struct net_device *dev, struct sk_buff *skb,
			       const struct ipos_packet *packet);
bool ipos_datagram_hold_consume(struct ipos_engine *engine,
				struct ipos_flow *flow, struct sk_buff *skb,
				const struct ipos_packet *packet);

#endif /* IPOS_ENGINE_DATAGRAM_H */
