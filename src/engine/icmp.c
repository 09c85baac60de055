// SPDX-License-Identifier: GPL-2.0
#include <linux/icmp.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <net/checksum.h>
#include <net/ip.h>
#include "endpoint/deliver.h"
#include "engine/icmp.h"
#include "engine/out.h"
#include "engine/packet.h"
#include "engine/responder.h"

/* Of the TCP header only this much is sure to be quoted (RFC 792). */
#define QUOTED 8

/**
 * struct quote - an ICMP error and the segment it is about
 * @key: the connection, as the client sees it
 * @seq: of the segment
 * @icmp: offset of the ICMP header in the IP packet
 * @len: of the IP packet
 * @type: of the error
 * @code: likewise
 */
struct quote {
	struct ipos_key	key;
	u32		seq;
	unsigned int	icmp;
	unsigned int	len;
	u8		type;
	u8		code;
};

/* Those of which a TCP socket learns something; redirects are a host's own. */
static bool is_error(u8 type)
{
	return type == ICMP_DEST_UNREACH || type == ICMP_TIME_EXCEEDED ||
	       type == ICMP_PARAMETERPROB;
}

/* The quoted packet's own header: it was TCP, and this is its beginning. */
static bool is_tcp(const struct iphdr *iph)
{
	return iph->version == 4 && iph->ihl >= 5 &&
	       iph->protocol == IPPROTO_TCP &&
	       !(iph->frag_off & htons(IP_OFFSET));
}

static bool parse_error(struct sk_buff *skb, struct quote *quote)
{
	const struct icmphdr *icmph;
	const struct iphdr *iph;

	iph = ipos_packet_ip_header(skb, IPPROTO_ICMP, sizeof(*icmph) +
				    sizeof(struct iphdr) + QUOTED);
	if (!iph || skb_is_gso(skb))
		return false;
	quote->icmp = iph->ihl * 4;
	quote->len = ntohs(iph->tot_len);
	if (!pskb_may_pull(skb, quote->icmp + sizeof(*icmph) + sizeof(*iph)))
		return false;
	icmph = (struct icmphdr *)(skb->data + quote->icmp);
	quote->type = icmph->type;
	quote->code = icmph->code;
	return is_error(quote->type);
}

/* May move the skb's data. False: no error, or not about a TCP segment. */
static bool parse(struct sk_buff *skb, struct quote *quote)
{
	const struct iphdr *sent;
	const struct tcphdr *th;
	unsigned int at;

	if (!parse_error(skb, quote))
		return false;
	at = quote->icmp + sizeof(struct icmphdr);
	sent = (struct iphdr *)(skb->data + at);
	if (!is_tcp(sent))
		return false;
	at += sent->ihl * 4;
	if (at + QUOTED > quote->len || !pskb_may_pull(skb, at + QUOTED))
		return false;
	sent = (struct iphdr *)(skb->data + quote->icmp +
				sizeof(struct icmphdr));
	th = (struct tcphdr *)(skb->data + at);
	/* It is told to whoever sent the segment. */
	if (((struct iphdr *)skb->data)->daddr != sent->saddr)
		return false;
	quote->key = ipos_key_init(IPOS_PROTO_TCP, sent->daddr, th->dest,
				   sent->saddr, th->source);
	quote->seq = ntohl(th->seq);
	return true;
}

static bool checksum_ok(struct sk_buff *skb, const struct quote *quote)
{
	bool ok;

	if (pskb_trim_rcsum(skb, quote->len))
		return false;
	__skb_pull(skb, quote->icmp);
	ok = !skb_checksum_simple_validate(skb);
	__skb_push(skb, quote->icmp);
	return ok;
}

/* Which errors end a handshake: the kernel's own choice for its requests. */
static bool is_unreachable(const struct quote *quote)
{
	return quote->type != ICMP_DEST_UNREACH ||
	       quote->code == ICMP_NET_UNREACH ||
	       quote->code == ICMP_HOST_UNREACH;
}

static void about_ours(struct ipos_engine *engine, struct ipos_flow *flow,
		       struct sk_buff *skb, const struct quote *quote)
{
	enum ipos_flow_state state = ipos_flow_state(flow);
	bool taken = false;

	if (!checksum_ok(skb, quote)) {
		ipos_count(engine->counters, drop_packet_checksum);
		kfree_skb(skb);
		return;
	}
	if (state == IPOS_FLOW_FORWARD &&
	    !(READ_ONCE(flow->flags) & IPOS_FLOW_RESET)) {
		ipos_out_icmp_consume(engine, flow->peer, &flow->hdr, skb);
		return;
	}
	if (state == IPOS_FLOW_TEMPORARY && is_unreachable(quote))
		taken = ipos_responder_unreachable(engine, flow, quote->seq);
	if (!taken)
		ipos_count(engine->counters, drop_icmp);
	kfree_skb(skb);
}

/**
 * ipos_icmp_client() - what came for this host and is no TCP segment
 * @engine: the namespace
 * @skb: data at the IP header; may be moved even where it is passed
 *
 * An ICMP error about a segment of a moved connection is the target's: it
 * sent it with this board's address. It keeps no idle entry alive.
 *
 * Return: IPOS_PASS for all that is about no endpoint of ours, or
 * IPOS_CONSUMED.
 */
enum ipos_verdict ipos_icmp_client(struct ipos_engine *engine,
				   struct sk_buff *skb)
{
	struct ipos_flow *flow;
	struct quote quote;

	if (!parse(skb, &quote))
		return IPOS_PASS;
	flow = ipos_flow_peek(&engine->flows, &quote.key);
	if (!flow)
		return IPOS_PASS;
	switch (ipos_flow_state(flow)) {
	case IPOS_FLOW_TEMPORARY:
	case IPOS_FLOW_FORWARD_CONNECT:
	case IPOS_FLOW_FORWARD:
		about_ours(engine, flow, skb, &quote);
		return IPOS_CONSUMED;
	default:
		return IPOS_PASS;
	}
}

/**
 * ipos_icmp_target() - a type 2 frame whose body is no TCP segment
 * @engine: the namespace
 * @hdr: names client and application
 * @skb: data at the IP header of the body
 *
 * The stack's own ICMP verifies the checksum, and its TCP that the quoted
 * sequence number is one that the socket has in flight. A reservation's socket
 * has sent nothing, so no error can be about it.
 *
 * Return: IPOS_PASS: @skb is ready for the stack; or IPOS_CONSUMED.
 */
enum ipos_verdict ipos_icmp_target(struct ipos_engine *engine,
				   const struct ipos_hdr *hdr,
				   struct sk_buff *skb)
{
	struct ipos_flow *flow;
	struct quote quote;

	if (!parse(skb, &quote) || quote.key.proto != hdr->protocol ||
	    quote.key.caddr != hdr->src_ip ||
	    quote.key.cport != hdr->src_port) {
		ipos_count(engine->counters, drop_frame_inner);
		goto drop;
	}
	flow = ipos_flow_peek(&engine->flows, &quote.key);
	if (!flow || ipos_flow_state(flow) != IPOS_FLOW_LOCAL ||
	    !(READ_ONCE(flow->flags) & IPOS_FLOW_TARGET)) {
		ipos_count(engine->counters, drop_icmp);
		goto drop;
	}
	if (ipos_deliver_prepare(engine->net, skb)) {
		ipos_count(engine->counters, drop_no_memory);
		goto drop;
	}
	ipos_count(engine->counters, icmp_delivered);
	return IPOS_PASS;
drop:
	kfree_skb(skb);
	return IPOS_CONSUMED;
}
