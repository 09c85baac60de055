// SPDX-License-Identifier: GPL-2.0
#include <net/tcp.h>
#include "engine/cookie.h"
#include "engine/event.h"
#include "engine/here.h"
#include "engine/learn.h"
#include "engine/out.h"
#include "engine/place.h"
#include "engine/refusal.h"
#include "engine/select.h"
#include "engine/start.h"

static struct ipos_engine *engine_of(const struct ipos_endpoint *ep)
{
	return ep->pending.engine;
}

static struct ipos_flow *flow_of(const struct ipos_endpoint *ep)
{
	return ep->pending.flow;
}

/* The Forward entry's place is taken with the offer: a commit cannot fail. */
static bool take_bounds(struct ipos_endpoint *ep)
{
	struct ipos_engine *engine = engine_of(ep);
	struct ipos_bound *bound = engine->flows.bound;

	if (!ipos_bound_take(&bound[IPOS_FLOW_FORWARD])) {
		ipos_count(engine->counters, drop_limit_forward);
		return false;
	}
	if (!ipos_bound_take(&bound[IPOS_FLOW_FORWARD_CONNECT])) {
		ipos_count(engine->counters, drop_limit_connect);
		ipos_bound_give(&bound[IPOS_FLOW_FORWARD]);
		return false;
	}
	ep->bounded = true;
	return true;
}

static void give_forward_bound(struct ipos_endpoint *ep)
{
	if (ep->bounded)
		ipos_bound_give(&engine_of(ep)->flows.bound[IPOS_FLOW_FORWARD]);
	ep->bounded = false;
}

/**
 * ipos_place_end() - forget an endpoint that has no place
 * @ep: not offered anywhere, or withdrawn
 */
void ipos_place_end(struct ipos_endpoint *ep)
{
	struct ipos_flow *flow = flow_of(ep);

	give_forward_bound(ep);
	ipos_cookie_remove(engine_of(ep), flow, ipos_flow_state(flow));
	ipos_pending_detach(flow);
}

/**
 * ipos_place_give_up() - nobody serves the endpoint: tell its client
 * @ep: not offered anywhere, or withdrawn
 */
void ipos_place_give_up(struct ipos_endpoint *ep)
{
	struct ipos_engine *engine = engine_of(ep);

	WRITE_ONCE(ep->service->unserved, jiffies);
	ipos_count(engine->counters, unplaced);
	ipos_event(engine, unplaced, ipos_event_of(flow_of(ep), NONE));
	ep->ops->unplaced(ep);
	ipos_place_end(ep);
}

/**
 * ipos_place_local() - a socket of this board has the endpoint
 * @ep: unbound; its socket's lock is held, if it is TCP's
 *
 * The caller ends it.
 *
 * Return: false when the Local Table is full: there is no entry any more.
 */
bool ipos_place_local(struct ipos_endpoint *ep)
{
	struct ipos_engine *engine = engine_of(ep);
	struct ipos_flow *flow = flow_of(ep);

	give_forward_bound(ep);
	ipos_count(engine->counters, attached_here);
	ipos_event(engine, attached, ipos_event_of(flow, NONE));
	if (ipos_bound_take(&engine->flows.bound[IPOS_FLOW_LOCAL])) {
		ipos_learn_here(engine, flow, ep->service, ep->iss + 1);
		ipos_flow_move(&engine->flows, flow, ipos_flow_state(flow),
			       IPOS_FLOW_LOCAL);
		return true;
	}
	ipos_count(engine->counters, drop_limit_local);
	ipos_cookie_remove(engine, flow, ipos_flow_state(flow));
	return false;
}

/* An answer to an older offer could not be told from one to this. */
static bool bind(struct ipos_endpoint *ep, const struct ipos_hdr *hdr,
		 struct ipos_server *server)
{
	struct ipos_engine *engine = engine_of(ep);
	int err = -EEXIST;

	if (!ipos_withdrawn_may_add(&engine->withdrawn)) {
		ipos_count(engine->counters, drop_limit_withdrawn);
		return false;
	}
	if (!ipos_withdrawn_has(&engine->withdrawn, hdr)) {
		ipos_flow_unbind(&engine->flows, flow_of(ep));
		err = ipos_flow_bind(&engine->flows, flow_of(ep), hdr, server);
	}
	if (err == -EEXIST)
		ipos_count(engine->counters, handoff_header_used);
	else if (err == -ESTALE)
		ipos_count(engine->counters, handoff_no_server);
	else if (err)
		ipos_count(engine->counters, drop_no_memory);
	return !err;
}

