// SPDX-License-Identifier: GPL-2.0
#include <linux/jiffies.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include "table/program.h"

#define LIMIT	256

/*
 * What has failed rests for so long: twice as long each time, to the last. The
 * boards whose endpoints wait ask within two seconds, and must not begin it anew.
 */
#define REST		(4 * HZ)
#define REST_SHIFT	4
/* What has listened for so long begins anew. */
#define LONG_LIFE	(10 * HZ)

static const struct rhashtable_params by_port = {
	.key_len = sizeof(struct ipos_program_key),
	.key_offset = offsetof(struct ipos_program, config.key),
	.head_offset = offsetof(struct ipos_program, node),
	.automatic_shrinking = true,
};

/**
 * ipos_program_table_init() - no application is registered yet
 * @table: zeroed memory
 *
 * Return: 0 or -ENOMEM. Process context.
 */
int ipos_program_table_init(struct ipos_program_table *table)
{
	ipos_bound_init(&table->bound, LIMIT);
	INIT_LIST_HEAD(&table->list);
	spin_lock_init(&table->lock);
	return rhashtable_init(&table->ht, &by_port);
}

static void free_each(void *obj, void *arg)
{
	kfree(obj);
}

/**
 * ipos_program_table_destroy() - forget all and free the table
 * @table: nobody uses it any more
 *
 * Process context.
 */
void ipos_program_table_destroy(struct ipos_program_table *table)
{
	rhashtable_free_and_destroy(&table->ht, free_each, NULL);
}

/**
 * ipos_program_find() - an application by its name
 * @table: the table
 * @name: of the application
 *
 * RCU held, or whatever excludes changes.
 *
 * Return: borrowed, or NULL.
 */
struct ipos_program *ipos_program_find(struct ipos_program_table *table,
				       const char *name)
{
	struct ipos_program *program;

	list_for_each_entry_rcu(program, &table->list, list, true)
		if (!strcmp(program->config.name, name))
			return program;
	return NULL;
}

/**
 * ipos_program_peek() - what would listen on a port, if it were started
 * @table: the table
 * @proto: enum ipos_protocol
 * @port: network byte order
 *
 * Return: borrowed under RCU, or NULL. Any context.
 */
struct ipos_program *ipos_program_peek(struct ipos_program_table *table,
				       u8 proto, __be16 port)
{
	struct ipos_program_key key = { .port = port, .proto = proto };

	return rhashtable_lookup(&table->ht, &key, by_port);
}

/**
 * ipos_program_add() - register an application
 * @table: the table; one caller at a time adds and deletes
 * @config: copied
 *
 * Process context.
 *
 * Return: 0, -EEXIST the name is taken, -EADDRINUSE the port is, -ENOSPC the
 * table is full, -ENOMEM.
 */
int ipos_program_add(struct ipos_program_table *table,
		     const struct ipos_program_config *config)
{
	struct ipos_program *program;
	int err;

	if (ipos_program_find(table, config->name))
		return -EEXIST;
	program = kzalloc(sizeof(*program), GFP_KERNEL);
	if (!program)
		return -ENOMEM;
	program->config = *config;
	program->since = jiffies;
	if (!ipos_bound_take(&table->bound)) {
		kfree(program);
		return -ENOSPC;
	}
	err = rhashtable_lookup_insert_fast(&table->ht, &program->node,
					    by_port);
	if (err) {
		ipos_bound_give(&table->bound);
		kfree(program);
		return err == -EEXIST ? -EADDRINUSE : err;
	}
	list_add_tail_rcu(&program->list, &table->list);
	return 0;
}

/**
 * ipos_program_del() - start an application no more
 * @table: the table; one caller at a time adds and deletes
 * @name: of the application
 *
 * What runs goes on. Process context.
 *
 * Return: 0 or -ENOENT.
 */
int ipos_program_del(struct ipos_program_table *table, const char *name)
{
	struct ipos_program *program = ipos_program_find(table, name);

	if (!program)
		return -ENOENT;
	rhashtable_remove_fast(&table->ht, &program->node, by_port);
	list_del_rcu(&program->list);
	ipos_bound_give(&table->bound);
	kfree_rcu(program, rcu);
	return 0;
}

static void enter(struct ipos_program *program, enum ipos_app_state state)
{
	program->crashed = false;
	WRITE_ONCE(program->since, jiffies);
	WRITE_ONCE(program->state, state);
}

static void fail(struct ipos_program *program)
{
	u32 shift = min_t(u32, program->in_row, REST_SHIFT);

	program->in_row++;
	WRITE_ONCE(program->failures, program->failures + 1);
	program->until = jiffies + (REST << shift);
	WRITE_ONCE(program->pid, 0);
	enter(program, IPOS_APP_STATE_FAILED);
}

/**
 * ipos_program_start() - somebody wants it to be started
 * @table: the table
 * @program: in it
 *
 * Any context.
 *
 * Return: true for the one caller that is to have it started.
 */
bool ipos_program_start(struct ipos_program_table *table,
			struct ipos_program *program)
{
	bool first;

