/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Packets of a moved connection into this host's stack, and the questions the
 * stack can answer about a 4-tuple.
 */
#ifndef IPOS_ENDPOINT_DELIVER_H
#define IPOS_ENDPOINT_DELIVER_H

#include <linux/skbuff.h>
#include "base/key.h"

struct dst_entry;
struct net;
struct net_device;

enum ipos_socket {
	IPOS_SOCKET_NONE,
	IPOS_SOCKET_LIVE,	/* a full socket or a request socket */
	IPOS_SOCKET_TIME_WAIT,	/* still has to hear the client */
};

/*
 * What this host's stack has under the key, a reservation's child included.
 * Any context, takes RCU itself.
 */
enum ipos_socket ipos_socket_find(struct net *net, const struct ipos_key *key);

/* Whether what it has is to get the segment. As above. */
bool ipos_socket_hears(struct net *net, const struct ipos_key *key,
		       const struct sk_buff *skb);

/* The live socket under the key, put on the packet; and whether one is on it. */
bool ipos_socket_give(struct net *net, const struct ipos_key *key,
		      struct sk_buff *skb);
bool ipos_socket_has(const struct sk_buff *skb);

/* The socket's inode number as `ss -e` shows it, 0 when none is attached. */
unsigned long ipos_socket_inode(struct net *net, const struct ipos_key *key);
bool ipos_socket_begins(const struct sk_buff *skb, u32 bytes);
bool ipos_socket_listens(struct net *net, const struct ipos_key *key,
			 __be32 listen_ip, __be16 listen_port, int ifindex);

/*
 * Ends the connection of a socket, with a RST that its client believes, if
 * is_it(arg) still says so once it was found. Process context.
 */
bool ipos_socket_abort(struct net *net, const struct ipos_key *key,
		       bool (*is_it)(const void *arg), const void *arg);

/*
 * Makes a packet whose data begins at the IP header ready for ip_rcv() on the
 * way up from an ingress hook: protocol, offsets, and the local route that lets
 * this host take a packet for another board's address. 0 or -ENOMEM; the skb
 * stays the caller's. The route has no reference: stay in the same RCU read
 * section until the packet is handed up.
 */
int ipos_deliver_prepare(struct net *net, struct sk_buff *skb);

/* That route, borrowed under RCU; NULL: no memory, or @net is going. */
struct dst_entry *ipos_deliver_dst(struct net *net);

/* Around everything else of this folder: the local routes of all namespaces. */
int ipos_deliver_init(void);
void ipos_deliver_exit(void);

#endif /* IPOS_ENDPOINT_DELIVER_H */
