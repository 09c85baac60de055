/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What this host's stack has for a UDP flow, and its fragments put together.
 */
#ifndef IPOS_ENDPOINT_DATAGRAM_H
#define IPOS_ENDPOINT_DATAGRAM_H

#include <linux/skbuff.h>
#include "base/key.h"

struct net;

/* All: any context, RCU held. */
bool ipos_udp_connected(struct net *net, const struct ipos_key *key,
			int ifindex);
bool ipos_udp_bound(struct net *net, const struct ipos_key *key, __be32 addr,
		    __be16 port, int ifindex);
bool ipos_udp_reaches(struct net *net, const struct ipos_key *key, __be16 port,
		      int ifindex);

bool ipos_udp_whole_consume(struct net *net, struct sk_buff *skb);
void ipos_udp_unreachable(struct net *net, struct sk_buff *skb, u8 code,
			  u32 info);

#endif /* IPOS_ENDPOINT_DATAGRAM_H */
