// SPDX-License-Identifier: GPL-2.0
#include <net/icmp.h>
#include <net/ip.h>
#include <net/route.h>
#include <net/udp.h>
#include "compat/udp.h"
#include "endpoint/datagram.h"
#include "endpoint/deliver.h"

/* The socket that hears a client's datagram to an address of this host. */
static struct sock *find(struct net *net, const struct ipos_key *key,
			 __be32 addr, __be16 port, int ifindex)
{
	return __udp4_lib_lookup(net, key->caddr, key->cport, addr, port,
				 ifindex, 0, ipos_compat_udp_table(net), NULL);
}

/**
 * ipos_udp_connected() - whether a socket of this host talks to the client
 * @net: network namespace
 * @key: the flow, as the client sees it
 * @ifindex: of the device its datagrams arrive at
 *
 * Context: any, under RCU.
 * Return: true when a socket is connected to just this client.
 */
bool ipos_udp_connected(struct net *net, const struct ipos_key *key,
			int ifindex)
{
	const struct sock *sk = find(net, key, key->saddr, key->sport, ifindex);

	return sk && READ_ONCE(sk->sk_state) == TCP_ESTABLISHED;
}

/**
 * ipos_udp_bound() - whether a socket hears a client at an address
 * @net: network namespace
 * @key: the flow, for its client
 * @addr: bound to that, or to any
 * @port: network byte order
 * @ifindex: of the device its datagrams arrive at
 *
 * Connected ones count, too: a program may go on with one of its own for each
 * client.
 *
 * Context: any, under RCU.
 * Return: whether there is one.
 */
bool ipos_udp_bound(struct net *net, const struct ipos_key *key, __be32 addr,
		    __be16 port, int ifindex)
{
	return addr && find(net, key, addr, port, ifindex);
}

/**
 * ipos_udp_reaches() - whether a socket is bound to the service's address
 * @net: network namespace
 * @key: the flow
 * @port: network byte order
 * @ifindex: of the device its datagrams arrive at
 *
 * One that is bound to any address hears it there, too, but replies from this
 * host's first address towards the client.
 *
 * Context: any, under RCU.
 * Return: whether there is one.
 */
bool ipos_udp_reaches(struct net *net, const struct ipos_key *key, __be16 port,
		      int ifindex)
{
	const struct sock *sk = find(net, key, key->saddr, port, ifindex);

	return sk && sk->sk_rcv_saddr == key->saddr;
}

/**
 * ipos_udp_whole_consume() - put the fragments of a datagram together
 * @net: network namespace
 * @skb: a fragment, data at the IP header, of a known length
 *
 * By the stack's own means and within its bounds. No ICMP error tells of what
 * stays incomplete.
 *
 * Context: softirq.
 * Return: true when @skb is the whole datagram now; false when it was consumed.
 */
bool ipos_udp_whole_consume(struct net *net, struct sk_buff *skb)
{
	unsigned int len = ntohs(((struct iphdr *)skb->data)->tot_len);

	if (pskb_trim_rcsum(skb, len)) {
		kfree_skb(skb);
		return false;
	}
	skb_reset_network_header(skb);
	skb_set_transport_header(skb, ip_hdrlen(skb));
	memset(IPCB(skb), 0, sizeof(*IPCB(skb)));
	return !ip_defrag(net, skb, IP_DEFRAG_AF_PACKET);
}

/**
 * ipos_udp_unreachable() - tell a client by ICMP what its datagram met
 * @net: network namespace
 * @skb: the datagram, data at the IP header; stays the caller's
 * @code: ICMP_PORT_UNREACH, ICMP_FRAG_NEEDED
 * @info: of that code, host order
 *
 * It comes from the address that the client uses. The stack limits its rate.
 *
 * Context: softirq or bottom halves off, under RCU.
 */
void ipos_udp_unreachable(struct net *net, struct sk_buff *skb, u8 code,
			  u32 info)
{
	if (ipos_deliver_prepare(net, skb))
		return;
	memset(IPCB(skb), 0, sizeof(*IPCB(skb)));
	icmp_send(skb, ICMP_DEST_UNREACH, code, htonl(info));
	skb_dst_drop(skb);
}
