// SPDX-License-Identifier: GPL-2.0
#include <linux/err.h>
#include <linux/slab.h>
#include "table/app.h"

#define LIMIT 4096

static const struct rhashtable_params by_pid = {
	.key_len = sizeof(u32),
	.key_offset = offsetof(struct ipos_app, pid),
	.head_offset = offsetof(struct ipos_app, node),
	.automatic_shrinking = true,
};

/**
 * ipos_app_table_init() - make an empty Application Information Table
 * @table: zeroed memory
 *
 * Return: 0 or -ENOMEM. Process context.
 */
int ipos_app_table_init(struct ipos_app_table *table)
{
	ipos_bound_init(&table->bound, LIMIT);
	return rhashtable_init(&table->ht, &by_pid);
}

static void free_each(void *obj, void *arg)
{
	kfree(obj);
}

/**
 * ipos_app_table_destroy() - empty the table and free it
 * @table: nobody uses it any more
 *
 * Process context.
 */
void ipos_app_table_destroy(struct ipos_app_table *table)
{
	rhashtable_free_and_destroy(&table->ht, free_each, NULL);
}

static struct ipos_app *add(struct ipos_app_table *table, u32 pid)
{
	struct ipos_app *app;
	int err = -ENOMEM;

	if (!ipos_bound_take(&table->bound))
		return ERR_PTR(-ENOSPC);
	app = kzalloc(sizeof(*app), GFP_ATOMIC);
	if (app) {
		app->pid = pid;
		err = rhashtable_insert_fast(&table->ht, &app->node, by_pid);
	}
	if (!err)
		return app;
	kfree(app);
	ipos_bound_give(&table->bound);
	return ERR_PTR(err);
}

/**
 * ipos_app_peek() - the row of a process
 * @table: the table
 * @pid: its process id
 *
 * Return: borrowed under RCU, or NULL. Any context.
 */
struct ipos_app *ipos_app_peek(struct ipos_app_table *table, u32 pid)
{
	return rhashtable_lookup(&table->ht, &pid, by_pid);
}

/**
 * ipos_app_get() - the row of a process, made if there is none
 * @table: the table; one caller at a time changes it
 * @pid: its process id
 *
 * RCU held.
 *
 * Return: the row, borrowed under RCU; an error pointer: -ENOSPC the table is
 * full, or there is no memory.
 */
struct ipos_app *ipos_app_get(struct ipos_app_table *table, u32 pid)
{
	return ipos_app_peek(table, pid) ?: add(table, pid);
}

struct sweep {
	struct ipos_app_table *table;
	u32 round;
};

static bool remove_if_old(void *obj, void *arg)
{
	const struct sweep *sweep = arg;
	struct ipos_app *app = obj;

	if (app->round == sweep->round ||
	    rhashtable_remove_fast(&sweep->table->ht, &app->node, by_pid))
		return true;
	ipos_bound_give(&sweep->table->bound);
	kfree_rcu(app, rcu);
	return true;
}

/**
 * ipos_app_complete() - what was not found in this round is gone
 * @table: the table; one caller at a time changes it
 * @round: the one
 *
 * Process context.
 */
void ipos_app_complete(struct ipos_app_table *table, u32 round)
{
	struct sweep sweep = { .table = table, .round = round };

	ipos_table_walk(&table->ht, remove_if_old, &sweep);
}