static bool prepare(struct ipos_endpoint *ep, struct ipos_server *server)
{
	struct ipos_engine *engine = engine_of(ep);
	struct ipos_flow *flow = flow_of(ep);
	struct ipos_hdr hdr = {
		.src_ip = flow->key.caddr, .src_port = flow->key.cport,
		.dst_ip = server->ip, .dst_port = ep->service->target_port,
		.type = IPOS_TYPE_CONNECT, .protocol = flow->key.proto,
	};

	if (!bind(ep, &hdr, server))
		return false;
	if (ep->bounded)
		return true;
	if (!take_bounds(ep)) {
		ipos_flow_unbind(&engine->flows, flow);
		return false;
	}
	ipos_flow_move(&engine->flows, flow, IPOS_FLOW_TEMPORARY,
		       IPOS_FLOW_FORWARD_CONNECT);
	return true;
}

/* What the client was told this board has, it can only get from us (rule 5). */
static void send_queue(struct ipos_endpoint *ep)
{
	struct ipos_flow *flow = flow_of(ep);
	struct ipos_hdr hdr = flow->hdr;
	struct sk_buff *skb, *copy;

	ipos_wire_build_packet_hdr(&hdr);
	skb_queue_walk(&ep->hold.list, skb) {
		if (after(ipos_hold_end(skb), ep->rcv_nxt))
			continue;
		copy = skb_copy(skb, GFP_ATOMIC);
		if (copy)
			ipos_out_packet_consume(engine_of(ep), flow->peer,
						&hdr, copy);
		else
			ipos_count(engine_of(ep)->counters, drop_no_memory);
	}
}

static void send_offer(struct ipos_endpoint *ep)
{
	struct ipos_engine *engine = engine_of(ep);
	struct ipos_flow *flow = flow_of(ep);
	struct ipos_conn conn;

	ep->ops->capture(ep, &conn);
	conn.tcb.epoch = READ_ONCE(flow->peer->heard.epoch);
	ipos_out_conn(engine, flow->peer, &flow->hdr, &conn);
	send_queue(ep);
	ipos_pending_arm(&ep->pending, READ_ONCE(engine->settings.offer_ms)
				       << min_t(u8, ep->tries, 16));
	ep->tries++;
}

/**
 * ipos_place_reachable() - the board, if anything may be offered to it now
 * @engine: the namespace
 * @ip: its Server IP, network byte order
 *
 * Return: its row, borrowed under RCU, or NULL: why is counted.
 */
struct ipos_server *ipos_place_reachable(struct ipos_engine *engine, __be32 ip)
{
	struct ipos_server *server;

	if (ipos_engine_settling(engine)) {
		ipos_count(engine->counters, handoff_settling);
		return NULL;
	}
	if (!READ_ONCE(engine->settings.server_ip)) {
		ipos_count(engine->counters, handoff_no_server_ip);
		return NULL;
	}
	server = ipos_server_peek(&engine->servers, ip);
	if (server && !READ_ONCE(server->leaving))
		return server;
	ipos_count(engine->counters, handoff_no_server);
	return NULL;
}

static bool offer(struct ipos_endpoint *ep, __be32 ip)
{
	struct ipos_engine *engine = engine_of(ep);
	struct ipos_server *server = ipos_place_reachable(engine, ip);

	if (!server || !prepare(ep, server))
		return false;
	if (ep->ops->numbered)
		flow_of(ep)->handoff_id =
			ipos_engine_handoff_id(engine, atomic64_inc_return(&engine->handoffs));
	ep->stage = IPOS_STAGE_OFFERED;
	ep->tries = 0;
	if (ep->starts)
		ipos_start_await(engine, ep->service->target_port, ip);
	if (ep->asks)
		ipos_count(engine->counters, asked_not_listening);
	ipos_count(engine->counters, handoff_offered);
	ipos_event(engine, offered, ipos_event_of(flow_of(ep), NONE));
	send_offer(ep);
	return true;
}

/* Nothing listens here: returns whether something will, and is waited for. */
static bool start_here(struct ipos_endpoint *ep)
{
	return ep->starts &&
	       ipos_start_here(engine_of(ep), flow_of(ep)->key.proto,
			       ep->service->target_port) &&
	       ipos_start_wait(ep);
}

