// SPDX-License-Identifier: GPL-2.0
#include <net/tcp.h>
#include "engine/forward.h"
#include "engine/origin.h"
#include "engine/out.h"
#include "engine/place.h"

/*
 * Rule 3: an acknowledgement that matches nothing is answered by a
 * withdrawal. Which hand-off it was is not known, but none is newer than the
 * last: a withdrawal means all up to its id under its header.
 */
static void withdraw_unknown(struct ipos_engine *engine,
			     struct ipos_server *sender,
			     const struct ipos_hdr *hdr)
{
	const struct ipos_notice notice = {
		.handoff_id =
			ipos_engine_handoff_id(engine,
					       atomic64_read(&engine->handoffs)),
	};

	ipos_count(engine->counters, drop_stale_ack);
	ipos_out_notice(engine, sender, hdr, IPOS_TYPE_WITHDRAW, &notice);
}

/*
 * What to do with the flow an answer speaks of, its lock held. Returns false
 * when the answer matches nothing the flow is waiting for.
 */
typedef bool (*answer_fn)(struct ipos_engine *engine, struct ipos_flow *flow,
			  const struct ipos_notice *notice);

/* The binding may have passed to another target before the lock was had. */
static bool still_bound(const struct ipos_flow *flow,
			const struct ipos_hdr *hdr)
{
	return (flow->flags & (IPOS_FLOW_BOUND | IPOS_FLOW_TARGET)) ==
	       IPOS_FLOW_BOUND &&
	       flow->hdr.dst_ip == hdr->dst_ip &&
	       flow->hdr.dst_port == hdr->dst_port;
}

static bool answer(struct ipos_engine *engine, struct ipos_server *sender,
		   const struct ipos_hdr *hdr,
		   const struct ipos_notice *notice, answer_fn fn)
{
	struct ipos_flow *flow;
	bool matched;

	flow = ipos_flow_peek_binding(&engine->flows, hdr, sender->ip);
	if (!flow)
		return false;
	spin_lock_bh(&flow->lock);
	matched = still_bound(flow, hdr) && fn(engine, flow, notice);
	spin_unlock_bh(&flow->lock);
	return matched;
}

static bool acknowledged(struct ipos_engine *engine, struct ipos_flow *flow,
			 const struct ipos_notice *notice)
{
	switch (ipos_flow_state(flow)) {
	case IPOS_FLOW_FORWARD_CONNECT:
		ipos_place_commit(ipos_endpoint_of(flow->pending));
		return true;
	case IPOS_FLOW_FORWARD:
		/* What is forwarded of UDP commits by itself. */
		if (flow->key.proto == IPOS_PROTO_TCP)
			ipos_out_bare_ack(engine, flow);
		return true;
	default:
		return false;
	}
}

/**
 * ipos_origin_ack() - figure 11i: a target has reserved
 * @engine: the namespace
 * @sender: the target
 * @hdr: repeats the offer's
 */
void ipos_origin_ack(struct ipos_engine *engine, struct ipos_server *sender,
		     const struct ipos_hdr *hdr)
{
	if (answer(engine, sender, hdr, NULL, acknowledged))
		return;
	/* Of a flow: a withdrawal could meet one that has begun since. */
	if (hdr->protocol == IPOS_PROTO_UDP)
		ipos_count(engine->counters, drop_stale_ack);
	else
		withdraw_unknown(engine, sender, hdr);
}

static bool refused(struct ipos_engine *engine, struct ipos_flow *flow,
		    const struct ipos_notice *notice)
{
	struct ipos_endpoint *ep;

	if (ipos_flow_state(flow) != IPOS_FLOW_FORWARD_CONNECT ||
	    flow->handoff_id != notice->handoff_id)
		return false;
	ep = ipos_endpoint_of(flow->pending);
	/* It waits: this answers a copy of the offer. */
	if (ep->stage != IPOS_STAGE_OFFERED)
		return false;
	ipos_place_refused(ep, notice->reason);
	return true;
}

/**
 * ipos_origin_refusal() - 0x80: a target will not have it
 * @engine: the namespace
 * @sender: the target
 * @hdr: repeats the offer's
 * @notice: the body
 *
 * Rule 3: counts in Forward-Connect alone, from the target offered to.
 */
void ipos_origin_refusal(struct ipos_engine *engine,
			 struct ipos_server *sender,
			 const struct ipos_hdr *hdr,
			 const struct ipos_notice *notice)
{
	if (!answer(engine, sender, hdr, notice, refused))
		ipos_count(engine->counters, drop_stale_notice);
}

/*
 * Closed counts with the entry's own id alone. Hand-off id 0: the target does
 * not know the id of what it has not.
 */
static bool closed(struct ipos_engine *engine, struct ipos_flow *flow,
		   const struct ipos_notice *notice)
{
	if (ipos_flow_state(flow) != IPOS_FLOW_FORWARD ||
	    flow->key.saddr != notice->server_ip ||
	    flow->key.sport != notice->server_port)
		return false;
	if (flow->handoff_id == notice->handoff_id ||
	    (!notice->handoff_id && notice->reason == IPOS_CLOSED_UNKNOWN)) {
		ipos_forward_closed(engine, flow, notice);
		return true;
	}
	/* A packet of this connection met only the tombstone of an older one. */
	if (notice->reason != IPOS_CLOSED_CLOSED || !notice->seq ||
	    before(notice->seq, flow->rcv_nxt))
		return false;
	ipos_forward_lost(engine, flow, IPOS_HANDOFF_REASON_UNKNOWN);
	return true;
}

/**
 * ipos_origin_closed() - 0x81: a target has it no more
 * @engine: the namespace
 * @sender: the target
 * @hdr: repeats the offer's
 * @notice: the body
 *
 * Rule 3: counts from the Forward entry's target alone.
 */
void ipos_origin_closed(struct ipos_engine *engine, struct ipos_server *sender,
			const struct ipos_hdr *hdr,
			const struct ipos_notice *notice)
{
	/* Copies of the offer may outlive the answer: the hold stays. */
	if (notice->reason == IPOS_CLOSED_WITHDRAWN)
		ipos_count(engine->counters, withdrawal_answered);
	else if (!answer(engine, sender, hdr, notice, closed))
		ipos_count(engine->counters, drop_stale_notice);
}
