// SPDX-License-Identifier: GPL-2.0
#include <net/tcp.h>
#include "engine/event.h"
#include "engine/incoming.h"
#include "engine/judge.h"
#include "engine/out.h"
#include "engine/place.h"
#include "engine/request.h"
#include "engine/unattached.h"

static void begun(struct ipos_endpoint *ep, const struct ipos_packet *packet,
		  const struct tcp_options_received *opt)
{
	struct ipos_engine *engine = ep->pending.engine;

	if (ep->syn_ack_at)
		ep->srtt = div_u64(ktime_get_ns() - ep->syn_ack_at,
				   NSEC_PER_USEC);
	ep->tries = 0;
	ep->answered_at = 0;
	ipos_count(engine->counters, established);
	ipos_event(engine, established,
		   ipos_event_of(ep->pending.flow, NONE));
	atomic_long_inc(&ep->service->connections);
	ipos_unattached_heard(ep, packet, opt);
}

/**
 * ipos_incoming_established_consume() - the handshake is complete
 * @ep: the endpoint
 * @skb: the segment that completes it, data at the IP header; consumed
 * @packet: what it says
 * @opt: its options
 *
 * The flow's lock is held.
 */
void ipos_incoming_established_consume(struct ipos_endpoint *ep,
				       struct sk_buff *skb,
				       const struct ipos_packet *packet,
				       const struct tcp_options_received *opt)
{
	struct ipos_flow *flow = ep->pending.flow;

	begun(ep, packet, opt);
	/* Data that comes with the ACK must be held before any hand-off. */
	if (ep->inspector.mode == IPOS_MODE_NONE &&
	    packet->end != packet->seq) {
		ep->stage = IPOS_STAGE_OFFERED;
		ipos_request_segment_consume(ep, skb, packet);
		ipos_request_begin(ep);
		return;
	}
	ipos_request_begin(ep);
	/* Placed at once: what is left of the segment is a bare ACK. */
	if (flow->pending == &ep->pending)
		ipos_request_segment_consume(ep, skb, packet);
	else
		consume_skb(skb);
}

static void take_consume(struct ipos_endpoint *ep, struct sk_buff *skb,
			 const struct ipos_packet *packet,
			 const struct tcp_options_received *opt)
{
	if (ep->stage == IPOS_STAGE_SYN_RECEIVED) {
		ipos_incoming_established_consume(ep, skb, packet, opt);
		return;
	}
	ipos_unattached_heard(ep, packet, opt);
	ipos_request_segment_consume(ep, skb, packet);
}

/* Data that comes again is always answered: an ACK may have been lost. */
static void repeat(struct ipos_endpoint *ep, const struct ipos_packet *packet)
{
	bool data = packet->end != packet->seq &&
		    !(packet->flags & TCPHDR_SYN);

	if (!data && !ipos_unattached_may_answer(ep))
		return;
	if (data && ep->stage != IPOS_STAGE_SYN_RECEIVED)
		ipos_request_repeat(ep, packet);
	else
		ipos_unattached_challenge(ep);
}

/* The next one of its own accord is due as late as after any other. */
static void answer_syn(struct ipos_endpoint *ep)
{
	if (!ipos_unattached_may_answer(ep))
		return;
	ipos_unattached_syn_ack(ep);
	ipos_pending_arm(&ep->pending, IPOS_SYN_ACK_MS << ep->tries);
}

static void refuse(struct ipos_endpoint *ep, const struct ipos_packet *packet,
		   enum ipos_judgement judged)
{
	struct ipos_engine *engine = ep->pending.engine;

	switch (judged) {
	case IPOS_JUDGED_SYN:
		answer_syn(ep);
		return;
	case IPOS_JUDGED_UNSENT:
		ipos_count(engine->counters, bad_ack);
		ipos_out_reset_for(engine, packet);
		return;
	case IPOS_JUDGED_RESET:
		ipos_count(engine->counters, reset_received);
		ipos_place_abandon(ep, IPOS_HANDOFF_REASON_CLIENT_RESET);
		return;
	default:
		break;
	}
	if (packet->flags & TCPHDR_SYN)
		ipos_count(engine->counters, drop_packet_syn);
	else
		ipos_count(engine->counters, drop_packet_sequence);
	if (judged == IPOS_JUDGED_REPEATED) {
		repeat(ep, packet);
	} else if (judged == IPOS_JUDGED_CHALLENGED) {
		if (ipos_unattached_may_answer(ep))
			ipos_unattached_challenge(ep);
	} else if (judged == IPOS_JUDGED_FATAL) {
		ipos_out_reset_for(engine, packet);
		ipos_place_end(ep);
	}
}

static void segment(struct ipos_endpoint *ep, struct sk_buff *skb,
		    const struct ipos_packet *packet)
{
	struct tcp_options_received opt;
	enum ipos_judgement judged;

	ipos_unattached_options(ep, skb, &opt);
	if (ep->stage == IPOS_STAGE_SYN_RECEIVED)
		judged = ipos_judge_handshake(ep, packet, &opt);
	else
		judged = ipos_judge_established(ep, packet, &opt);
	if (judged == IPOS_JUDGED_GOOD) {
		take_consume(ep, skb, packet, &opt);
		return;
	}
	refuse(ep, packet, judged);
	kfree_skb(skb);
}

/**
 * ipos_incoming_consume() - a segment of an unattached endpoint
 * @engine: the namespace
 * @flow: borrowed under RCU
 * @skb: data at the IP header; consumed
 * @packet: what it says
 *
 * Return: false when the flow had found its place meanwhile: nothing was
 * consumed, and the caller looks again.
 */
bool ipos_incoming_consume(struct ipos_engine *engine, struct ipos_flow *flow,
			   struct sk_buff *skb,
			   const struct ipos_packet *packet)
{
	enum ipos_flow_state state;
	bool ours;

	if (!ipos_packet_checksum_ok(skb, packet)) {
		ipos_count(engine->counters, drop_packet_checksum);
		kfree_skb(skb);
		return true;
	}
	spin_lock_bh(&flow->lock);
	state = ipos_flow_state(flow);
	ours = flow->pending && (state == IPOS_FLOW_TEMPORARY ||
				 state == IPOS_FLOW_FORWARD_CONNECT);
	if (ours)
		segment(ipos_endpoint_of(flow->pending), skb, packet);
	spin_unlock_bh(&flow->lock);
	return ours;
}