static void next(struct ipos_endpoint *ep)
{
	while (ep->next < ep->n_candidates || ipos_select_more(ep)) {
		__be32 ip = ep->candidates[ep->next++];

		if (ip == IPOS_HERE ? ep->ops->here(ep) || start_here(ep) :
				      offer(ep, ip))
			return;
	}
	ipos_place_give_up(ep);
}

static __be32 current_candidate(const struct ipos_endpoint *ep)
{
	return ep->candidates[ep->next - 1];
}

static void go_on(struct ipos_endpoint *ep)
{
	struct ipos_engine *engine = engine_of(ep);

	if (ep->starts)
		ipos_start_forget(engine, ep->service->target_port,
				  current_candidate(ep));
	if (ipos_start_is_over(ep)) {
		ipos_count(engine->counters, wait_timeout);
		ipos_place_give_up(ep);
		return;
	}
	ipos_count(engine->counters, next_candidate);
	next(ep);
}

/**
 * ipos_place() - the request is known, or will not be: find a board
 * @ep: established, not offered anywhere
 * @found: the inspector knows host and path
 */
void ipos_place(struct ipos_endpoint *ep, bool found)
{
	ipos_select(ep, found);
	next(ep);
}

/* How long a target can remember an offer, frames under way included. */
static unsigned long lifetime(const struct ipos_settings *s)
{
	u32 ms = READ_ONCE(s->reserve_ms) + 2000 +
		 READ_ONCE(s->ack_ms) * (READ_ONCE(s->ack_tries) + 1);

	return msecs_to_jiffies(ms);
}

static void withdraw(struct ipos_endpoint *ep)
{
	struct ipos_engine *engine = engine_of(ep);
	struct ipos_flow *flow = flow_of(ep);

	ipos_event(engine, withdrawn, ipos_event_of(flow, NONE));
	if (!ipos_withdrawn_add(&engine->withdrawn, &flow->hdr,
				lifetime(&engine->settings)))
		ipos_count(engine->counters, drop_limit_withdrawn);
	ipos_out_flow_notice(engine, flow, IPOS_TYPE_WITHDRAW, 0, 0);
	ipos_count(engine->counters, handoff_withdrawn);
}

/**
 * ipos_place_expire() - no answer in time: again, or the next board
 * @ep: offered
 */
void ipos_place_expire(struct ipos_endpoint *ep)
{
	struct ipos_engine *engine = engine_of(ep);

	if (ep->tries < READ_ONCE(engine->settings.offer_tries)) {
		ipos_count(engine->counters, handoff_retransmitted);
		ipos_event(engine, retransmitted,
			   ipos_event_of(flow_of(ep), NONE));
		send_offer(ep);
		return;
	}
	ipos_count(engine->counters, handoff_timeout);
	ipos_event(engine, unanswered, ipos_event_of(flow_of(ep), NONE));
	withdraw(ep);
	go_on(ep);
}

/* Of one that starts the application: it has begun to, or was overrun. */
static bool is_reason_to_wait(u16 reason)
{
	return reason == IPOS_REFUSE_STARTING ||
	       reason == IPOS_REFUSE_QUEUE_FULL;
}

/**
 * ipos_place_refused() - the target will not have it: the next board
 * @ep: offered to the board that refused
 * @reason: enum ipos_refusal, or one that this board does not know
 */
void ipos_place_refused(struct ipos_endpoint *ep, u16 reason)
{
	enum ipos_handoff_reason why = ipos_event_refusal(reason);
	struct ipos_engine *engine = engine_of(ep);

	ipos_count_handoff_refused(engine, why);
	ipos_event(engine, refused, ipos_event_made(flow_of(ep), why));
	if (!ep->starts || !is_reason_to_wait(reason) || !ipos_start_wait(ep))
		go_on(ep);
}

/* It listens, or cannot start it any more, or has said nothing for long. */
static bool is_to_be_asked(struct ipos_endpoint *ep, __be32 ip)
{
	struct ipos_listen_table *table = &engine_of(ep)->listens;
	__be16 port = ep->service->target_port;
	u8 proto = flow_of(ep)->key.proto;

	return ipos_listen_has(table, ip, proto, port) ||
	       !ipos_listen_startable(table, ip, proto, port) ||
	       !time_before(jiffies, ep->tried + HZ);
}

