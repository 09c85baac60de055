/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What every table shares: the kernel's resizable RCU hash table, a bound, and
 * a walk that sleeps between stretches. Look-ups take no lock; the typed tables
 * call rhashtable_lookup() with their constant parameters, so that the hash is
 * inlined.
 */
#ifndef IPOS_TABLE_TABLE_H
#define IPOS_TABLE_TABLE_H

#include <linux/rhashtable.h>
#include <linux/types.h>

/**
 * struct ipos_bound - how many rows there are and may be
 * @count: rows now
 * @limit: rows at most; lowering it below @count only stops new rows
 * @initial: the limit while nobody has changed it
 */
struct ipos_bound {
	atomic_t	count;
	u32		limit;
	u32		initial;
};

static inline void ipos_bound_init(struct ipos_bound *bound, u32 limit)
{
	atomic_set(&bound->count, 0);
	bound->limit = limit;
	bound->initial = limit;
}

/* Takes a place; false when all are taken. Any context. */
static inline bool ipos_bound_take(struct ipos_bound *bound)
{
	if (atomic_inc_return(&bound->count) <= READ_ONCE(bound->limit))
		return true;
	atomic_dec(&bound->count);
	return false;
}

/* Takes a place whether there is one or not: for what must not be refused. */
static inline void ipos_bound_force(struct ipos_bound *bound)
{
	atomic_inc(&bound->count);
}

static inline void ipos_bound_give(struct ipos_bound *bound)
{
	atomic_dec(&bound->count);
}

static inline u32 ipos_bound_count(const struct ipos_bound *bound)
{
	return atomic_read(&bound->count);
}

/**
 * struct ipos_cursor - a place in a table, to go on from
 * @iter: the kernel's
 * @resized: how often the walk had to begin anew: rows may have been repeated
 */
struct ipos_cursor {
	struct rhashtable_iter	iter;
	unsigned int		resized;
};

void ipos_cursor_enter(struct ipos_cursor *cursor, struct rhashtable *ht);
void ipos_cursor_exit(struct ipos_cursor *cursor);
int ipos_cursor_walk(struct ipos_cursor *cursor,
		     int (*fn)(void *row, void *arg), void *arg);
void ipos_table_walk(struct rhashtable *ht, bool (*fn)(void *obj, void *arg),
		     void *arg);

#endif /* IPOS_TABLE_TABLE_H */
