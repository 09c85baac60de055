// SPDX-License-Identifier: GPL-2.0
#include <linux/sched.h>
#include "endpoint/deliver.h"
#include "engine/abort.h"

/*
 * An entry that is Local now was so when its socket was looked for: none other
 * can have had the 4-tuple then.
 */
static bool is_local(const void *arg)
{
	return ipos_flow_state(arg) == IPOS_FLOW_LOCAL;
}

static void work(struct work_struct *work)
{
	struct ipos_engine *engine = container_of(work, struct ipos_engine,
						  aborts);
	struct llist_node *list = llist_del_all(&engine->doomed);
	struct ipos_flow *flow, *next;

	llist_for_each_entry_safe(flow, next, llist_reverse_order(list),
				  doomed) {
		if (ipos_socket_abort(engine->net, &flow->key, is_local, flow))
			ipos_count(engine->counters, aborted);
		ipos_flow_put(flow);
		cond_resched();
	}
}

/**
 * ipos_abort() - have the socket of a Local entry aborted soon
 * @engine: the namespace
 * @flow: came from another board; its lock held
 *
 * Its client is reset, and its origin told as of every socket that closes. Any
 * context.
 */
void ipos_abort(struct ipos_engine *engine, struct ipos_flow *flow)
{
	if (flow->flags & IPOS_FLOW_DOOMED)
		return;
	WRITE_ONCE(flow->flags, flow->flags | IPOS_FLOW_DOOMED);
	refcount_inc(&flow->refs);
	llist_add(&flow->doomed, &engine->doomed);
	queue_work(system_unbound_wq, &engine->aborts);
}

/**
 * ipos_abort_init() - nothing is doomed
 * @engine: zeroed memory
 */
void ipos_abort_init(struct ipos_engine *engine)
{
	init_llist_head(&engine->doomed);
	INIT_WORK(&engine->aborts, work);
}

/**
 * ipos_abort_busy() - whether there is still something to be aborted
 * @engine: the namespace
 *
 * Return: true while there is. Any context.
 */
bool ipos_abort_busy(struct ipos_engine *engine)
{
	return work_busy(&engine->aborts);
}

/**
 * ipos_abort_wait() - all that were doomed until now are ended
 * @engine: the namespace
 *
 * May sleep.
 */
void ipos_abort_wait(struct ipos_engine *engine)
{
	flush_work(&engine->aborts);
}
