// SPDX-License-Identifier: GPL-2.0
#include <linux/icmp.h>
#include <linux/ip.h>
#include <linux/udp.h>
#include <net/checksum.h>
#include <net/ip.h>
#include "link/rewrite.h"

/* A whole datagram, GSO or not; its headers will be this packet's own. */
static struct udphdr *headers(struct sk_buff *skb)
{
	unsigned int len = ((struct iphdr *)skb->data)->ihl * 4;

	if (skb_ensure_writable(skb, len + sizeof(struct udphdr)))
		return NULL;
	return (struct udphdr *)(skb->data + len);
}

static void replace(struct sk_buff *skb, struct udphdr *uh, __be32 *addr,
		    __be32 new_addr, __be16 *port, __be16 new_port)
{
	struct iphdr *iph = (struct iphdr *)skb->data;

	/* Zero: the sender computed none. */
	if (uh->check || skb->ip_summed == CHECKSUM_PARTIAL) {
		inet_proto_csum_replace4(&uh->check, skb, *addr, new_addr,
					 true);
		inet_proto_csum_replace2(&uh->check, skb, *port, new_port,
					 false);
		if (!uh->check)
			uh->check = CSUM_MANGLED_0;
	}
	csum_replace4(&iph->check, *addr, new_addr);
	*addr = new_addr;
	*port = new_port;
}

/**
 * ipos_rewrite_dest() - send a datagram to another address and port
 * @skb: data at the IP header, a whole UDP datagram
 * @addr: network byte order
 * @port: likewise
 *
 * Return: false when there is no memory; nothing was changed. Any context.
 */
bool ipos_rewrite_dest(struct sk_buff *skb, __be32 addr, __be16 port)
{
	struct udphdr *uh = headers(skb);

	if (!uh)
		return false;
	replace(skb, uh, &((struct iphdr *)skb->data)->daddr, addr, &uh->dest,
		port);
	return true;
}

/**
 * ipos_rewrite_source() - let a datagram come from another address and port
 * @skb: data at the IP header, a whole UDP datagram, GSO or not
 * @addr: network byte order
 * @port: likewise
 *
 * Return: false when there is no memory; nothing was changed. Any context.
 */
bool ipos_rewrite_source(struct sk_buff *skb, __be32 addr, __be16 port)
{
	struct udphdr *uh = headers(skb);

	if (!uh)
		return false;
	replace(skb, uh, &((struct iphdr *)skb->data)->saddr, addr,
		&uh->source, port);
	return true;
}

/*
 * The error's own header and all it quotes become this packet's own, and the
 * checksum is made anew: an error is short.
 */
static struct iphdr *quoted(struct sk_buff *skb)
{
	unsigned int icmp = ((struct iphdr *)skb->data)->ihl * 4;

	if (skb_ensure_writable(skb, skb->len))
		return NULL;
	return (struct iphdr *)(skb->data + icmp + sizeof(struct icmphdr));
}

static void finish(struct sk_buff *skb)
{
	struct iphdr *iph = (struct iphdr *)skb->data;
	unsigned int at = iph->ihl * 4;
	struct icmphdr *icmph = (struct icmphdr *)(skb->data + at);

	icmph->checksum = 0;
	icmph->checksum = csum_fold(skb_checksum(skb, at, skb->len - at, 0));
	skb->ip_summed = CHECKSUM_NONE;
}

static void change(struct sk_buff *skb, struct iphdr *sent, __be32 *outer,
		   __be32 *inner, __be16 *port, __be32 addr, __be16 new_port)
{
	csum_replace4(&((struct iphdr *)skb->data)->check, *outer, addr);
	csum_replace4(&sent->check, *inner, addr);
	*outer = addr;
	*inner = addr;
	*port = new_port;
	finish(skb);
}

static struct udphdr *quoted_udp(struct iphdr *sent)
{
	return (struct udphdr *)((u8 *)sent + sent->ihl * 4);
}

/**
 * ipos_rewrite_error_dest() - an ICMP error about what another address sent
 * @skb: data at the IP header, nothing behind the error, which quotes a UDP
 *	header
 * @addr: who is told, and sent what is quoted; network byte order
 * @port: likewise
 *
 * Return: false when there is no memory; nothing was changed. Any context.
 */
bool ipos_rewrite_error_dest(struct sk_buff *skb, __be32 addr, __be16 port)
{
	struct iphdr *sent = quoted(skb);

	if (!sent)
		return false;
	change(skb, sent, &((struct iphdr *)skb->data)->daddr, &sent->saddr,
	       &quoted_udp(sent)->source, addr, port);
	return true;
}

/**
 * ipos_rewrite_error_source() - an ICMP error about what another address got
 * @skb: data at the IP header, nothing behind the error, which quotes a UDP
 *	header
 * @addr: who tells, and got what is quoted; network byte order
 * @port: likewise
 *
 * Return: false when there is no memory; nothing was changed. Any context.
 */
bool ipos_rewrite_error_source(struct sk_buff *skb, __be32 addr, __be16 port)
{
	struct iphdr *sent = quoted(skb);

	if (!sent)
		return false;
	change(skb, sent, &((struct iphdr *)skb->data)->saddr, &sent->daddr,
	       &quoted_udp(sent)->dest, addr, port);
	return true;
}
