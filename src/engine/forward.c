// SPDX-License-Identifier: GPL-2.0
#include <net/tcp.h>
#include "engine/cookie.h"
#include "engine/event.h"
#include "engine/forward.h"
#include "engine/out.h"

/**
 * ipos_forward_end() - take a Forward entry out of the table
 * @engine: the namespace
 * @flow: its lock held
 */
void ipos_forward_end(struct ipos_engine *engine, struct ipos_flow *flow)
{
	if (!ipos_cookie_remove(engine, flow, IPOS_FLOW_FORWARD))
		return;
	if (flow->flags & IPOS_FLOW_ENDED)
		atomic_dec(&engine->flows.ended);
	else
		atomic_dec(&flow->peer->handoffs);
}

/* The connection is over; the entry stays for what its client still sends. */
static void mark(struct ipos_engine *engine, struct ipos_flow *flow, u16 flags)
{
	if (!(flow->flags & IPOS_FLOW_ENDED)) {
		atomic_inc(&engine->flows.ended);
		atomic_dec(&flow->peer->handoffs);
	}
	WRITE_ONCE(flow->flags, flow->flags | flags);
}

/*
 * The connection's own SYN, late: its sequence number lies just before
 * RCV.NXT of the hand-off, by as much as was acknowledged of the request.
 */
static bool own_syn(const struct ipos_flow *flow,
		    const struct ipos_packet *packet)
{
	u32 back = flow->rcv_nxt - packet->seq;

	return back >= 1 && back <= U16_MAX + 1;
}

/*
 * The entry of a connection that ended. Returns false when it is out of the
 * way of a new one.
 */
static bool ended(struct ipos_engine *engine, struct ipos_flow *flow,
		  struct sk_buff *skb, const struct ipos_packet *packet)
{
	bool syn = (packet->flags & (TCPHDR_SYN | TCPHDR_ACK | TCPHDR_RST)) ==
		   TCPHDR_SYN;

	if (syn && !own_syn(flow, packet)) {
		spin_lock_bh(&flow->lock);
		ipos_forward_end(engine, flow);
		spin_unlock_bh(&flow->lock);
		ipos_count(engine->counters, resumed);
		return false;
	}
	if (syn) {
		ipos_count(engine->counters, drop_packet_syn);
		kfree_skb(skb);
	} else if (flow->flags & IPOS_FLOW_RESET) {
		ipos_count(engine->counters, drop_packet_lost);
		ipos_out_reset_for(engine, packet);
		kfree_skb(skb);
	} else {
		ipos_out_packet_consume(engine, flow->peer, &flow->hdr, skb);
	}
	return true;
}

/**
 * ipos_forward_open_consume() - send a client's packet to the board that has it
 * @engine: the namespace
 * @flow: an open Forward entry, borrowed under RCU
 * @skb: data at the IP header
 *
 * Everything goes, RST and SYN included: only the target can judge them.
 * Softirq.
 */
void ipos_forward_open_consume(struct ipos_engine *engine,
			       struct ipos_flow *flow, struct sk_buff *skb)
{
	ipos_flow_touch(flow);
	ipos_out_packet_consume(engine, flow->peer, &flow->hdr, skb);
}

/**
 * ipos_forward_consume() - a client's packet of a connection that has moved
 * @engine: the namespace
 * @flow: a Forward entry, borrowed under RCU
 * @skb: data at the IP header
 * @packet: what it says
 *
 * Softirq.
 *
 * Return: true when @skb was consumed; false when it is a SYN that ended the
 * entry and begins a new connection.
 */
bool ipos_forward_consume(struct ipos_engine *engine, struct ipos_flow *flow,
			  struct sk_buff *skb,
			  const struct ipos_packet *packet)
{
	if (!ipos_forward_is_open(flow))
		return ended(engine, flow, skb, packet);
	ipos_forward_open_consume(engine, flow, skb);
	return true;
}

/*
 * An old segment of ours makes the client say where it is; its answer is
 * answered by RST with the one sequence number that it believes.
 */
static void probe(struct ipos_engine *engine, struct ipos_flow *flow)
{
	struct ipos_segment segment = {
		.seq = flow->snd_nxt - 1, .ack = flow->rcv_nxt,
		.window = 0, .flags = TCPHDR_ACK, .wscale = -1,
	};

	ipos_out_segment(engine, &flow->key, &segment);
}