static bool retry_here(struct ipos_endpoint *ep)
{
	if (ipos_here_listens(engine_of(ep), &flow_of(ep)->key,
			      ep->service->target_port, ep->ifindex) &&
	    ep->ops->here(ep))
		return true;
	return start_here(ep);
}

/**
 * ipos_place_retry() - the board it waits for may have it now
 * @ep: waiting
 *
 * An offer is made when the board says that it listens, or that it could not
 * start it any more, and else once a second: it can answer that it has failed.
 */
void ipos_place_retry(struct ipos_endpoint *ep)
{
	__be32 ip = current_candidate(ep);

	if (ipos_start_is_over(ep)) {
		go_on(ep);
	} else if (ip == IPOS_HERE) {
		if (!retry_here(ep))
			go_on(ep);
	} else if (is_to_be_asked(ep, ip) && !offer(ep, ip)) {
		go_on(ep);
	}
}

/* Held segments beyond RCV.NXT, in order; the first of them commits. */
static bool send_held(struct ipos_endpoint *ep)
{
	struct ipos_engine *engine = engine_of(ep);
	struct ipos_flow *flow = flow_of(ep);
	bool sent = false;
	struct sk_buff *skb;

	atomic_long_sub(ep->hold.bytes, &engine->held_bytes);
	ep->hold.bytes = 0;
	while ((skb = __skb_dequeue(&ep->hold.list))) {
		if (!after(ipos_hold_end(skb), ep->rcv_nxt)) {
			consume_skb(skb);
			continue;
		}
		ipos_out_packet_consume(engine, flow->peer, &flow->hdr, skb);
		sent = true;
	}
	return sent;
}

/**
 * ipos_place_commit() - the target has reserved: the endpoint is its own
 * @ep: offered to the board that acknowledged
 *
 * From here on every packet is forwarded and nothing can be withdrawn.
 */
void ipos_place_commit(struct ipos_endpoint *ep)
{
	struct ipos_engine *engine = engine_of(ep);
	struct ipos_flow *flow = flow_of(ep);

	ipos_event(engine, committed, ipos_event_of(flow, NONE));
	flow->used = (u32)jiffies;
	ipos_wire_build_packet_hdr(&flow->hdr);
	ep->ops->moved(ep, send_held(ep));
	atomic_inc(&flow->peer->handoffs);
	ipos_count(engine->counters, handoff_done);
	ep->bounded = false;	/* the Forward entry's own from now on */
	ipos_flow_move(&engine->flows, flow, IPOS_FLOW_FORWARD_CONNECT,
		       IPOS_FLOW_FORWARD);
	ipos_pending_detach(flow);
}

/**
 * ipos_place_abandon() - end an endpoint that has no place yet
 * @ep: the endpoint, in any stage
 * @reason: the client has given up, or the board stops
 */
void ipos_place_abandon(struct ipos_endpoint *ep,
			enum ipos_handoff_reason reason)
{
	if (ep->stage == IPOS_STAGE_OFFERED)
		withdraw(ep);
	/* What was never told to be established ends as silently. */
	if (ep->stage != IPOS_STAGE_SYN_RECEIVED)
		ipos_event(engine_of(ep), abandoned,
			   ipos_event_made(flow_of(ep), reason));
	ipos_place_end(ep);
}

/**
 * ipos_place_skip() - the board it was offered to leaves: the next board
 * @ep: offered, or waiting for that board
 */
void ipos_place_skip(struct ipos_endpoint *ep)
{
	if (ep->stage == IPOS_STAGE_OFFERED)
		withdraw(ep);
	go_on(ep);
}

/**
 * ipos_place_restarted() - the board it was offered to has forgotten it
 * @ep: offered
 *
 * There is nobody to take the offer back from. The next board.
 */
void ipos_place_restarted(struct ipos_endpoint *ep)
{
	ipos_count(engine_of(ep)->counters, handoff_restarted);
	ipos_event(engine_of(ep), unanswered,
		   ipos_event_of(flow_of(ep), RESTARTED));
	next(ep);
}

/**
 * ipos_place_leave() - this board itself leaves: here and now, or a RST
 * @ep: in any stage
 */
void ipos_place_leave(struct ipos_endpoint *ep)
{
	if (ep->stage == IPOS_STAGE_OFFERED)
		withdraw(ep);
	if (ep->stage == IPOS_STAGE_SYN_RECEIVED || !ep->ops->here(ep))
		ipos_place_give_up(ep);
}
