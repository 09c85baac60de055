// SPDX-License-Identifier: GPL-2.0
#include <linux/wait_bit.h>
#include "engine/pending.h"

static void put(struct ipos_pending *pending)
{
	struct ipos_engine *engine = pending->engine;

	if (!refcount_dec_and_test(&pending->refs))
		return;
	ipos_flow_put(pending->flow);
	pending->ops->free(pending);
	if (atomic_dec_and_test(&engine->pendings))
		wake_up_var(&engine->pendings);
}

static void timer_fired(struct timer_list *timer)
{
	struct ipos_pending *pending = from_timer(pending, timer, timer);
	struct ipos_flow *flow = pending->flow;

	rcu_read_lock();
	spin_lock_bh(&flow->lock);
	if (flow->pending == pending)
		pending->ops->expire(pending);
	spin_unlock_bh(&flow->lock);
	rcu_read_unlock();
	put(pending);
}

/**
 * ipos_pending_attach() - begin unfinished business on a flow
 * @engine: the namespace
 * @flow: its lock held, without pending
 * @pending: embedded in the caller's zeroed memory, freed by @ops
 * @ops: what happens when the timer fires and at the end
 */
void ipos_pending_attach(struct ipos_engine *engine, struct ipos_flow *flow,
			 struct ipos_pending *pending,
			 const struct ipos_pending_ops *ops)
{
	pending->ops = ops;
	pending->engine = engine;
	pending->flow = flow;
	refcount_set(&pending->refs, 1);
	timer_setup(&pending->timer, timer_fired, 0);
	refcount_inc(&flow->refs);
	atomic_inc(&engine->pendings);
	flow->pending = pending;
}

/**
 * ipos_pending_detach() - the business is finished, or given up
 * @flow: its lock held; may be without pending
 *
 * The caller keeps a reference to @flow, or RCU.
 */
void ipos_pending_detach(struct ipos_flow *flow)
{
	struct ipos_pending *pending = flow->pending;

	if (!pending)
		return;
	flow->pending = NULL;
	if (del_timer(&pending->timer))
		put(pending);
	put(pending);
}

/**
 * ipos_pending_arm() - have expire() called once, later
 * @pending: attached, its flow's lock held
 * @ms: from now; replaces a time set before
 */
void ipos_pending_arm(struct ipos_pending *pending, u32 ms)
{
	if (!mod_timer(&pending->timer, jiffies + msecs_to_jiffies(ms)))
		refcount_inc(&pending->refs);
}
