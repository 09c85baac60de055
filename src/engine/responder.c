// SPDX-License-Identifier: GPL-2.0
#include <linux/ip.h>
#include <net/tcp.h>
#include "engine/cookie.h"
#include "engine/incoming.h"
#include "engine/out.h"
#include "engine/place.h"
#include "engine/request.h"
#include "engine/responder.h"
#include "engine/stream.h"
#include "engine/unattached.h"

#define SYN_ACK_TRIES	6

static void expire(struct ipos_pending *pending)
{
	struct ipos_endpoint *ep = ipos_endpoint_of(pending);

	switch (ep->stage) {
	case IPOS_STAGE_REQUEST:
		ipos_request_expire(ep);
		return;
	case IPOS_STAGE_OFFERED:
		ipos_place_expire(ep);
		return;
	case IPOS_STAGE_WAITING:
		ipos_place_retry(ep);
		return;
	}
	if (++ep->tries == SYN_ACK_TRIES) {
		ipos_count(pending->engine->counters, syn_timeout);
		ipos_place_end(ep);
		return;
	}
	ipos_unattached_syn_ack(ep);
	ipos_pending_arm(pending, IPOS_SYN_ACK_MS << ep->tries);
}

static const struct ipos_pending_ops ops = {
	.expire = expire,
	.free = ipos_unattached_free,
};

/* What both boards' TCP will go by; the endpoint is numbered already. */
static void agree(struct ipos_endpoint *ep, struct net_device *dev,
		  struct sk_buff *skb, const struct tcp_options_received *opt)
{
	ep->ttl = ip_hdr(skb)->ttl;
	ep->tos = ip_hdr(skb)->tos;
	ipos_unattached_agree(ep, opt, dev);
}

static void begin(struct ipos_engine *engine, struct ipos_flow *flow,
		  struct ipos_endpoint *ep, struct net_device *dev,
		  struct sk_buff *skb, const struct ipos_packet *syn)
{
	struct tcp_options_received opt = { .mss_clamp = TCP_MSS_DEFAULT };

	tcp_parse_options(engine->net, skb, &opt, 0, NULL);
	ipos_pending_attach(engine, flow, &ep->pending, &ops);
	ipos_unattached_number(ep, syn);
	agree(ep, dev, skb, &opt);
	ep->ecn = ipos_unattached_ecn_offered(engine->net, skb);
	ipos_unattached_syn_ack(ep);
	ipos_pending_arm(&ep->pending, IPOS_SYN_ACK_MS);
}

static int answer(struct ipos_engine *engine, struct ipos_service *service,
		  struct ipos_flow *flow, struct net_device *dev,
		  struct sk_buff *skb, const struct ipos_packet *packet)
{
	struct ipos_endpoint *ep = ipos_unattached_new(engine, service,
							&ipos_stream_ops);
	int err;

	if (!ep)
		return -ENOMEM;
	spin_lock_bh(&flow->lock);
	err = ipos_flow_insert(&engine->flows, flow);
	if (!err)
		begin(engine, flow, ep, dev, skb, packet);
	spin_unlock_bh(&flow->lock);
	if (err)
		ipos_unattached_free(&ep->pending);
	return err;
}

/* Gives a new flow back that did not get into the table. */
static void fail(struct ipos_engine *engine, struct ipos_flow *flow, int err)
{
	if (err != -EEXIST)
		ipos_count(engine->counters, drop_no_memory);
	ipos_flow_discard(&engine->flows, flow);
}

static struct ipos_flow *temporary(struct ipos_engine *engine,
				   const struct ipos_packet *packet, u16 flags)
{
	struct ipos_flow *flow = ipos_unattached_flow(engine, &packet->key);

	if (flow)
		flow->flags = flags;
	return flow;
}

static void syn(struct ipos_engine *engine, struct ipos_service *service,
		struct net_device *dev, struct sk_buff *skb,
		const struct ipos_packet *packet, u16 inherited)
{
	struct ipos_flow *flow = temporary(engine, packet, inherited);
	int err;

	if (!flow)
		return;
	err = answer(engine, service, flow, dev, skb, packet);
	if (!err) {
		ipos_flow_put(flow);
		return;
	}
	if (err == -EEXIST)	/* its twin on another CPU was first */
		ipos_count(engine->counters, drop_packet_syn);
	fail(engine, flow, err);
}

/* The endpoint is only made for its SYN-ACK. */
static void syn_by_cookie(struct ipos_engine *engine,
			  struct ipos_service *service, struct net_device *dev,
			  struct sk_buff *skb, const struct ipos_packet *packet)
{
	struct tcp_options_received opt = { .mss_clamp = TCP_MSS_DEFAULT };
	struct ipos_endpoint *ep = ipos_unattached_new(engine, service,
							&ipos_stream_ops);

	if (!ep) {
		ipos_count(engine->counters, drop_no_memory);
		return;
	}
	tcp_parse_options(engine->net, skb, &opt, 0, NULL);
	if (!opt.saw_tstamp)
		tcp_clear_options(&opt);
	ipos_unattached_number(ep, packet);
	agree(ep, dev, skb, &opt);
	ep->ecn = ipos_unattached_ecn_offered(engine->net, skb);
	ipos_cookie_send(ep, skb, packet);
	ipos_unattached_free(&ep->pending);
}