/* There is nothing to reset: the client's next datagram begins a new flow. */
static void lost_udp(struct ipos_engine *engine, struct ipos_flow *flow,
		     enum ipos_handoff_reason reason)
{
	if (reason == IPOS_HANDOFF_REASON_IDLE) {
		ipos_count(engine->counters, udp_idle);
		ipos_event(engine, closed, ipos_event_made(flow, reason));
	} else {
		ipos_count(engine->counters, udp_lost);
		ipos_event(engine, lost, ipos_event_made(flow, reason));
	}
	ipos_forward_end(engine, flow);
}

/**
 * ipos_forward_lost_untold() - nobody has the connection any more
 * @engine: the namespace
 * @flow: a Forward entry, its lock held
 * @reason: what says so
 *
 * The client is reset when it sends something. A UDP flow's entry is gone.
 *
 * Return: false where that was so before.
 */
bool ipos_forward_lost_untold(struct ipos_engine *engine,
			      struct ipos_flow *flow,
			      enum ipos_handoff_reason reason)
{
	if (flow->key.proto == IPOS_PROTO_UDP) {
		lost_udp(engine, flow, reason);
		return true;
	}
	if (flow->flags & IPOS_FLOW_RESET)
		return false;
	mark(engine, flow, IPOS_FLOW_RESET);
	WRITE_ONCE(flow->used, (u32)jiffies);
	ipos_count(engine->counters, lost);
	ipos_event(engine, lost, ipos_event_made(flow, reason));
	return true;
}

/**
 * ipos_forward_lost() - nobody has the connection any more: reset the client
 * @engine: the namespace
 * @flow: a Forward entry, its lock held
 * @reason: what says so
 */
void ipos_forward_lost(struct ipos_engine *engine, struct ipos_flow *flow,
		       enum ipos_handoff_reason reason)
{
	if (ipos_forward_lost_untold(engine, flow, reason) &&
	    flow->key.proto == IPOS_PROTO_TCP)
		probe(engine, flow);
}

/**
 * ipos_forward_leave() - tell the target that its origin leaves
 * @engine: the namespace
 * @flow: a Forward entry, its lock held
 *
 * It resets the client and answers 0x81, about RCV.NXT where it has nothing.
 */
void ipos_forward_leave(struct ipos_engine *engine, struct ipos_flow *flow)
{
	/* A flow's next datagram is somebody else's, and it ends there. */
	if (flow->key.proto == IPOS_PROTO_UDP)
		return;
	ipos_out_flow_notice(engine, flow, IPOS_TYPE_CLOSED,
			     IPOS_CLOSED_LEAVING, flow->rcv_nxt);
	ipos_count(engine->counters, leaving_sent);
}

static void closed(struct ipos_engine *engine, struct ipos_flow *flow,
		   const struct ipos_notice *notice)
{
	u16 flags = IPOS_FLOW_CLOSING;

	/* Told about a packet: nobody hears this client any more. */
	if (notice->seq)
		flags |= IPOS_FLOW_RESET;
	if (!(flow->flags & IPOS_FLOW_CLOSING)) {
		WRITE_ONCE(flow->used, (u32)jiffies);
		ipos_count(engine->counters, closed);
		ipos_event(engine, closed, ipos_event_of(flow, NONE));
	}
	mark(engine, flow, flags);
	/* Told of our leaving, it has reset the client: nothing is left. */
	if (READ_ONCE(engine->leaving))
		ipos_forward_end(engine, flow);
}

/**
 * ipos_forward_closed() - 0x81 from the target of a Forward entry
 * @engine: the namespace
 * @flow: the entry, its lock held
 * @notice: the body
 *
 * Rule 7: unknown is believed at or beyond RCV.NXT; below it, a packet of the
 * receive queue has overtaken its offer.
 */
void ipos_forward_closed(struct ipos_engine *engine, struct ipos_flow *flow,
			 const struct ipos_notice *notice)
{
	const bool udp = flow->key.proto == IPOS_PROTO_UDP;

	switch (notice->reason) {
	case IPOS_CLOSED_CLOSED:
		if (udp)
			lost_udp(engine, flow, IPOS_HANDOFF_REASON_NONE);
		else
			closed(engine, flow, notice);
		break;
	case IPOS_CLOSED_UNKNOWN:
		if (udp)
			lost_udp(engine, flow, IPOS_HANDOFF_REASON_UNKNOWN);
		else if (before(notice->seq, flow->rcv_nxt))
			ipos_out_bare_ack(engine, flow);
		else
			ipos_forward_lost(engine, flow,
					  IPOS_HANDOFF_REASON_UNKNOWN);
		break;
	default:
		ipos_count(engine->counters, drop_stale_notice);
	}
}
