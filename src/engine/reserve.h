/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A reservation: an endpoint another board offered, built but not committed.
 * Flow lock and RCU held, softirq or bottom halves off.
 */
#ifndef IPOS_ENGINE_RESERVE_H
#define IPOS_ENGINE_RESERVE_H

#include "engine/hold.h"
#include "engine/pending.h"
#include "wire/wire.h"

struct ipos_packet;
struct net_device;

int ipos_reserve(struct ipos_engine *engine, struct ipos_flow *flow,
		 struct net_device *dev, const struct ipos_conn *conn);
bool ipos_reserve_commit_udp(struct ipos_engine *engine,
			     struct ipos_flow *flow);
void ipos_reserve_again(struct ipos_flow *flow);
bool ipos_reserve_packet_consume(struct ipos_flow *flow, struct sk_buff *skb,
				 const struct ipos_packet *packet);
void ipos_reserve_check(struct ipos_flow *flow);
void ipos_reserve_leave(struct ipos_flow *flow);
void ipos_reserve_end(struct ipos_engine *engine, struct ipos_flow *flow);

#endif /* IPOS_ENGINE_RESERVE_H */
