/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The Application Information Table: the processes of this board that listen,
 * and what they need of it.
 */
#ifndef IPOS_TABLE_APP_H
#define IPOS_TABLE_APP_H

#include <linux/ipos_wire.h>
#include "table/table.h"

/**
 * struct ipos_app - one process
 * @node: in the table, key @pid
 * @pid: process id, never 0
 * @round: the last in which it was found
 * @name: its name; the last byte is 0 always
 * @memory: resident memory, KiB
 * @cpu: CPU utilization, per mille of one CPU
 * @start: when it was started, as the kernel tells it: a process id is given
 *	again, this is not
 * @runtime: CPU time of all its threads until @at, ns
 * @at: when it was looked at, ns
 * @rcu: freed after a grace period
 *
 * Written by one at a time; each member is read by itself.
 */
struct ipos_app {
	struct rhash_head	node;
	u32			pid;
	u32			round;
	char			name[IPOS_PROCESS_LEN];
	u64			memory;
	u32			cpu;
	u64			start;
	u64			runtime;
	u64			at;
	struct rcu_head		rcu;
};

/**
 * struct ipos_app_table - one network namespace's
 * @ht: by process id
 * @bound: rows
 */
struct ipos_app_table {
	struct rhashtable	ht;
	struct ipos_bound	bound;
};

int ipos_app_table_init(struct ipos_app_table *table);
void ipos_app_table_destroy(struct ipos_app_table *table);

struct ipos_app *ipos_app_peek(struct ipos_app_table *table, u32 pid);
struct ipos_app *ipos_app_get(struct ipos_app_table *table, u32 pid);
void ipos_app_complete(struct ipos_app_table *table, u32 round);

#endif /* IPOS_TABLE_APP_H */
