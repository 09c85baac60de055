// SPDX-License-Identifier: GPL-2.0
#include <linux/slab.h>
#include <net/tcp.h>
#include "engine/event.h"
#include "engine/here.h"
#include "engine/learn.h"
#include "engine/out.h"
#include "engine/packet.h"
#include "engine/refusal.h"
#include "engine/reserve.h"
#include "engine/served.h"

/* Memory that the segments of one receive queue may take. */
#define QUEUE_BYTES	(4U << 20)

/**
 * struct ipos_reservation - host order
 * @pending: timer and lifetime
 * @attach: the socket, out of the accept queue; NULL once it is in it
 * @queue: bytes before @rcv_nxt, and at last the segment that commits
 * @queue_start: the first byte of the receive queue
 * @rcv_nxt: what the client was told
 * @rcv_wnd: how far it may be ahead of that
 * @acks: acknowledgements sent
 */
struct ipos_reservation {
	struct ipos_pending	pending;
	struct ipos_attach	*attach;
	struct ipos_hold	queue;
	u32			queue_start;
	u32			rcv_nxt;
	u32			rcv_wnd;
	u32			acks;
};

static struct ipos_reservation *reservation_of(struct ipos_pending *pending)
{
	return container_of(pending, struct ipos_reservation, pending);
}

static bool is_complete(const struct ipos_reservation *r)
{
	return !before(r->queue.nxt, r->rcv_nxt);
}

static void tell_reserved(struct ipos_reservation *r)
{
	struct ipos_engine *engine = r->pending.engine;
	struct ipos_flow *flow = r->pending.flow;

	ipos_event(engine, acknowledged, ipos_event_of(flow, NONE));
	ipos_out_ack(engine, flow->peer, &flow->hdr);
}

static void acknowledge(struct ipos_reservation *r)
{
	const struct ipos_settings *settings = &r->pending.engine->settings;

	tell_reserved(r);
	r->acks++;
	ipos_pending_arm(&r->pending, READ_ONCE(settings->ack_ms));
}

/**
 * ipos_reserve_end() - forget a reservation, but not that there was one
 * @engine: the namespace
 * @flow: reserved
 *
 * The tombstone answers packets by 0x81 unknown: the client must be reset. A
 * UDP flow leaves none.
 */
void ipos_reserve_end(struct ipos_engine *engine, struct ipos_flow *flow)
{
	struct ipos_bound *bound = engine->flows.bound;

	if (flow->key.proto == IPOS_PROTO_UDP) {
		ipos_served_end(engine, flow);
		return;
	}
	flow->flags |= IPOS_FLOW_LOST;
	flow->used = (u32)jiffies;
	ipos_flow_unbind(&engine->flows, flow);
	ipos_bound_give(&bound[IPOS_FLOW_LOCAL]);
	if (ipos_bound_take(&bound[IPOS_FLOW_CLOSED])) {
		ipos_flow_move(&engine->flows, flow, IPOS_FLOW_RESERVED,
			       IPOS_FLOW_CLOSED);
	} else {
		ipos_count(engine->counters, drop_limit_closed);
		ipos_flow_remove(&engine->flows, flow, IPOS_FLOW_RESERVED);
	}
	ipos_pending_detach(flow);
}

static enum ipos_handoff_reason why_expired(const struct ipos_reservation *r)
{
	if (!ipos_attach_listening(r->attach))
		return IPOS_HANDOFF_REASON_LISTENER_CLOSED;
	return r->acks ? IPOS_HANDOFF_REASON_UNANSWERED :
			 IPOS_HANDOFF_REASON_INCOMPLETE;
}

/* Rule 6: the origin may be committed by now and has to be told. */
static void give_up(struct ipos_reservation *r, enum ipos_handoff_reason reason)
{
	struct ipos_engine *engine = r->pending.engine;
	struct ipos_flow *flow = r->pending.flow;

	ipos_count(engine->counters, handoff_expired);
	ipos_event(engine, expired, ipos_event_made(flow, reason));
	if (r->acks)
		ipos_out_flow_notice(engine, flow, IPOS_TYPE_CLOSED,
				     IPOS_CLOSED_UNKNOWN, r->rcv_nxt);
	ipos_reserve_end(engine, flow);
}

static void expire(struct ipos_pending *pending)
{
	struct ipos_reservation *r = reservation_of(pending);
	const struct ipos_settings *s = &pending->engine->settings;

	if (r->acks && ipos_attach_listening(r->attach) &&
	    r->acks <= READ_ONCE(s->ack_tries))
		acknowledge(r);
	else
		give_up(r, why_expired(r));
}

/**
 * ipos_reserve_check() - whether there still is somebody to commit to
 * @flow: reserved
 *
 * Until then the socket holds its listener, and both their namespace.
 */
void ipos_reserve_check(struct ipos_flow *flow)
{
	struct ipos_reservation *r = reservation_of(flow->pending);

	if (!ipos_attach_listening(r->attach))
		give_up(r, why_expired(r));
}