/* A flow and an endpoint as if the SYN had made them. */
static int remember(struct ipos_engine *engine, struct ipos_flow *flow,
		    struct ipos_endpoint *ep, struct net_device *dev,
		    struct sk_buff *skb, const struct ipos_packet *packet,
		    const struct tcp_options_received *opt)
{
	int err;

	spin_lock_bh(&flow->lock);
	err = ipos_flow_insert(&engine->flows, flow);
	if (!err) {
		ipos_pending_attach(engine, flow, &ep->pending, &ops);
		ipos_unattached_renumber(ep, packet);
		agree(ep, dev, skb, opt);
		ipos_count(engine->counters, syn_cookies_received);
		ipos_incoming_established_consume(ep, skb, packet, opt);
	}
	spin_unlock_bh(&flow->lock);
	return err;
}

/*
 * The segment brings a valid cookie back. Returns false when another segment
 * of the connection did so meanwhile: nothing was consumed.
 */
static bool resume(struct ipos_engine *engine, struct ipos_service *service,
		   struct net_device *dev, struct sk_buff *skb,
		   const struct ipos_packet *packet,
		   const struct tcp_options_received *opt, bool ecn)
{
	struct ipos_flow *flow = temporary(engine, packet, IPOS_FLOW_COOKIE);
	struct ipos_endpoint *ep;
	int err = -ENOMEM;

	if (!flow) {
		kfree_skb(skb);
		return true;
	}
	ep = ipos_unattached_new(engine, service, &ipos_stream_ops);
	if (ep) {
		ep->ecn = ecn;
		err = remember(engine, flow, ep, dev, skb, packet, opt);
		if (!err) {
			ipos_flow_put(flow);
			return true;
		}
		ipos_unattached_free(&ep->pending);
	}
	fail(engine, flow, err);
	if (err == -EEXIST)
		return false;
	kfree_skb(skb);
	return true;
}

/* As resume(); what acknowledges anything but a cookie is answered by RST. */
static bool stray(struct ipos_engine *engine, struct ipos_service *service,
		  struct net_device *dev, struct sk_buff *skb,
		  const struct ipos_packet *packet, u16 inherited)
{
	struct tcp_options_received opt = {};
	bool ecn;

	if (!(packet->flags & TCPHDR_ACK) ||
	    packet->flags & (TCPHDR_SYN | TCPHDR_RST) ||
	    inherited & IPOS_FLOW_COOKIE || !ipos_cookie_expected(engine)) {
		ipos_count(engine->counters, no_endpoint);
	} else {
		if (ipos_cookie_read(engine, skb, packet, &opt, &ecn))
			return resume(engine, service, dev, skb, packet, &opt,
				      ecn);
		ipos_count(engine->counters, syn_cookies_failed);
	}
	if (packet->flags & TCPHDR_ACK)
		ipos_out_reset_for(engine, packet);
	kfree_skb(skb);
	return true;
}

/**
 * ipos_responder_new_consume() - a segment to a service, of no connection
 * @engine: the namespace
 * @service: borrowed under RCU
 * @dev: where it arrived
 * @skb: data at the IP header; consumed
 * @packet: what it says
 * @inherited: IPOS_FLOW_COOKIE where a cookie began an earlier connection of
 *	the 4-tuple, and may still be valid
 *
 * A SYN begins a connection; data it carries and Fast Open are ignored: the
 * client sends them again. So does an ACK that brings a SYN cookie back. Any
 * other ACK is answered by RST, and what has none by nothing, as a listener
 * does it.
 *
 * Return: false when the connection has an entry by now: nothing was consumed,
 * and the caller looks again.
 */
bool ipos_responder_new_consume(struct ipos_engine *engine,
				struct ipos_service *service,
				struct net_device *dev, struct sk_buff *skb,
				const struct ipos_packet *packet,
				u16 inherited)
{
	u8 kind = packet->flags & (TCPHDR_SYN | TCPHDR_ACK | TCPHDR_RST |
				   TCPHDR_FIN);

	if (!ipos_packet_checksum_ok(skb, packet)) {
		ipos_count(engine->counters, drop_packet_checksum);
	} else if (kind == TCPHDR_SYN) {
		ipos_count(engine->counters, syn_received);
		/* What is inherited must be remembered. */
		if (!inherited && ipos_cookie_wanted(engine, packet))
			syn_by_cookie(engine, service, dev, skb, packet);
		else
			syn(engine, service, dev, skb, packet, inherited);
	} else {
		return stray(engine, service, dev, skb, packet, inherited);
	}
	kfree_skb(skb);
	return true;
}

/**
 * ipos_responder_unreachable() - an ICMP error says that a SYN-ACK is lost
 * @engine: the namespace
 * @flow: borrowed under RCU
 * @seq: of the segment that the error quotes, host order
 *
 * As the kernel does with its own requests, and with a SYN-ACK of ours alone:
 * nothing else of an unattached endpoint is worth an error.
 *
 * Return: whether the handshake was given up.
 */
bool ipos_responder_unreachable(struct ipos_engine *engine,
				struct ipos_flow *flow, u32 seq)
{
	struct ipos_endpoint *ep;
	bool ours = false;

	spin_lock_bh(&flow->lock);
	if (flow->pending && ipos_flow_state(flow) == IPOS_FLOW_TEMPORARY) {
		ep = ipos_endpoint_of(flow->pending);
		ours = ep->stage == IPOS_STAGE_SYN_RECEIVED && seq == ep->iss;
		if (ours) {
			ipos_count(engine->counters, syn_unreachable);
			ipos_place_end(ep);
		}
	}
	spin_unlock_bh(&flow->lock);
	return ours;
}
