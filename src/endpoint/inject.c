// SPDX-License-Identifier: GPL-2.0
/*
 * Segments as tcp_v4_rcv() would leave them: data at the TCP header, the
 * control buffer filled, no device and no trace of the way they came.
 */
#include <linux/filter.h>
#include <linux/netdevice.h>
#include <net/dst.h>
#include <net/ip.h>
#include <net/tcp.h>
#include "endpoint/inject.h"

static void fill_cb(struct sk_buff *skb)
{
	struct tcp_skb_cb *cb = TCP_SKB_CB(skb);
	const struct tcphdr *th = tcp_hdr(skb);

	memset(cb, 0, sizeof(*cb));
	cb->header.h4.iif = skb->skb_iif;
	cb->seq = ntohl(th->seq);
	cb->end_seq = cb->seq + th->fin + skb->len - __tcp_hdrlen(th);
	cb->ack_seq = ntohl(th->ack_seq);
	cb->tcp_flags = tcp_flag_byte(th);
	cb->ip_dsfield = ipv4_get_dsfield(ip_hdr(skb));
	cb->has_rxtstamp = skb->tstamp || skb_hwtstamps(skb)->hwtstamp;
}

static void put_timestamps(struct sk_buff *skb, u32 tsval)
{
	__be32 *option = skb_put(skb, TCPOLEN_TSTAMP_ALIGNED);

	option[0] = htonl((TCPOPT_NOP << 24) | (TCPOPT_NOP << 16) |
			  (TCPOPT_TIMESTAMP << 8) | TCPOLEN_TIMESTAMP);
	option[1] = htonl(tsval);
	/* No echo: the time since the real handshake says nothing of the RTT */
	option[2] = 0;
}

static void put_ip(struct sk_buff *skb, const struct ipos_key *key, int len)
{
	struct iphdr *iph = skb_put_zero(skb, sizeof(*iph));

	iph->version = 4;
	iph->ihl = sizeof(*iph) / 4;
	iph->tot_len = htons(len);
	iph->ttl = IPDEFTTL;
	iph->protocol = IPPROTO_TCP;
	iph->saddr = key->caddr;
	iph->daddr = key->saddr;
}

static void put_tcp(struct sk_buff *skb, const struct ipos_key *key,
		    const struct ipos_tcb *tcb, int len)
{
	const u8 shift = tcb->flags & IPOS_TCB_WSCALE ? tcb->snd_wscale : 0;
	struct tcphdr *th = skb_put_zero(skb, sizeof(*th));

	th->source = key->cport;
	th->dest = key->sport;
	th->seq = htonl(ipos_inject_start(tcb));
	th->ack_seq = htonl(tcb->snd_una);
	th->doff = len / 4;
	th->ack = 1;
	th->window = htons(min(tcb->snd_wnd >> shift, 65535U));
}

/**
 * ipos_inject_ack() - the ACK that ends the handshake, as the client sent it
 * @key: the connection's 4-tuple
 * @tcb: its control block
 * @dev: where the client's packets come from
 * @dst: this host's local route
 *
 * Its window is the client's current one, its TSval TS.Recent, so that it
 * passes PAWS.
 *
 * Context: any.
 * Return: the packet, data at the TCP header, skb->dev set, or NULL.
 */
struct sk_buff *ipos_inject_ack(const struct ipos_key *key,
				const struct ipos_tcb *tcb,
				struct net_device *dev, struct dst_entry *dst)
{
	int len = sizeof(struct tcphdr);
	struct sk_buff *skb;

	if (tcb->flags & IPOS_TCB_TIMESTAMPS)
		len += TCPOLEN_TSTAMP_ALIGNED;
	skb = alloc_skb(sizeof(struct iphdr) + len, GFP_ATOMIC);
	if (!skb)
		return NULL;
	skb->protocol = htons(ETH_P_IP);
	skb->pkt_type = PACKET_HOST;
	skb->ip_summed = CHECKSUM_UNNECESSARY;
	skb->dev = dev;
	skb->skb_iif = dev->ifindex;
	skb_dst_set(skb, dst_clone(dst));