/**
 * ipos_reserve_leave() - this board or the origin leaves
 * @flow: reserved
 *
 * An origin that waits for an answer reads the refusal alone, a committed one
 * the 0x81 alone.
 */
void ipos_reserve_leave(struct ipos_flow *flow)
{
	struct ipos_reservation *r = reservation_of(flow->pending);
	struct ipos_engine *engine = r->pending.engine;

	ipos_out_flow_notice(engine, flow, IPOS_TYPE_REFUSAL,
			     IPOS_REFUSE_DRAINING, 0);
	ipos_count_refusal(engine, refused, IPOS_REFUSE_DRAINING);
	give_up(r, IPOS_HANDOFF_REASON_STOPPING);
}

static void free_reservation(struct ipos_pending *pending)
{
	struct ipos_reservation *r = reservation_of(pending);

	ipos_attach_release(r->attach);
	ipos_hold_purge(&r->queue);
	kfree(r);
}

static const struct ipos_pending_ops ops = {
	.expire = expire,
	.free = free_reservation,
};

static void begin(struct ipos_engine *engine, struct ipos_flow *flow,
		  struct ipos_reservation *r, const struct ipos_tcb *tcb)
{
	r->rcv_nxt = tcb->rcv_nxt;
	r->rcv_wnd = tcb->rcv_wnd;
	r->queue_start = tcb->rcv_nxt - tcb->rcvq_len;
	ipos_hold_init(&r->queue, r->queue_start);
	flow->handoff_id = tcb->handoff_id;
	flow->rcv_nxt = tcb->rcv_nxt;
	flow->snd_nxt = tcb->snd_nxt;
	ipos_pending_attach(engine, flow, &r->pending, &ops);
	ipos_event(engine, reserved, ipos_event_of(flow, NONE));
	if (is_complete(r))
		acknowledge(r);
	else
		ipos_pending_arm(&r->pending,
				 READ_ONCE(engine->settings.reserve_ms));
}

/* Nothing is built, so nothing has to be ended by a timer of its own. */
static int reserve_udp(struct ipos_engine *engine, struct ipos_flow *flow,
		       struct net_device *dev)
{
	int err = ipos_served_find(engine, flow, flow->hdr.dst_port,
				   dev->ifindex);

	if (err)
		return err;
	ipos_event(engine, reserved, ipos_event_of(flow, NONE));
	ipos_event(engine, acknowledged, ipos_event_of(flow, NONE));
	ipos_out_ack(engine, flow->peer, &flow->hdr);
	return 0;
}

/**
 * ipos_reserve_commit_udp() - rule 2: a datagram has followed the offer
 * @engine: the namespace
 * @flow: of another board, UDP
 *
 * Return: whether the flow is served here.
 */
bool ipos_reserve_commit_udp(struct ipos_engine *engine,
			     struct ipos_flow *flow)
{
	if (likely(ipos_flow_state(flow) == IPOS_FLOW_LOCAL))
		return true;
	spin_lock_bh(&flow->lock);
	if (ipos_flow_state(flow) == IPOS_FLOW_RESERVED) {
		ipos_count(engine->counters, accepted);
		ipos_event(engine, committed, ipos_event_of(flow, NONE));
		atomic_inc(&engine->flows.taken);
		ipos_flow_unbind(&engine->flows, flow);
		ipos_flow_move(&engine->flows, flow, IPOS_FLOW_RESERVED,
			       IPOS_FLOW_LOCAL);
	}
	spin_unlock_bh(&flow->lock);
	return ipos_flow_state(flow) == IPOS_FLOW_LOCAL;
}

/**
 * ipos_reserve() - rule 1: build the socket, and promise if it is complete
 * @engine: the namespace
 * @flow: reserved, bound to the origin, without pending
 * @dev: where the offer arrived
 * @conn: the offer
 *
 * Return: 0 or as ipos_attach_reserve(), ipos_served_find().
 */
int ipos_reserve(struct ipos_engine *engine, struct ipos_flow *flow,
		 struct net_device *dev, const struct ipos_conn *conn)
{
	struct ipos_reservation *r;
	int err;

	if (flow->key.proto == IPOS_PROTO_UDP)
		return reserve_udp(engine, flow, dev);
	r = kzalloc(sizeof(*r), GFP_ATOMIC);
	if (!r)
		return -ENOMEM;
	err = ipos_here_reserve(engine, &flow->key, flow->hdr.dst_port,
				&conn->tcb, dev, &r->attach);
	if (err)
		kfree(r);
	else
		begin(engine, flow, r, &conn->tcb);
	return err;
}

/**
 * ipos_reserve_again() - the same offer once more
 * @flow: reserved
 */
void ipos_reserve_again(struct ipos_flow *flow)
{
	struct ipos_reservation *r = reservation_of(flow->pending);

	if (is_complete(r))
		tell_reserved(r);
	else
		ipos_count(r->pending.engine->counters, drop_repeated_offer);
}

