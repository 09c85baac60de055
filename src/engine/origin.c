// SPDX-License-Identifier: GPL-2.0
#include "engine/forward.h"
#include "engine/origin.h"
#include "engine/out.h"
#include "engine/place.h"

/*
 * Rule 3: an acknowledgement that matches nothing is answered by a
 * withdrawal. Which hand-off it was is not known: 0 means whatever this board
 * offered with this header.
 */
static void withdraw_unknown(struct ipos_engine *engine,
			     struct ipos_server *sender,
			     const struct ipos_hdr *hdr)
{
	const struct ipos_notice notice = {};

	ipos_count(engine->counters, drop_stale_ack);
	ipos_out_notice(engine, sender, hdr, IPOS_TYPE_WITHDRAW, &notice);
}

static bool acknowledged(struct ipos_engine *engine, struct ipos_flow *flow)
{
	switch (ipos_flow_state(flow)) {
	case IPOS_FLOW_FORWARD_CONNECT:
		ipos_place_commit(ipos_endpoint_of(flow->pending));
		return true;
	case IPOS_FLOW_FORWARD:
		ipos_out_bare_ack(engine, flow);
		return true;
	default:
		return false;
	}
}

/* The flow whose binding this is, locked, if it still has it; or NULL. */
static struct ipos_flow *lock(struct ipos_engine *engine,
			      struct ipos_server *sender,
			      const struct ipos_hdr *hdr)
{
	struct ipos_flow *flow;

	flow = ipos_flow_peek_binding(&engine->flows, hdr, sender->ip);
	if (!flow)
		return NULL;
	spin_lock_bh(&flow->lock);
	if ((flow->flags & (IPOS_FLOW_BOUND | IPOS_FLOW_TARGET)) ==
	    IPOS_FLOW_BOUND && flow->hdr.dst_ip == hdr->dst_ip &&
	    flow->hdr.dst_port == hdr->dst_port)
		return flow;
	spin_unlock_bh(&flow->lock);
	return NULL;
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
	struct ipos_flow *flow = lock(engine, sender, hdr);
	bool known = false;

	if (flow) {
		known = acknowledged(engine, flow);
		spin_unlock_bh(&flow->lock);
	}
	if (!known)
		withdraw_unknown(engine, sender, hdr);
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
	struct ipos_flow *flow = lock(engine, sender, hdr);
	bool stale = true;

	if (flow) {
		stale = ipos_flow_state(flow) != IPOS_FLOW_FORWARD_CONNECT ||
			flow->handoff_id != notice->handoff_id;
		if (!stale)
			ipos_place_refused(ipos_endpoint_of(flow->pending));
		spin_unlock_bh(&flow->lock);
	}
	if (stale)
		ipos_count(engine->counters, drop_stale_notice);
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
	struct ipos_flow *flow;
	bool stale = true;

	if (notice->reason == IPOS_CLOSED_WITHDRAWN) {
		ipos_withdrawn_answered(&engine->withdrawn, hdr,
					notice->handoff_id);
		return;
	}
	flow = lock(engine, sender, hdr);
	if (flow) {
		/* 0: the target does not know the id of what it has not. */
		stale = ipos_flow_state(flow) != IPOS_FLOW_FORWARD ||
			(notice->handoff_id &&
			 flow->handoff_id != notice->handoff_id);
		if (!stale)
			ipos_forward_closed(engine, flow, notice);
		spin_unlock_bh(&flow->lock);
	}
	if (stale)
		ipos_count(engine->counters, drop_stale_notice);
}