	spin_lock_bh(&table->lock);
	first = program->state == IPOS_APP_STATE_STOPPED;
	if (first) {
		WRITE_ONCE(program->starts, program->starts + 1);
		WRITE_ONCE(program->pid, 0);
		program->until = jiffies + program->config.start_s * HZ;
		enter(program, IPOS_APP_STATE_STARTING);
	}
	spin_unlock_bh(&table->lock);
	return first;
}

/**
 * ipos_program_unheard() - nobody is there to start it, after all
 * @table: the table
 * @program: in it; ipos_program_start() was true
 *
 * Any context.
 */
void ipos_program_unheard(struct ipos_program_table *table,
			  struct ipos_program *program)
{
	spin_lock_bh(&table->lock);
	if (program->state == IPOS_APP_STATE_STARTING && !program->pid) {
		WRITE_ONCE(program->starts, program->starts - 1);
		enter(program, IPOS_APP_STATE_STOPPED);
	}
	spin_unlock_bh(&table->lock);
}

/**
 * ipos_program_claim() - an agent starts it
 * @table: the table
 * @program: in it
 * @instead: the process that the caller knows to be gone; 0: there was none
 * @pid: the process that is to become it
 *
 * Any context.
 *
 * Return: false when it is not to be started, or another one does it.
 */
bool ipos_program_claim(struct ipos_program_table *table,
			struct ipos_program *program, u32 instead, u32 pid)
{
	bool granted;

	spin_lock_bh(&table->lock);
	granted = program->state == IPOS_APP_STATE_STARTING &&
		  program->pid == instead;
	if (granted)
		WRITE_ONCE(program->pid, pid);
	spin_unlock_bh(&table->lock);
	return granted;
}

/**
 * ipos_program_runs() - something listens on its port, whoever started it
 * @table: the table
 * @program: in it
 * @owner: the process, 0 = not known
 *
 * Any context.
 *
 * Return: whether it did not before.
 */
bool ipos_program_runs(struct ipos_program_table *table,
		       struct ipos_program *program, u32 owner)
{
	bool new;

	spin_lock_bh(&table->lock);
	new = program->state != IPOS_APP_STATE_RUNNING;
	if (new)
		enter(program, IPOS_APP_STATE_RUNNING);
	WRITE_ONCE(program->owner, owner);
	spin_unlock_bh(&table->lock);
	return new;
}

/**
 * ipos_program_stops() - nothing listens on its port any more
 * @table: the table
 * @program: in it
 *
 * It can be started again, at once if it did not fail. Any context.
 *
 * Return: whether it has failed.
 */
bool ipos_program_stops(struct ipos_program_table *table,
			struct ipos_program *program)
{
	bool failed = false;

	spin_lock_bh(&table->lock);
	if (program->state == IPOS_APP_STATE_RUNNING) {
		failed = program->crashed;
		if (time_after(jiffies, program->since + LONG_LIFE))
			program->in_row = 0;
		if (failed)
			fail(program);
		else
			enter(program, IPOS_APP_STATE_STOPPED);
		WRITE_ONCE(program->owner, 0);
	}
	spin_unlock_bh(&table->lock);
	return failed;
}

/**
 * ipos_program_fails() - what was started has failed
 * @table: the table
 * @program: in it
 * @pid: what the agent had started
 *
 * While something listens that is only remembered. Any context.
 *
 * Return: whether it has failed by this.
 */
bool ipos_program_fails(struct ipos_program_table *table,
			struct ipos_program *program, u32 pid)
{
	bool failed = false;

	spin_lock_bh(&table->lock);
	if (program->pid == pid) {
		program->crashed = program->state == IPOS_APP_STATE_RUNNING;
		failed = program->state == IPOS_APP_STATE_STARTING ||
			 program->state == IPOS_APP_STATE_STOPPED;
		if (failed)
			fail(program);
	}
	spin_unlock_bh(&table->lock);
	return failed;
}

/**
 * ipos_program_age() - how long it starts, or has rested
 * @table: the table
 * @program: in it
 *
 * Any context.
 *
 * Return: whether it has failed by this: it did not listen in time.
 */
bool ipos_program_age(struct ipos_program_table *table,
		      struct ipos_program *program)
{
	bool failed = false;

	spin_lock_bh(&table->lock);
	if (program->state == IPOS_APP_STATE_STARTING &&
	    time_after_eq(jiffies, program->until)) {
		failed = true;
		fail(program);
	} else if (program->state == IPOS_APP_STATE_FAILED &&
		   time_after_eq(jiffies, program->until)) {
		enter(program, IPOS_APP_STATE_STOPPED);
	}
	spin_unlock_bh(&table->lock);
	return failed;
}

/**
 * ipos_program_clear() - by an operator's word: what failed is forgotten
 * @table: the table
 * @program: in it; one that listens is left alone, one that starts has failed
 *
 * Any context.
 */
void ipos_program_clear(struct ipos_program_table *table,
			struct ipos_program *program)
{
	spin_lock_bh(&table->lock);
	program->in_row = 0;
	if (program->state == IPOS_APP_STATE_STARTING)
		fail(program);
	else if (program->state == IPOS_APP_STATE_FAILED)
		enter(program, IPOS_APP_STATE_STOPPED);
	spin_unlock_bh(&table->lock);
}
