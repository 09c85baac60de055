// SPDX-License-Identifier: GPL-2.0
#include "engine/event.h"
#include "engine/out.h"
#include "engine/reserve.h"
#include "engine/withdraw.h"

/*
 * A withdrawal may overtake its offer, which then must find a tombstone.
 * Returns false when there is no room for one.
 */
static bool bury(struct ipos_engine *engine, const struct ipos_key *key,
		 u64 handoff_id)
{
	struct ipos_flow *flow;

	flow = ipos_flow_new(&engine->flows, key, IPOS_FLOW_CLOSED);
	if (IS_ERR(flow)) {
		if (PTR_ERR(flow) == -ENOSPC)
			ipos_count(engine->counters, drop_limit_closed);
		else
			ipos_count(engine->counters, drop_no_memory);
		return false;
	}
	flow->handoff_id = handoff_id;
	flow->flags |= IPOS_FLOW_TARGET | IPOS_FLOW_LOST;
	if (ipos_flow_insert(&engine->flows, flow)) {
		ipos_flow_discard(&engine->flows, flow);
		return false;
	}
	ipos_flow_put(flow);
	return true;
}

/*
 * Whether the hand-off of this id is not, and will not be, reserved here: its
 * offer, should it still come, must find one that is not older.
 */
static bool forget(struct ipos_engine *engine, struct ipos_server *sender,
		   struct ipos_flow *flow, u64 handoff_id)
{
	bool gone = false;

	spin_lock_bh(&flow->lock);
	if (ipos_flow_state(flow) == IPOS_FLOW_RESERVED &&
	    ipos_flow_is_from(flow, sender) &&
	    !ipos_handoff_newer(flow->handoff_id, handoff_id)) {
		ipos_event(engine, withdrawn, ipos_event_of(flow, NONE));
		ipos_reserve_end(engine, flow);
	}
	switch (ipos_flow_state(flow)) {
	case IPOS_FLOW_CLOSED:
		if (ipos_handoff_newer(handoff_id, flow->handoff_id)) {
			WRITE_ONCE(flow->handoff_id, handoff_id);
			WRITE_ONCE(flow->used, (u32)jiffies);
		}
		gone = true;
		break;
	case IPOS_FLOW_RESERVED:
	case IPOS_FLOW_LOCAL:
		gone = ipos_flow_is_from(flow, sender) &&
		       ipos_handoff_newer(flow->handoff_id, handoff_id);
		break;
	default:
		/* A flow's offer may still come; it is used by no datagram. */
		gone = flow->key.proto == IPOS_PROTO_UDP;
		break;
	}
	spin_unlock_bh(&flow->lock);
	return gone;
}

/* Whatever the origin offered under this header up to this id. */
static void withdraw_header(struct ipos_engine *engine,
			    struct ipos_server *sender,
			    const struct ipos_hdr *hdr, u64 handoff_id)
{
	struct ipos_flow *flow;

	flow = ipos_flow_peek_binding(&engine->flows, hdr, sender->ip);
	if (flow && READ_ONCE(flow->flags) & IPOS_FLOW_TARGET)
		forget(engine, sender, flow, handoff_id);
}

/* Returns whether no reservation of the connection is left, or can come. */
static bool withdraw_connection(struct ipos_engine *engine,
				struct ipos_server *sender,
				const struct ipos_hdr *hdr,
				const struct ipos_notice *notice)
{
	struct ipos_key key = ipos_key_of(hdr, notice->server_ip,
					  notice->server_port);
	struct ipos_flow *flow = ipos_flow_peek(&engine->flows, &key);

	if (flow)
		return forget(engine, sender, flow, notice->handoff_id);
	/* A late offer of a flow ends by itself, when no datagram follows. */
	if (hdr->protocol == IPOS_PROTO_UDP)
		return true;
	return bury(engine, &key, notice->handoff_id);
}

/**
 * ipos_withdraw_heard() - 0x82: the origin takes an offer back
 * @engine: the namespace
 * @sender: the origin
 * @hdr: repeats the offer's
 * @notice: the body; without a server where the origin does not know any more
 *	which connection it was
 *
 * Rule 3: ends every uncommitted reservation under the header that is not
 * newer, and is answered when none is left and none can come of a late offer.
 */
void ipos_withdraw_heard(struct ipos_engine *engine,
			 struct ipos_server *sender,
			 const struct ipos_hdr *hdr,
			 const struct ipos_notice *notice)
{
	struct ipos_notice answer = *notice;

	withdraw_header(engine, sender, hdr, notice->handoff_id);
	if (!notice->server_ip)
		return;
	if (!withdraw_connection(engine, sender, hdr, notice)) {
		ipos_count(engine->counters, drop_stale_notice);
		return;
	}
	answer.reason = IPOS_CLOSED_WITHDRAWN;
	ipos_out_notice(engine, sender, hdr, IPOS_TYPE_CLOSED, &answer);
}
