/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Segments handed to a socket by us instead of by ip_rcv().
 */
#ifndef IPOS_ENDPOINT_INJECT_H
#define IPOS_ENDPOINT_INJECT_H

#include <linux/skbuff.h>
#include "base/key.h"
#include "wire/wire.h"

struct dst_entry;
struct net_device;
struct sock;

/* The sequence number of the first byte that the socket still has to get. */
static inline u32 ipos_inject_start(const struct ipos_tcb *tcb)
{
	return tcb->rcv_nxt - tcb->rcvq_len;
}

struct sk_buff *ipos_inject_ack(const struct ipos_key *key,
				const struct ipos_tcb *tcb,
				struct net_device *dev, struct dst_entry *dst);
void ipos_inject_make_reset(struct sk_buff *ack);
void ipos_inject_segment(struct sock *sk, struct sk_buff *skb);
bool ipos_inject_packet(struct sock *sk, struct sk_buff *skb,
			struct dst_entry *dst);

#endif /* IPOS_ENDPOINT_INJECT_H */
