/* SPDX-License-Identifier: GPL-2.0 */
/*
 * UDP flows that a program of this board serves, whoever chose it: their
 * datagrams get an address that it hears, its replies the service's. RCU held.
 */
#ifndef IPOS_ENGINE_SERVED_H
#define IPOS_ENGINE_SERVED_H

#include "engine/engine.h"

/* What becomes of a datagram of such a flow. */
enum ipos_served {
	IPOS_SERVED,		/* the stack's, and ready for its program */
	IPOS_SERVED_GONE,	/* nobody hears it: the flow has ended */
	IPOS_SERVED_DROPPED,	/* consumed */
};

bool ipos_served_listens(struct ipos_engine *engine,
			 const struct ipos_key *key, __be16 port, int ifindex);
int ipos_served_find(struct ipos_engine *engine, struct ipos_flow *flow,
		     __be16 port, int ifindex);
bool ipos_served_alive(struct ipos_engine *engine,
		       const struct ipos_flow *flow, int ifindex);
enum ipos_served ipos_served_request(struct ipos_engine *engine,
				     struct ipos_flow *flow,
				     struct sk_buff *skb, int ifindex);
void ipos_served_end(struct ipos_engine *engine, struct ipos_flow *flow);
void ipos_served_idle(struct ipos_engine *engine, struct ipos_flow *flow,
		      u32 idle_s);
bool ipos_served_has(struct ipos_engine *engine, struct sk_buff *skb);
bool ipos_served_reply(struct ipos_engine *engine, struct sk_buff *skb);

#endif /* IPOS_ENGINE_SERVED_H */
