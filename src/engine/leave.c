// SPDX-License-Identifier: GPL-2.0
#include <linux/delay.h>
#include "engine/abort.h"
#include "engine/announce.h"
#include "engine/event.h"
#include "engine/forward.h"
#include "engine/leave.h"
#include "engine/out.h"
#include "engine/place.h"
#include "engine/reserve.h"
#include "engine/served.h"
#include "engine/target.h"

/* A target is told until it answers, at most so often. */
#define TELL_TRIES	3
#define TELL_MS		100
/* So many frames at once: no queue between two boards shall fill up. */
#define BURST		256

/**
 * struct round - one walk over all flows
 * @engine: the namespace
 * @deadline: jiffies at which it ends, complete or not
 * @told: targets that have to answer
 * @doomed: sockets that are, or were, aborted
 * @burst: flows to be visited until the next rest
 * @last: who has not answered by now will not
 */
struct round {
	struct ipos_engine	*engine;
	unsigned long		deadline;
	u32			told;
	u32			doomed;
	u32			burst;
	bool			last;
};

static unsigned long leave_end(const struct ipos_engine *engine)
{
	return jiffies +
	       msecs_to_jiffies(READ_ONCE(engine->settings.leave_ms));
}

/* Over already, it has nobody to tell; the stack answers for it from now on. */
static void leave_forward(struct round *round, struct ipos_flow *flow)
{
	struct ipos_engine *engine = round->engine;

	if (flow->flags & IPOS_FLOW_RESET)
		return;
	if (flow->flags & IPOS_FLOW_CLOSING ||
	    flow->key.proto == IPOS_PROTO_UDP) {
		ipos_forward_end(engine, flow);
		return;
	}
	round->told++;
	if (round->last)
		ipos_forward_lost(engine, flow,
				  IPOS_HANDOFF_REASON_STOPPING);
	else
		ipos_forward_leave(engine, flow);
}

/* Told so, the origin gives the flow's next datagram to another board. */
static void leave_served(struct ipos_engine *engine, struct ipos_flow *flow)
{
	if (flow->flags & IPOS_FLOW_TARGET) {
		ipos_target_tell_closed(engine, flow);
		ipos_served_end(engine, flow);
	}
}

/* What came of another board. Returns whether a socket is to be aborted. */
static bool leave_taken(struct ipos_engine *engine, struct ipos_flow *flow)
{
	switch (ipos_flow_state(flow)) {
	case IPOS_FLOW_RESERVED:
		if (flow->key.proto == IPOS_PROTO_UDP)
			leave_served(engine, flow);
		else if (flow->pending)
			ipos_reserve_leave(flow);
		return false;
	case IPOS_FLOW_LOCAL:
		if (flow->key.proto == IPOS_PROTO_UDP) {
			leave_served(engine, flow);
			return false;
		}
		if (!(flow->flags & IPOS_FLOW_TARGET))
			return false;
		ipos_abort(engine, flow);
		return true;
	default:
		return false;
	}
}

static void leave_locked(struct round *round, struct ipos_flow *flow)
{
	struct ipos_engine *engine = round->engine;

	switch (ipos_flow_state(flow)) {
	case IPOS_FLOW_TEMPORARY:
	case IPOS_FLOW_FORWARD_CONNECT:
		if (flow->pending)
			ipos_place_leave(ipos_endpoint_of(flow->pending));
		break;
	case IPOS_FLOW_FORWARD:
		leave_forward(round, flow);
		break;
	case IPOS_FLOW_CLOSED:
		/* Told once more: nobody will be here to say it again. */
		if (flow->flags & IPOS_FLOW_DOOMED)
			ipos_target_tell_closed(engine, flow);
		break;
	default:
		round->doomed += leave_taken(engine, flow);
	}
}

static int leave_each(void *row, void *arg)
{
	struct ipos_flow *flow = row;
	struct round *round = arg;

	if (!round->burst)
		return 1;
	round->burst--;
	spin_lock_bh(&flow->lock);
	leave_locked(round, flow);
	spin_unlock_bh(&flow->lock);
	return 0;
}

static void go_round(struct round *round)
{
	struct ipos_cursor cursor;

	ipos_cursor_enter(&cursor, &round->engine->flows.by_key);
	while (time_before(jiffies, round->deadline)) {
		round->burst = BURST;
		if (!ipos_cursor_walk(&cursor, leave_each, round))
			break;
		usleep_range(500, 1000);
	}
	ipos_cursor_exit(&cursor);
}

/*
 * Targets need a moment; our own sockets, whose close is told by itself, as
 * long as they are many. A process may sit on its socket: only so long.
 */
static void wait_for_answers(const struct round *round, unsigned int ms)
{
	struct ipos_bound *forward =
		&round->engine->flows.bound[IPOS_FLOW_FORWARD];
	const unsigned long end = jiffies + msecs_to_jiffies(ms);

	while (ipos_abort_busy(round->engine) ?
	       time_before(jiffies, round->deadline) :
	       ipos_bound_count(forward) && time_before(jiffies, end))
		usleep_range(5000, 10000);
}

/**
 * ipos_leave() - this board leaves: tell whom it concerns
 * @engine: its hooks and devices still work
 *
 * Connections attached where they arrived live on. An unattached endpoint is
 * attached here if that can be done, and else its client is reset. The targets
 * of forwarded connections are told until they answer, and reset the clients;
 * where none answers, this board does. Sockets that came from other boards are
 * aborted, as no packet can reach them any more.
 *
 * Takes hardly longer than the setting leave_ms says; what is left then,
 * ipos_leave_peers() ends. Nothing new is begun until engine->leaving is false
 * again. May sleep.
 */