/* Bytes the origin acknowledged to the client; they never commit (rule 2). */
static void fill(struct ipos_reservation *r, struct sk_buff *skb,
		 const struct ipos_packet *packet)
{
	struct ipos_counters __percpu *counters = r->pending.engine->counters;
	u32 offset, len;

	if (before(packet->seq, r->queue_start)) {
		ipos_count(counters, drop_packet_sequence);
		kfree_skb(skb);
		return;
	}
	if (is_complete(r)) {
		ipos_count(counters, drop_packet_copy);
		kfree_skb(skb);
		return;
	}
	if (r->queue.bytes > QUEUE_BYTES) {
		ipos_count(counters, drop_packet_order);
		kfree_skb(skb);
		return;
	}
	if (!ipos_hold_insert_consume(&r->queue, skb, packet))
		ipos_count(counters, drop_packet_copy);
	while (ipos_hold_advance(&r->queue, &offset, &len))
		;
	if (is_complete(r))
		acknowledge(r);
}

static void attached(void *arg)
{
	struct ipos_reservation *r = arg;
	struct ipos_engine *engine = r->pending.engine;
	struct ipos_flow *flow = r->pending.flow;

	ipos_count(engine->counters, accepted);
	ipos_event(engine, committed, ipos_event_of(flow, NONE));
	atomic_inc(&engine->flows.taken);
	flow->used = (u32)jiffies;
	ipos_learn_taken(engine, flow);
	ipos_flow_unbind(&engine->flows, flow);
	ipos_flow_move(&engine->flows, flow, IPOS_FLOW_RESERVED,
		       IPOS_FLOW_LOCAL);
}

/* The listener left at the last moment; its child was reset with it. */
static void commit(struct ipos_reservation *r)
{
	struct ipos_engine *engine = r->pending.engine;
	struct ipos_attach *attach = r->attach;
	struct ipos_flow *flow = r->pending.flow;
	struct sk_buff_head segments;
	u32 dropped;
	int err;

	r->attach = NULL;
	__skb_queue_head_init(&segments);
	skb_queue_splice_init(&r->queue.list, &segments);
	err = ipos_attach_commit(attach, &segments, attached, r, &dropped);
	ipos_count_add(engine->counters, drop_packet_attach, dropped);
	if (!err) {
		ipos_pending_detach(flow);
		return;
	}
	ipos_count(engine->counters, handoff_expired);
	ipos_event(engine, expired, ipos_event_of(flow, LISTENER_CLOSED));
	ipos_reserve_end(engine, flow);
}

/* The client has given up; it has been served as far as it wants to be. */
static void reset(struct ipos_reservation *r)
{
	struct ipos_engine *engine = r->pending.engine;
	struct ipos_flow *flow = r->pending.flow;

	ipos_count(engine->counters, handoff_expired);
	ipos_event(engine, abandoned, ipos_event_of(flow, CLIENT_RESET));
	ipos_out_flow_notice(engine, flow, IPOS_TYPE_CLOSED,
			     IPOS_CLOSED_CLOSED, 0);
	ipos_reserve_end(engine, flow);
	flow->flags &= ~IPOS_FLOW_LOST;
}

/* RST and SYN never commit: there is nothing an application could do. */
static void control(struct ipos_reservation *r, struct sk_buff *skb,
		    const struct ipos_packet *packet)
{
	if (packet->flags & TCPHDR_RST &&
	    packet->seq - r->rcv_nxt < r->rcv_wnd)
		reset(r);
	else if (packet->flags & TCPHDR_SYN)
		ipos_count(r->pending.engine->counters, drop_packet_syn);
	else
		ipos_count(r->pending.engine->counters, drop_packet_sequence);
	kfree_skb(skb);
}

static bool commits(const struct ipos_reservation *r,
		    const struct ipos_packet *packet)
{
	if (packet->end == packet->seq)
		return packet->seq == r->rcv_nxt;
	return after(packet->end, r->rcv_nxt) &&
	       before(packet->seq, r->rcv_nxt + r->rcv_wnd);
}

/**
 * ipos_reserve_packet_consume() - a type 2 packet for a reservation
 * @flow: reserved
 * @skb: data at the IP header
 * @packet: what it says
 *
 * Return: true when @skb was consumed. False when it is the socket's to hear,
 * which is committed now, or must be answered by 0x81 (rule 7): the flow's
 * state tells which.
 */
bool ipos_reserve_packet_consume(struct ipos_flow *flow, struct sk_buff *skb,
				 const struct ipos_packet *packet)
{
	struct ipos_reservation *r = reservation_of(flow->pending);

	if (packet->flags & (TCPHDR_RST | TCPHDR_SYN)) {
		control(r, skb, packet);
		return true;
	}
	if (packet->len && !after(packet->end, r->rcv_nxt)) {
		fill(r, skb, packet);
		return true;
	}
	if (commits(r, packet)) {
		if (is_complete(r))
			commit(r);
		return false;
	}
	ipos_count(r->pending.engine->counters, drop_packet_sequence);
	kfree_skb(skb);
	return true;
}
