// SPDX-License-Identifier: GPL-2.0
#include <linux/wait_bit.h>
#include "endpoint/deliver.h"
#include "engine/cookie.h"
#include "engine/dispatch.h"
#include "engine/engine.h"
#include "engine/event.h"
#include "engine/forward.h"
#include "engine/hear.h"
#include "engine/outgoing.h"
#include "engine/place.h"
#include "engine/reserve.h"
#include "engine/served.h"
#include "engine/start.h"
#include "engine/wake.h"
#include "engine/walker.h"

#define PERIOD		HZ
/* A Local entry this long without a packet is compared with the stack. */
#define LOCAL_CHECK_S	30

static u32 idle_s(const struct ipos_flow *flow)
{
	return ((u32)jiffies - READ_ONCE(flow->used)) / HZ;
}

static u32 longest_idle(const struct ipos_engine *engine,
			const struct ipos_flow *flow)
{
	if (flow->key.proto == IPOS_PROTO_UDP)
		return READ_ONCE(flow->timeout);
	return READ_ONCE(engine->settings.idle_s);
}

static void forward(struct ipos_engine *engine, struct ipos_flow *flow)
{
	const struct ipos_settings *s = &engine->settings;
	bool ended = READ_ONCE(flow->flags) & IPOS_FLOW_ENDED;
	bool silent = !ended && ipos_hear_silent(engine, flow);

	if (!silent && idle_s(flow) < (ended ? READ_ONCE(s->closing_s) :
					       longest_idle(engine, flow)))
		return;
	spin_lock_bh(&flow->lock);
	if (ended)
		ipos_forward_end(engine, flow);
	else if (ipos_flow_state(flow) == IPOS_FLOW_FORWARD)
		ipos_forward_lost(engine, flow, silent ?
				  IPOS_HANDOFF_REASON_UNANSWERED :
				  IPOS_HANDOFF_REASON_IDLE);
	spin_unlock_bh(&flow->lock);
}

/* The backstop of the tracepoint, for what closed before it was heard. */
static void local(struct ipos_engine *engine, struct ipos_flow *flow)
{
	if (flow->key.proto == IPOS_PROTO_UDP) {
		ipos_served_idle(engine, flow, idle_s(flow));
		return;
	}
	if (idle_s(flow) < LOCAL_CHECK_S)
		return;
	if (ipos_socket_find(engine->net, &flow->key) == IPOS_SOCKET_NONE)
		ipos_dispatch_socket_closed(engine, &flow->key);
	else
		ipos_flow_touch(flow);
}

static void closed(struct ipos_engine *engine, struct ipos_flow *flow)
{
	struct ipos_bound *bound = &engine->flows.bound[IPOS_FLOW_CLOSED];
	u32 life = READ_ONCE(engine->settings.closing_s);

	if (READ_ONCE(flow->flags) & IPOS_FLOW_COOKIE)
		life = max_t(u32, life, IPOS_COOKIE_LIFE_S);
	if (idle_s(flow) < life &&
	    ipos_bound_count(bound) <= READ_ONCE(bound->limit))
		return;
	spin_lock_bh(&flow->lock);
	ipos_flow_remove(&engine->flows, flow, IPOS_FLOW_CLOSED);
	spin_unlock_bh(&flow->lock);
}

/* Ends with its listener, however long it would have waited. */
static void reserved(struct ipos_engine *engine, struct ipos_flow *flow)
{
	if (flow->key.proto == IPOS_PROTO_UDP) {
		ipos_served_idle(engine, flow, idle_s(flow));
		return;
	}
	spin_lock_bh(&flow->lock);
	if (ipos_flow_state(flow) == IPOS_FLOW_RESERVED && flow->pending)
		ipos_reserve_check(flow);
	spin_unlock_bh(&flow->lock);
}

static bool expire(void *obj, void *arg)
{
	struct ipos_engine *engine = arg;
	struct ipos_flow *flow = obj;

	switch (ipos_flow_state(flow)) {
	case IPOS_FLOW_FORWARD:
		forward(engine, flow);
		break;
	case IPOS_FLOW_LOCAL:
		local(engine, flow);
		break;
	case IPOS_FLOW_RESERVED:
		reserved(engine, flow);
		break;
	case IPOS_FLOW_CLOSED:
		closed(engine, flow);
		break;
	case IPOS_FLOW_TEMPORARY:
	case IPOS_FLOW_FORWARD_CONNECT:
		if (ipos_bound_count(&engine->waiting))
			ipos_wake_flow(engine, flow);
		break;	/* has a timer */
	default:
		break;
	}
	return true;
}

static void walk(struct work_struct *work)
{
	struct ipos_engine *engine = container_of(to_delayed_work(work),
						  struct ipos_engine, walker);

	ipos_hear_age(engine);
	ipos_start_age(engine);
	ipos_table_walk(&engine->flows.by_key, expire, engine);
	ipos_withdrawn_expire(&engine->withdrawn);
	ipos_cookiemap_expire(&engine->cookies,
			      READ_ONCE(engine->settings.cookie_s));
	ipos_outgoing_review(engine);
	schedule_delayed_work(&engine->walker, PERIOD);
}

/**
 * ipos_walker_start() - begin to expire entries
 * @engine: complete
 */
void ipos_walker_start(struct ipos_engine *engine)
{
	INIT_DELAYED_WORK(&engine->walker, walk);
	schedule_delayed_work(&engine->walker, PERIOD);
}

/**
 * ipos_walker_stop() - expire nothing any more
 * @engine: started
 *
 * May sleep.
 */
void ipos_walker_stop(struct ipos_engine *engine)
{
	cancel_delayed_work_sync(&engine->walker);
}

static void clear_locked(struct ipos_engine *engine, struct ipos_flow *flow)
{
	enum ipos_flow_state state = ipos_flow_state(flow);

	switch (state) {
	case IPOS_FLOW_TEMPORARY:
	case IPOS_FLOW_FORWARD_CONNECT:
		if (flow->pending)
			ipos_place_abandon(ipos_endpoint_of(flow->pending),
					   IPOS_HANDOFF_REASON_STOPPING);
		break;
	case IPOS_FLOW_RESERVED:
		ipos_event(engine, expired, ipos_event_of(flow, STOPPING));
		ipos_reserve_end(engine, flow);
		ipos_flow_remove(&engine->flows, flow, IPOS_FLOW_CLOSED);
		break;
	case IPOS_FLOW_FORWARD:
		ipos_forward_end(engine, flow);
		break;
	default:
		ipos_flow_remove(&engine->flows, flow, state);
	}
}

static bool clear(void *obj, void *arg)
{
	struct ipos_flow *flow = obj;

	spin_lock_bh(&flow->lock);
	clear_locked(arg, flow);
	spin_unlock_bh(&flow->lock);
	return true;
}

/**
 * ipos_walker_clear() - end every flow
 * @engine: no packet reaches it any more
 *
 * Connections attached here live on in the stack; unfinished endpoints are
 * forgotten, and offers taken back. May sleep.
 */
void ipos_walker_clear(struct ipos_engine *engine)
{
	while (atomic_read(&engine->flows.by_key.nelems))
		ipos_table_walk(&engine->flows.by_key, clear, engine);
	wait_var_event(&engine->pendings, !atomic_read(&engine->pendings));
}