void ipos_leave(struct ipos_engine *engine)
{
	struct round round = {
		.engine = engine, .deadline = leave_end(engine),
	};
	int tries;

	engine->leave_until = round.deadline;
	WRITE_ONCE(engine->leaving, true);
	ipos_announce_leave(engine, NULL);
	synchronize_rcu();
	for (tries = 0; tries <= TELL_TRIES; tries++) {
		round.told = 0;
		round.doomed = 0;
		round.last = tries == TELL_TRIES;
		go_round(&round);
		if (!round.told && !round.doomed)
			return;
		/* After the last: for the client's answers to our questions. */
		wait_for_answers(&round, TELL_MS << (round.last ? 0 : tries));
	}
}

/* There is no time to tell anybody. */
static void leave_peer_late(struct ipos_engine *engine, struct ipos_flow *flow)
{
	switch (ipos_flow_state(flow)) {
	case IPOS_FLOW_FORWARD_CONNECT:
		if (flow->pending)
			ipos_place_skip(ipos_endpoint_of(flow->pending));
		break;
	case IPOS_FLOW_FORWARD:
		if (!(flow->flags & IPOS_FLOW_ENDED) &&
		    ipos_forward_lost_untold(engine, flow,
					     IPOS_HANDOFF_REASON_STOPPING))
			ipos_count(engine->counters, leaving_untold);
		break;
	default:
		if (leave_taken(engine, flow))
			ipos_count(engine->counters, leaving_untold);
	}
}

static void leave_peer_locked(struct ipos_engine *engine,
			      struct ipos_flow *flow)
{
	switch (ipos_flow_state(flow)) {
	case IPOS_FLOW_FORWARD_CONNECT:
		if (flow->pending)
			ipos_place_skip(ipos_endpoint_of(flow->pending));
		break;
	case IPOS_FLOW_FORWARD:
		if (flow->flags & IPOS_FLOW_ENDED)
			break;
		ipos_forward_leave(engine, flow);
		ipos_forward_lost(engine, flow,
				  IPOS_HANDOFF_REASON_STOPPING);
		break;
	default:
		/* When it has closed the board may be out of reach. */
		if (leave_taken(engine, flow))
			ipos_target_tell_closed(engine, flow);
	}
}

static bool leave_peer_each(void *obj, void *arg)
{
	struct ipos_flow *flow = obj;
	struct round *round = arg;

	spin_lock_bh(&flow->lock);
	if (!flow->peer || !READ_ONCE(flow->peer->leaving))
		goto unlock;
	if (time_before(jiffies, round->deadline))
		leave_peer_locked(round->engine, flow);
	else
		leave_peer_late(round->engine, flow);
unlock:
	spin_unlock_bh(&flow->lock);
	return true;
}

/**
 * ipos_leave_peers() - end what is shared with boards that are leaving
 * @engine: some rows of its Server State Table were just marked so
 *
 * Each is told, once; clients are reset by both boards, endpoints still on
 * offer go to the next board. When the setting leave_ms is over, also if this
 * board itself leaves, clients are reset when they send something, and nobody
 * is told. May sleep, also with RTNL held.
 */
void ipos_leave_peers(struct ipos_engine *engine)
{
	struct round round = {
		.engine = engine,
		.deadline = READ_ONCE(engine->leaving) ? engine->leave_until :
							 leave_end(engine),
	};

	synchronize_net();
	ipos_table_walk(&engine->flows.by_key, leave_peer_each, &round);
}

/* Returns the reason to answer with, or 0: the socket will when it closes. */
static u16 heard(struct ipos_engine *engine, struct ipos_flow *flow)
{
	switch (ipos_flow_state(flow)) {
	case IPOS_FLOW_LOCAL:
		if (flow->key.proto == IPOS_PROTO_UDP) {
			ipos_served_end(engine, flow);
			return IPOS_CLOSED_UNKNOWN;
		}
		ipos_abort(engine, flow);
		return 0;
	case IPOS_FLOW_RESERVED:
		ipos_count(engine->counters, handoff_expired);
		ipos_event(engine, expired, ipos_event_of(flow, STOPPING));
		ipos_reserve_end(engine, flow);
		return IPOS_CLOSED_UNKNOWN;
	case IPOS_FLOW_CLOSED:
		return flow->flags & IPOS_FLOW_LOST ? IPOS_CLOSED_UNKNOWN :
						      IPOS_CLOSED_CLOSED;
	default:
		return IPOS_CLOSED_UNKNOWN;
	}
}

/**
 * ipos_leave_heard() - 0x81 origin leaving: no packet of it will come any more
 * @engine: the namespace
 * @sender: who says so
 * @hdr: names client and application
 * @notice: the body
 *
 * Believed of the connection's own origin and for its hand-off alone. It is
 * answered by 0x81, so that the origin tells until it was heard. RCU held,
 * softirq.
 */
void ipos_leave_heard(struct ipos_engine *engine, struct ipos_server *sender,
		      const struct ipos_hdr *hdr,
		      const struct ipos_notice *notice)
{
	struct ipos_key key = ipos_key_of(hdr, notice->server_ip,
					  notice->server_port);
	struct ipos_flow *flow = ipos_flow_peek(&engine->flows, &key);
	struct ipos_notice answer = *notice;
	bool known = false;

	answer.reason = IPOS_CLOSED_UNKNOWN;
	if (flow) {
		spin_lock_bh(&flow->lock);
		known = ipos_flow_is_from(flow, sender) &&
			flow->handoff_id == notice->handoff_id;
		if (known)
			answer.reason = heard(engine, flow);
		spin_unlock_bh(&flow->lock);
	}
	if (!known)
		ipos_count(engine->counters, drop_stale_notice);
	if (answer.reason)
		ipos_out_notice(engine, sender, hdr, IPOS_TYPE_CLOSED, &answer);
}
