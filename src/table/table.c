// SPDX-License-Identifier: GPL-2.0
#include <linux/sched.h>
#include "table/table.h"

/* How many objects one RCU read section may visit. */
#define STRETCH 256

/**
 * ipos_table_walk() - visit every object of a table
 * @ht: the table
 * @fn: called under rcu_read_lock() with each object; may remove it; false
 *	ends the walk
 * @arg: handed to @fn
 *
 * Process context, sleeps between stretches. An object may be seen twice or
 * not at all when the table is resized meanwhile.
 */
void ipos_table_walk(struct rhashtable *ht, bool (*fn)(void *obj, void *arg),
		     void *arg)
{
	struct rhashtable_iter iter;
	unsigned int n = 0;
	bool more = true;
	void *obj;

	rhashtable_walk_enter(ht, &iter);
	rhashtable_walk_start(&iter);
	while (more && (obj = rhashtable_walk_next(&iter))) {
		if (!IS_ERR(obj))	/* -EAGAIN: resized, goes on */
			more = fn(obj, arg);
		if (++n % STRETCH == 0) {
			rhashtable_walk_stop(&iter);
			cond_resched();
			rhashtable_walk_start(&iter);
		}
	}
	rhashtable_walk_stop(&iter);
	rhashtable_walk_exit(&iter);
}
