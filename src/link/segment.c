// SPDX-License-Identifier: GPL-2.0
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/ip.h>
#include <net/netfilter/nf_conntrack.h>
#include <net/route.h>
#include <net/tcp.h>
#include "link/frame.h"
#include "link/segment.h"

struct ends {
	__be32 saddr, daddr;
	__be16 sport, dport;
};

static unsigned int options_len(const struct ipos_segment *s)
{
	return (s->mss ? TCPOLEN_MSS : 0) +
	       (s->timestamps ? TCPOLEN_TSTAMP_ALIGNED : 0) +
	       (s->sack && !s->timestamps ? TCPOLEN_SACKPERM_ALIGNED : 0) +
	       (s->wscale >= 0 ? TCPOLEN_WSCALE_ALIGNED : 0) +
	       (s->n_sacks ? TCPOLEN_SACK_BASE_ALIGNED +
			     s->n_sacks * TCPOLEN_SACK_PERBLOCK : 0);
}

static void put_sacks(__be32 *p, const struct ipos_segment *s)
{
	unsigned int at;

	if (s->n_sacks)
		*p++ = htonl(TCPOPT_NOP << 24 | TCPOPT_NOP << 16 |
			     TCPOPT_SACK << 8 |
			     (TCPOLEN_SACK_BASE +
			      s->n_sacks * TCPOLEN_SACK_PERBLOCK));
	for (at = 0; at < s->n_sacks; at++) {
		*p++ = htonl(s->sacks[at].start);
		*p++ = htonl(s->sacks[at].end);
	}
}

/* The order and padding of RFC 7323, appendix A. */
static void put_options(__be32 *p, const struct ipos_segment *s)
{
	u32 pair = s->sack ? TCPOPT_SACK_PERM << 8 | TCPOLEN_SACK_PERM :
			     TCPOPT_NOP << 8 | TCPOPT_NOP;

	if (s->mss)
		*p++ = htonl(TCPOPT_MSS << 24 | TCPOLEN_MSS << 16 | s->mss);
	if (s->timestamps) {
		*p++ = htonl(pair << 16 | TCPOPT_TIMESTAMP << 8 |
			     TCPOLEN_TIMESTAMP);
		*p++ = htonl(s->tsval);
		*p++ = htonl(s->tsecr);
	} else if (s->sack) {
		*p++ = htonl(TCPOPT_NOP << 24 | TCPOPT_NOP << 16 | pair);
	}
	if (s->wscale >= 0)
		*p++ = htonl(TCPOPT_NOP << 24 | TCPOPT_WINDOW << 16 |
			     TCPOLEN_WINDOW << 8 | (u8)s->wscale);
	put_sacks(p, s);
}

static void put_tcp(struct sk_buff *skb, const struct ends *ends,
		    const struct ipos_segment *s, unsigned int len)
{
	struct tcphdr *th = skb_put_zero(skb, len);

	th->source = ends->sport;
	th->dest = ends->dport;
	th->seq = htonl(s->seq);
	th->ack_seq = htonl(s->ack);
	th->doff = len / 4;
	tcp_flag_byte(th) = s->flags;
	th->window = htons(s->window);
	put_options((__be32 *)(th + 1), s);
	th->check = tcp_v4_check(len, ends->saddr, ends->daddr,
				 csum_partial(th, len, 0));
}

static struct sk_buff *build(const struct ends *ends,
			     const struct ipos_segment *s)
{
	unsigned int len = sizeof(struct tcphdr) + options_len(s);
	struct sk_buff *skb;
	struct iphdr *iph;

	skb = alloc_skb(MAX_HEADER + IPOS_ENCAP_LEN + sizeof(*iph) + len,
			GFP_ATOMIC);
	if (!skb)
		return NULL;
	skb_reserve(skb, MAX_HEADER + IPOS_ENCAP_LEN);
	skb_reset_network_header(skb);
	iph = skb_put_zero(skb, sizeof(*iph));
	iph->version = 4;
	iph->ihl = sizeof(*iph) / 4;
	iph->tot_len = htons(sizeof(*iph) + len);
	iph->frag_off = htons(IP_DF);
	iph->ttl = IPDEFTTL;
	iph->protocol = IPPROTO_TCP;
	iph->saddr = ends->saddr;
	iph->daddr = ends->daddr;
	ip_send_check(iph);
	skb_set_transport_header(skb, sizeof(*iph));
	skb->protocol = htons(ETH_P_IP);
	put_tcp(skb, ends, s, len);
	return skb;
}

