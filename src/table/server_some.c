// SPDX-License-Identifier: GPL-2.0
#include <linux/random.h>
#include "table/server.h"

/**
 * ipos_server_some() - go through boards taken at random until it is enough
 * @table: the table
 * @fn: called with each; returns whether it has seen enough, and may be called
 *	a few times more
 * @arg: handed to @fn
 *
 * The table's buckets in a new order each time: from anywhere, by any step that
 * is odd, and so meets all of them. Each board is as likely as any other, and
 * seen once, but for those that come and go meanwhile, and while the table
 * begins to be resized. RCU held, any context.
 *
 * Return: false: the table is being resized; @fn was not called.
 */
bool ipos_server_some(struct ipos_server_table *table,
		      bool (*fn)(struct ipos_server *server, void *arg),
		      void *arg)
{
	const struct bucket_table *tbl = rht_dereference_rcu(table->by_ip.tbl,
							     &table->by_ip);
	u32 i, at = get_random_u32(), step = get_random_u32() | 1;
	struct ipos_server *server;
	struct rhash_head *pos;
	bool enough = false;

	if (rcu_access_pointer(tbl->future_tbl))
		return false;
	/* To the end of a bucket: who is not its first is no worse off. */
	for (i = 0; i < tbl->size && !enough; i++, at += step)
		rht_for_each_entry_rcu(server, pos, tbl, at & (tbl->size - 1),
				       by_ip)
			enough |= fn(server, arg);
	return true;
}
