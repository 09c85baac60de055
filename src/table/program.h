/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The applications that an operator has registered on this board: what may be
 * started where nothing listens, and how that goes. A part of the Application
 * Information Table; its other rows are the processes (app.h).
 */
#ifndef IPOS_TABLE_PROGRAM_H
#define IPOS_TABLE_PROGRAM_H

#include <linux/ipos.h>
#include <linux/spinlock.h>
#include "table/table.h"

/**
 * struct ipos_program_key - what it would listen on
 * @port: network byte order
 * @proto: enum ipos_protocol
 * @zero: padding
 */
struct ipos_program_key {
	__be16	port;
	u8	proto;
	u8	zero;
};

/**
 * struct ipos_program_config - as it was registered, and never changes
 * @key: where it listens
 * @name: what people call it
 * @unit: @command is the name of a systemd unit, not words to execute
 * @required: memory that must be available to start it, KiB
 * @max_cpu: from this CPU utilization on it is not started, per mille; 0: any
 * @start_s: how long it may take until it listens
 * @command: what the agent starts
 */
struct ipos_program_config {
	struct ipos_program_key	key;
	char			name[IPOS_LABEL_LEN_MAX + 1];
	bool			unit;
	u64			required;
	u32			max_cpu;
	u32			start_s;
	char			command[IPOS_COMMAND_LEN_MAX + 1];
};

/**
 * struct ipos_program - one of them; what changes does so under the lock
 * @node: in the table, key @config.key
 * @list: of all
 * @config: see there
 * @state: enum ipos_app_state
 * @crashed: while it runs: it has failed, and its sockets are about to close
 * @pid: what the agent has started, 0: nothing yet
 * @owner: the process that listens, 0: none, or not known
 * @starts: how often it was asked for
 * @failures: how often that, or what was started, has failed
 * @in_row: of these the last, without a long life in between
 * @since: jiffies when @state was entered
 * @until: jiffies: starting or failed is over then
 * @rcu: freed after a grace period
 */
struct ipos_program {
	struct rhash_head		node;
	struct list_head		list;
	struct ipos_program_config	config;
	u8				state;
	bool				crashed;
	u32				pid;
	u32				owner;
	u32				starts;
	u32				failures;
	u32				in_row;
	unsigned long			since;
	unsigned long			until;
	struct rcu_head			rcu;
};

/**
 * struct ipos_program_table - one network namespace's
 * @ht: by port
 * @list: all, RCU
 * @bound: rows
 * @lock: guards what changes of a row; bottom halves off
 */
struct ipos_program_table {
	struct rhashtable	ht;
	struct list_head	list;
	struct ipos_bound	bound;
	spinlock_t		lock;
};

int ipos_program_table_init(struct ipos_program_table *table);
void ipos_program_table_destroy(struct ipos_program_table *table);

int ipos_program_add(struct ipos_program_table *table,
		     const struct ipos_program_config *config);
int ipos_program_del(struct ipos_program_table *table, const char *name);
struct ipos_program *ipos_program_find(struct ipos_program_table *table,
				       const char *name);
struct ipos_program *ipos_program_peek(struct ipos_program_table *table,
				       u8 proto, __be16 port);

bool ipos_program_start(struct ipos_program_table *table,
			struct ipos_program *program);
void ipos_program_unheard(struct ipos_program_table *table,
			  struct ipos_program *program);
bool ipos_program_claim(struct ipos_program_table *table,
			struct ipos_program *program, u32 instead, u32 pid);
bool ipos_program_runs(struct ipos_program_table *table,
		       struct ipos_program *program, u32 owner);
bool ipos_program_stops(struct ipos_program_table *table,
			struct ipos_program *program);
bool ipos_program_fails(struct ipos_program_table *table,
			struct ipos_program *program, u32 pid);
bool ipos_program_age(struct ipos_program_table *table,
		      struct ipos_program *program);
void ipos_program_clear(struct ipos_program_table *table,
			struct ipos_program *program);

#endif /* IPOS_TABLE_PROGRAM_H */
