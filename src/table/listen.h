/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The Listening Sockets Table: what listens where, on this board and on the
 * others, and what the others could start (IPOS_LISTENER_STARTABLE in its
 * protocol). A board's rows are taken as snapshots: what the next complete one
 * does not name is gone.
 */
#ifndef IPOS_TABLE_LISTEN_H
#define IPOS_TABLE_LISTEN_H

#include <linux/spinlock.h>
#include "table/table.h"
#include "wire/advert.h"

/* In place of a Server IP: this board. */
#define IPOS_HERE		((__force __be32)0)
/* Rows of one board at most. */
#define IPOS_LISTEN_SERVER_MAX	4096

/**
 * struct ipos_listen_key - what makes a row
 * @server: Server IP, or IPOS_HERE
 * @addr: bound to, 0 = any
 * @port: network byte order
 * @proto: enum ipos_protocol, IPOS_LISTENER_STARTABLE
 * @zero: padding
 */
struct ipos_listen_key {
	__be32	server;
	__be32	addr;
	__be16	port;
	u8	proto;
	u8	zero;
};

/**
 * struct ipos_listen - one row; all but @snapshot is as it was made
 * @node: in the table
 * @list: of its board's, RCU
 * @key: what makes it
 * @snapshot: the last that named it
 * @what: address, port, protocol and process
 * @rcu: freed after a grace period
 */
struct ipos_listen {
	struct rhash_head	node;
	struct list_head	list;
	struct ipos_listen_key	key;
	u32			snapshot;
	struct ipos_listener	what;
	struct rcu_head		rcu;
};

/**
 * struct ipos_listen_table - one network namespace's
 * @rows: by key
 * @ports: how many rows there are of a board, protocol and port
 * @boards: the rows of each board
 * @bound: rows
 * @startable: of these, how many are of what could be started
 * @lock: serializes changes; bottom halves off
 * @changed: told of each row that comes and goes, under @lock; may be NULL;
 *	must not sleep, nor use the table
 */
struct ipos_listen_table {
	struct rhashtable	rows;
	struct rhashtable	ports;
	struct rhashtable	boards;
	struct ipos_bound	bound;
	u32			startable;
	spinlock_t		lock;
	void (*changed)(struct ipos_listen_table *table, __be32 server,
			const struct ipos_listener *what, bool listens);
};

int ipos_listen_table_init(struct ipos_listen_table *table);
void ipos_listen_table_destroy(struct ipos_listen_table *table);

bool ipos_listen_has(struct ipos_listen_table *table, __be32 server, u8 proto,
		     __be16 port);
bool ipos_listen_known(struct ipos_listen_table *table, __be32 server);
const struct ipos_listener *
ipos_listen_startable(struct ipos_listen_table *table, __be32 server, u8 proto,
		      __be16 port);

int ipos_listen_heard(struct ipos_listen_table *table, __be32 server,
		      const struct ipos_listener *what, u32 snapshot);
void ipos_listen_own(struct ipos_listen_table *table,
		     const struct ipos_listener *what);
void ipos_listen_complete(struct ipos_listen_table *table, __be32 server,
			  u32 snapshot);
void ipos_listen_forget(struct ipos_listen_table *table, __be32 server);
void ipos_listen_each(struct ipos_listen_table *table, __be32 server,
		      void (*fn)(const struct ipos_listener *what, void *arg),
		      void *arg);

#endif /* IPOS_TABLE_LISTEN_H */