	skb_reset_mac_header(skb);
	skb_reset_network_header(skb);
	put_ip(skb, key, sizeof(struct iphdr) + len);
	skb_set_transport_header(skb, sizeof(struct iphdr));
	put_tcp(skb, key, tcb, len);
	if (tcb->flags & IPOS_TCB_TIMESTAMPS)
		put_timestamps(skb, tcb->ts_recent);
	__skb_pull(skb, sizeof(struct iphdr));
	fill_cb(skb);
	return skb;
}

/**
 * ipos_inject_make_reset() - turn the handshake's ACK into a reset
 * @ack: what ipos_inject_ack() made
 */
void ipos_inject_make_reset(struct sk_buff *ack)
{
	tcp_hdr(ack)->rst = 1;
	fill_cb(ack);
}

/**
 * ipos_inject_segment() - give a socket a segment that is ready
 * @sk: the socket
 * @skb: the segment, data at the TCP header, control buffer filled; consumed
 *
 * A socket that process context works on gets it when that is done.
 *
 * Context: bottom halves off, under RCU, the socket's spinlock held.
 */
void ipos_inject_segment(struct sock *sk, struct sk_buff *skb)
{
	/* It may wait in a queue longer than the device lives. */
	skb->dev = NULL;
	tcp_segs_in(tcp_sk(sk), skb);
	if (sock_owned_by_user(sk))
		__sk_add_backlog(sk, skb);
	else
		sk->sk_backlog_rcv(sk, skb);
}

/* The packet's length by its own header, without Ethernet's padding. */
static bool trim(struct sk_buff *skb)
{
	unsigned int len = ntohs(ip_hdr(skb)->tot_len);

	/* A GSO packet may be longer than the field can tell. */
	if (!len && skb_is_gso(skb))
		len = skb->len;
	if (len > skb->len || len < ip_hdrlen(skb) + sizeof(struct tcphdr))
		return false;
	return !pskb_trim_rcsum(skb, len);
}

/* From the IP header to the TCP header; false: not a TCP segment. */
static bool pull_headers(struct sk_buff *skb)
{
	unsigned int hlen;

	if (!pskb_may_pull(skb, sizeof(struct iphdr)))
		return false;
	skb_reset_network_header(skb);
	hlen = ip_hdrlen(skb);
	if (hlen < sizeof(struct iphdr) || !trim(skb) ||
	    !pskb_may_pull(skb, hlen + sizeof(struct tcphdr)))
		return false;
	skb_set_transport_header(skb, hlen);
	if (tcp_hdrlen(skb) < sizeof(struct tcphdr) ||
	    !pskb_may_pull(skb, hlen + tcp_hdrlen(skb)))
		return false;
	__skb_pull(skb, hlen);
	return true;
}

/* What the stack does to a packet between the device and the socket. */
static void clean(struct sk_buff *skb, struct dst_entry *dst)
{
	skb_orphan(skb);
	nf_reset_ct(skb);
	nf_reset_trace(skb);
	skb_dst_drop(skb);
	skb_dst_set_noref(skb, dst);
	skb->protocol = htons(ETH_P_IP);
	if (skb->ip_summed != CHECKSUM_PARTIAL)
		skb->ip_summed = CHECKSUM_UNNECESSARY;
}

/**
 * ipos_inject_packet() - give a socket a client's packet that was held
 * @sk: the socket
 * @skb: the packet, data at the IP header, checksum verified; consumed, and
 * dropped when it is no TCP segment or the socket's filter refuses it
 * @dst: this host's local route
 *
 * Context: bottom halves off, under RCU, the socket's spinlock held.
 * Return: false when it was dropped.
 */
bool ipos_inject_packet(struct sock *sk, struct sk_buff *skb,
			struct dst_entry *dst)
{
	skb = skb_share_check(skb, GFP_ATOMIC);
	if (!skb)
		goto drop;
	if (!pull_headers(skb))
		goto drop;
	clean(skb, dst);
	if (sk_filter_trim_cap(sk, skb, tcp_hdrlen(skb)))
		goto drop;
	fill_cb(skb);
	ipos_inject_segment(sk, skb);
	return true;
drop:
	atomic_inc(&sk->sk_drops);
	kfree_skb(skb);
	return false;
}
