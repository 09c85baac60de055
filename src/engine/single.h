/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Services of which each datagram gets a board of its own (one-packet): the
 * origin remembers nothing of those that go to others. Softirq or bottom halves
 * off, RCU held.
 */
#ifndef IPOS_ENGINE_SINGLE_H
#define IPOS_ENGINE_SINGLE_H

#include "base/verdict.h"
#include "engine/engine.h"

struct ipos_packet;

bool ipos_single_is_next(struct ipos_engine *engine,
			 const struct ipos_flow *flow);
enum ipos_verdict ipos_single(struct ipos_engine *engine,
			      struct ipos_service *service,
			      struct net_device *dev, struct sk_buff *skb,
			      const struct ipos_packet *packet);

#endif /* IPOS_ENGINE_SINGLE_H */
