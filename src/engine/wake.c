// SPDX-License-Identifier: GPL-2.0
#include "engine/pending.h"
#include "engine/place.h"
#include "engine/wake.h"

/* How many may wait, as long as nobody says otherwise. */
#define WAITING		1024
#define WAKE_MAX_MS	640

/**
 * ipos_wake_flow() - retry an endpoint, if it waits
 * @engine: the namespace
 * @flow: any, borrowed under RCU
 */
void ipos_wake_flow(struct ipos_engine *engine, struct ipos_flow *flow)
{
	struct ipos_endpoint *ep;

	spin_lock_bh(&flow->lock);
	switch (ipos_flow_state(flow)) {
	case IPOS_FLOW_TEMPORARY:
	case IPOS_FLOW_FORWARD_CONNECT:
		ep = flow->pending ? ipos_endpoint_of(flow->pending) : NULL;
		if (ep && ep->stage == IPOS_STAGE_WAITING)
			ipos_place_retry(ep);
		break;
	default:
		break;
	}
	spin_unlock_bh(&flow->lock);
}

static bool wake_each(void *obj, void *arg)
{
	struct ipos_flow *flow = obj;

	switch (ipos_flow_state(flow)) {
	case IPOS_FLOW_TEMPORARY:
	case IPOS_FLOW_FORWARD_CONNECT:
		ipos_wake_flow(arg, flow);
		break;
	default:
		break;
	}
	return true;
}

/*
 * A program that has just begun to listen may not be found at once, and may not
 * take all that have waited: again and again, for as long as it takes some,
 * then ever less often. The walker comes once a second all the same.
 */
static void work(struct work_struct *work)
{
	struct ipos_engine *engine = container_of(to_delayed_work(work),
						  struct ipos_engine, wake);
	u32 before = ipos_bound_count(&engine->waiting);
	u32 ms = READ_ONCE(engine->wake_ms);

	ipos_table_walk(&engine->flows.by_key, wake_each, engine);
	if (!ipos_bound_count(&engine->waiting) || ms > WAKE_MAX_MS)
		return;
	queue_delayed_work(system_highpri_wq, &engine->wake,
			   msecs_to_jiffies(ms));
	if (ipos_bound_count(&engine->waiting) >= before)
		WRITE_ONCE(engine->wake_ms, 2 * ms);
}

/**
 * ipos_wake_init() - nobody waits yet
 * @engine: zeroed memory
 */
void ipos_wake_init(struct ipos_engine *engine)
{
	ipos_bound_init(&engine->waiting, WAITING);
	INIT_DELAYED_WORK(&engine->wake, work);
}

/**
 * ipos_wake_stop() - look after nobody any more
 * @engine: stopping
 *
 * May sleep.
 */
void ipos_wake_stop(struct ipos_engine *engine)
{
	cancel_delayed_work_sync(&engine->wake);
}
