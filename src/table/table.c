// SPDX-License-Identifier: GPL-2.0
#include <linux/sched.h>
#include "table/table.h"

/* How many rows one RCU read section may visit. */
#define STRETCH 256

/**
 * ipos_cursor_enter() - begin to go through a table
 * @cursor: memory of the caller's
 * @ht: the table; stays until ipos_cursor_exit()
 *
 * Process context.
 */
void ipos_cursor_enter(struct ipos_cursor *cursor, struct rhashtable *ht)
{
	cursor->resized = 0;
	rhashtable_walk_enter(ht, &cursor->iter);
}

/**
 * ipos_cursor_exit() - end it, wherever it is
 * @cursor: entered
 *
 * Process context.
 */
void ipos_cursor_exit(struct ipos_cursor *cursor)
{
	rhashtable_walk_exit(&cursor->iter);
}

static void resume(struct ipos_cursor *cursor)
	__acquires(RCU)
{
	/* Resized meanwhile: it begins anew. */
	if (rhashtable_walk_start_check(&cursor->iter))
		cursor->resized++;
}

/**
 * ipos_cursor_walk() - visit rows until one is refused
 * @cursor: entered
 * @fn: called under rcu_read_lock() with each row; may remove it; what is not
 *	0 ends the walk, and this row is the next one's first
 * @arg: handed to @fn
 *
 * Process context, sleeps between stretches. After a pause the row at hand is
 * looked at again, never the one after it: if it was removed, another one has
 * its place, and would be left out. Rows that are there all the time are
 * visited, and once, but after a resize: then all are visited anew, and
 * @cursor->resized tells.
 *
 * Return: what @fn returned, 0 at the table's end.
 */
int ipos_cursor_walk(struct ipos_cursor *cursor,
		     int (*fn)(void *row, void *arg), void *arg)
{
	struct rhashtable_iter *iter = &cursor->iter;
	unsigned int n = 0;
	int err = 0;
	void *row;

	resume(cursor);
	row = rhashtable_walk_peek(iter);
	while (row) {
		if (++n % STRETCH == 0) {
			rhashtable_walk_stop(iter);
			cond_resched();
			resume(cursor);
			row = rhashtable_walk_peek(iter);
			continue;
		}
		if (IS_ERR(row)) {
			cursor->resized++;
		} else {
			err = fn(row, arg);
			if (err)
				break;
		}
		row = rhashtable_walk_next(iter);
	}
	rhashtable_walk_stop(iter);
	return err;
}

struct visit {
	bool (*fn)(void *obj, void *arg);
	void *arg;
};

static int visit(void *row, void *arg)
{
	struct visit *visit = arg;

	return !visit->fn(row, visit->arg);
}

/**
 * ipos_table_walk() - visit every object of a table
 * @ht: the table
 * @fn: called under rcu_read_lock() with each object; may remove it; false
 *	ends the walk
 * @arg: handed to @fn
 *
 * Process context, sleeps between stretches. An object may be seen twice when
 * the table is resized meanwhile.
 */
void ipos_table_walk(struct rhashtable *ht, bool (*fn)(void *obj, void *arg),
		     void *arg)
{
	struct visit each = { .fn = fn, .arg = arg };
	struct ipos_cursor cursor;

	ipos_cursor_enter(&cursor, ht);
	ipos_cursor_walk(&cursor, visit, &each);
	ipos_cursor_exit(&cursor);
}
