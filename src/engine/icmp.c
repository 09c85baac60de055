// SPDX-License-Identifier: GPL-2.0
#include <linux/icmp.h>
#include "endpoint/deliver.h"
#include "engine/icmp.h"
#include "engine/out.h"
#include "engine/quote.h"
#include "engine/responder.h"
#include "link/rewrite.h"

/* About a reply of a program here, which has sent it from elsewhere. */
static enum ipos_verdict about_served(struct ipos_engine *engine,
				      struct ipos_flow *flow,
				      struct sk_buff *skb,
				      const struct ipos_quote *quote)
{
	if (!ipos_quote_checksum_ok(skb, quote))
		ipos_count(engine->counters, drop_packet_checksum);
	else if (!ipos_rewrite_error_dest(skb, flow->laddr, flow->lport))
		ipos_count(engine->counters, drop_no_memory);
	else
		return IPOS_PASS;
	kfree_skb(skb);
	return IPOS_CONSUMED;
}

/* Which errors end a handshake: the kernel's own choice for its requests. */
static bool is_unreachable(const struct ipos_quote *quote)
{
	return quote->type != ICMP_DEST_UNREACH ||
	       quote->code == ICMP_NET_UNREACH ||
	       quote->code == ICMP_HOST_UNREACH;
}

static void about_ours(struct ipos_engine *engine, struct ipos_flow *flow,
		       struct sk_buff *skb, const struct ipos_quote *quote)
{
	enum ipos_flow_state state = ipos_flow_state(flow);
	bool taken = false;

	if (!ipos_quote_checksum_ok(skb, quote)) {
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
 * ipos_icmp_client() - what came for this host and is no segment or datagram
 * @engine: the namespace
 * @skb: data at the IP header; may be moved even where it is passed
 *
 * An ICMP error about a packet of a moved endpoint is the target's: it
 * sent it with this board's address. It keeps no idle entry alive.
 *
 * Return: IPOS_PASS for all that is about no endpoint of ours, or
 * IPOS_CONSUMED.
 */
enum ipos_verdict ipos_icmp_client(struct ipos_engine *engine,
				   struct sk_buff *skb)
{
	struct ipos_flow *flow;
	struct ipos_quote quote;

	if (!ipos_quote_parse(skb, &quote))
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
	case IPOS_FLOW_LOCAL:
		if (quote.key.proto == IPOS_PROTO_UDP)
			return about_served(engine, flow, skb, &quote);
		fallthrough;
	default:
		return IPOS_PASS;
	}
}

/**
 * ipos_icmp_target() - a type 2 frame whose body is no segment or datagram
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
	struct ipos_quote quote;

	if (!ipos_quote_parse(skb, &quote) || quote.key.proto != hdr->protocol ||
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
	if (quote.key.proto == IPOS_PROTO_UDP &&
	    about_served(engine, flow, skb, &quote) != IPOS_PASS)
		return IPOS_CONSUMED;
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
