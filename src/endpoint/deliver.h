/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Packets of a moved connection into this host's stack, and the questions the
 * stack can answer about a 4-tuple.
 */
#ifndef IPOS_ENDPOINT_DELIVER_H
#define IPOS_ENDPOINT_DELIVER_H

#include <linux/skbuff.h>
#include "base/key.h"

struct net;
struct net_device;

enum ipos_socket {
	IPOS_SOCKET_NONE,
	IPOS_SOCKET_LIVE,	/* a full socket or a request socket */
	IPOS_SOCKET_TIME_WAIT,	/* still has to hear the client */
};

/* What this host's stack has under the key. Any context, takes RCU itself. */
enum ipos_socket ipos_socket_find(struct net *net, const struct ipos_key *key);

/* The socket's inode number as `ss -e` shows it, 0 when none is attached. */
unsigned long ipos_socket_inode(struct net *net, const struct ipos_key *key);

/* Whether a TCP listener would take a connection at this address and port. */
bool ipos_socket_listening(struct net *net, const struct ipos_key *key,
			   __be32 listen_ip, __be16 listen_port,
			   struct net_device *dev);

/*
 * Makes a packet whose data begins at the IP header ready for ip_rcv() on the
 * way up from an ingress hook: protocol, offsets, and the local route that lets
 * this host take a packet for another board's address. 0 or -ENOMEM; the skb
 * stays the caller's.
 */
int ipos_deliver_prepare(struct net *net, struct sk_buff *skb);

#endif /* IPOS_ENDPOINT_DELIVER_H */