/**
 * ipos_segment_from_client() - a segment in the client's name, for the target
 * @key: the connection
 * @segment: what it says
 *
 * Return: a packet with data at the IP header, or NULL. Any context.
 */
struct sk_buff *ipos_segment_from_client(const struct ipos_key *key,
					 const struct ipos_segment *segment)
{
	struct ends ends = {
		.saddr = key->caddr, .sport = key->cport,
		.daddr = key->saddr, .dport = key->sport,
	};

	return build(&ends, segment);
}

/**
 * ipos_segment_to_client() - send a segment as the server
 * @net: the namespace
 * @key: the connection
 * @segment: what it says
 *
 * The source may be foreign to this host. Softirq or bottom halves off.
 *
 * Return: 0, -ENOMEM, or why there is no route.
 */
int ipos_segment_to_client(struct net *net, const struct ipos_key *key,
			   const struct ipos_segment *segment)
{
	struct ends ends = {
		.saddr = key->saddr, .sport = key->sport,
		.daddr = key->caddr, .dport = key->cport,
	};
	struct flowi4 fl4 = {
		.saddr = key->saddr, .daddr = key->caddr,
		.fl4_sport = key->sport, .fl4_dport = key->cport,
		.flowi4_proto = IPPROTO_TCP,
		.flowi4_flags = FLOWI_FLAG_ANYSRC,
	};
	struct sk_buff *skb;
	struct rtable *rt;

	rt = ip_route_output_key(net, &fl4);
	if (IS_ERR(rt))
		return PTR_ERR(rt);
	skb = build(&ends, segment);
	if (!skb) {
		ip_rt_put(rt);
		return -ENOMEM;
	}
	skb_dst_set(skb, &rt->dst);
	skb->dev = rt->dst.dev;
	/* It has not seen what is answered, and would find this invalid. */
	nf_ct_set(skb, NULL, IP_CT_UNTRACKED);
	ip_local_out(net, NULL, skb);
	return 0;
}

/**
 * ipos_segment_checksum_ok() - verify the TCP checksum
 * @skb: data at the IP header, nothing behind the segment
 * @tcp: offset of the TCP header
 *
 * Remembers the verdict in the skb. Any context.
 *
 * Return: whether it is right, or this host's own and not yet computed.
 */
bool ipos_segment_checksum_ok(struct sk_buff *skb, unsigned int tcp)
{
	bool ok;

	if (skb->ip_summed == CHECKSUM_PARTIAL)
		return true;
	__skb_pull(skb, tcp);
	ok = !skb_checksum_init(skb, IPPROTO_TCP, inet_compute_pseudo) &&
	     !skb_checksum_complete(skb);
	__skb_push(skb, tcp);
	return ok;
}

/**
 * ipos_segment_udp_checksum_ok() - verify the UDP checksum
 * @skb: data at the IP header, nothing behind the datagram
 * @udp: offset of the UDP header
 *
 * Remembers the verdict in the skb. Any context.
 *
 * Return: whether it is right, this host's own and not yet computed, or none.
 */
bool ipos_segment_udp_checksum_ok(struct sk_buff *skb, unsigned int udp)
{
	bool ok;

	if (skb->ip_summed == CHECKSUM_PARTIAL)
		return true;
	__skb_pull(skb, udp);
	ok = !skb_checksum_init_zero_check(skb, IPPROTO_UDP,
					   ((struct udphdr *)skb->data)->check,
					   inet_compute_pseudo) &&
	     !skb_checksum_complete(skb);
	__skb_push(skb, udp);
	return ok;
}

/**
 * ipos_segment_source() - this host's own address towards a client
 * @net: the namespace
 * @caddr: the client, network byte order
 *
 * Return: the address, network byte order, or 0 without a route. Softirq or
 * bottom halves off.
 */
__be32 ipos_segment_source(struct net *net, __be32 caddr)
{
	struct flowi4 fl4 = { .daddr = caddr, .flowi4_proto = IPPROTO_TCP };
	struct rtable *rt = ip_route_output_key(net, &fl4);

	if (IS_ERR(rt))
		return 0;
	ip_rt_put(rt);
	return fl4.saddr;
}
