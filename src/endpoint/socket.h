/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Look-ups in the kernel's own socket tables, for this folder alone: what
 * others may ask stands in deliver.h.
 */
#ifndef IPOS_ENDPOINT_SOCKET_H
#define IPOS_ENDPOINT_SOCKET_H

#include "base/key.h"

struct net;
struct sk_buff;
struct sock;

int ipos_socket_evict(struct net *net, const struct ipos_key *key);
struct sock *ipos_socket_listener(struct net *net, const struct ipos_key *key,
				  __be32 listen_ip, __be16 listen_port,
				  int ifindex, struct sk_buff *skb, int doff);

#endif /* IPOS_ENDPOINT_SOCKET_H */
