// SPDX-License-Identifier: GPL-2.0
#include <linux/in.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include "table/listen.h"

#define LIMIT 65536

/* Board, protocol and port: what a choice of boards asks for. */
struct port_key {
	__be32	server;
	__be16	port;
	u8	proto;
	u8	zero;
};

struct port {
	struct rhash_head	node;
	struct port_key		key;
	u32			rows;	/* that other boards can reach */
	struct rcu_head		rcu;
};

struct board {
	struct rhash_head	node;
	__be32			server;
	bool			known;	/* completely, once */
	u32			n;
	struct list_head	rows;
	struct rcu_head		rcu;
};

static const struct rhashtable_params by_key = {
	.key_len = sizeof(struct ipos_listen_key),
	.key_offset = offsetof(struct ipos_listen, key),
	.head_offset = offsetof(struct ipos_listen, node),
	.automatic_shrinking = true,
};

static const struct rhashtable_params by_port = {
	.key_len = sizeof(struct port_key),
	.key_offset = offsetof(struct port, key),
	.head_offset = offsetof(struct port, node),
	.automatic_shrinking = true,
};

static const struct rhashtable_params by_server = {
	.key_len = sizeof(__be32),
	.key_offset = offsetof(struct board, server),
	.head_offset = offsetof(struct board, node),
	.automatic_shrinking = true,
};

/**
 * ipos_listen_table_init() - make an empty Listening Sockets Table
 * @table: zeroed memory
 *
 * Return: 0 or -ENOMEM. Process context.
 */
int ipos_listen_table_init(struct ipos_listen_table *table)
{
	int err;

	err = rhashtable_init(&table->rows, &by_key);
	if (err)
		return err;
	err = rhashtable_init(&table->ports, &by_port);
	if (err)
		goto rows;
	err = rhashtable_init(&table->boards, &by_server);
	if (err)
		goto ports;
	ipos_bound_init(&table->bound, LIMIT);
	spin_lock_init(&table->lock);
	return 0;
ports:
	rhashtable_destroy(&table->ports);
rows:
	rhashtable_destroy(&table->rows);
	return err;
}

static void free_each(void *obj, void *arg)
{
	kfree(obj);
}

/**
 * ipos_listen_table_destroy() - empty the table and free it
 * @table: nobody uses it any more
 *
 * Process context.
 */
void ipos_listen_table_destroy(struct ipos_listen_table *table)
{
	rhashtable_free_and_destroy(&table->boards, free_each, NULL);
	rhashtable_free_and_destroy(&table->ports, free_each, NULL);
	rhashtable_free_and_destroy(&table->rows, free_each, NULL);
}

static struct ipos_listen_key key_of(__be32 server,
				     const struct ipos_listener *what)
{
	return (struct ipos_listen_key){
		.server = server, .addr = what->addr, .port = what->port,
		.proto = what->proto,
	};
}

/**
 * ipos_listen_has() - whether a board listens on a port
 * @table: the table
 * @server: Server IP, or IPOS_HERE
 * @proto: enum ipos_protocol
 * @port: network byte order
 *
 * A socket bound to a loopback address does not count: nothing that is handed
 * over reaches it. RCU held; takes no lock.
 *
 * Return: true when it does, as far as is known.
 */
bool ipos_listen_has(struct ipos_listen_table *table, __be32 server, u8 proto,
		     __be16 port)
{
	struct port_key key = {
		.server = server, .port = port, .proto = proto,
	};

	return rhashtable_lookup(&table->ports, &key, by_port);
}

/**
 * ipos_listen_startable() - whether a board could start what would listen
 * @table: the table
 * @server: Server IP
 * @proto: enum ipos_protocol
 * @port: network byte order
 *
 * RCU held; takes no lock.
 *
 * Return: what it said of it, borrowed under RCU: pid is the memory that it
 * needs, KiB; or NULL.
 */
const struct ipos_listener *
ipos_listen_startable(struct ipos_listen_table *table, __be32 server, u8 proto,
		      __be16 port)
{
	struct ipos_listen_key key = {
		.server = server, .port = port,
		.proto = proto | IPOS_LISTENER_STARTABLE,
	};
	const struct ipos_listen *row;

	row = rhashtable_lookup(&table->rows, &key, by_key);
	return row ? &row->what : NULL;
}

static struct board *board_of(struct ipos_listen_table *table, __be32 server)
{
	return rhashtable_lookup(&table->boards, &server, by_server);
}

/**
 * ipos_listen_known() - whether a board ever told all of its sockets
 * @table: the table
 * @server: Server IP, or IPOS_HERE
 *
 * RCU held; takes no lock.
 *
 * Return: false when what it listens on can only be assumed.
 */
bool ipos_listen_known(struct ipos_listen_table *table, __be32 server)
{
	struct board *board = board_of(table, server);

	return board && READ_ONCE(board->known);
}

static bool is_reachable(const struct ipos_listener *what)
{
	return !ipv4_is_loopback(what->addr);
}

static int count_port(struct ipos_listen_table *table, __be32 server,
		      const struct ipos_listener *what)
{
	struct port_key key = {
		.server = server, .port = what->port, .proto = what->proto,
	};
	struct port *port;
	int err;

	if (!is_reachable(what))
		return 0;
	port = rhashtable_lookup(&table->ports, &key, by_port);
	if (port) {
		port->rows++;
		return 0;
	}
	port = kzalloc(sizeof(*port), GFP_ATOMIC);
	if (!port)
		return -ENOMEM;
	port->key = key;
	port->rows = 1;
	err = rhashtable_insert_fast(&table->ports, &port->node, by_port);
	if (err)
		kfree(port);
	return err;
}

static void uncount_port(struct ipos_listen_table *table, __be32 server,
			 const struct ipos_listener *what)
{
	struct port_key key = {
		.server = server, .port = what->port, .proto = what->proto,
	};
	struct port *port;

	if (!is_reachable(what))
		return;
	port = rhashtable_lookup(&table->ports, &key, by_port);
	if (WARN_ON_ONCE(!port) || --port->rows)
		return;
	rhashtable_remove_fast(&table->ports, &port->node, by_port);
	kfree_rcu(port, rcu);
}

static struct board *get_board(struct ipos_listen_table *table, __be32 server)
{
	struct board *board = board_of(table, server);

	if (board)
		return board;
	board = kzalloc(sizeof(*board), GFP_ATOMIC);
	if (!board)
		return NULL;
	board->server = server;
	INIT_LIST_HEAD(&board->rows);
	if (rhashtable_insert_fast(&table->boards, &board->node, by_server)) {
		kfree(board);
		return NULL;
	}
	return board;
}

static struct ipos_listen *new_row(__be32 server,
				   const struct ipos_listener *what,
				   u32 snapshot)
{
	struct ipos_listen *row = kzalloc(sizeof(*row), GFP_ATOMIC);

	if (!row)
		return NULL;
	row->key = key_of(server, what);
	row->snapshot = snapshot;
	row->what = *what;
	return row;
}

static bool is_startable(const struct ipos_listen *row)
{
	return row->key.proto & IPOS_LISTENER_STARTABLE;
}

static int insert(struct ipos_listen_table *table, struct board *board,
		  struct ipos_listen *row)
{
	int err = count_port(table, board->server, &row->what);

	if (err)
		return err;
	err = rhashtable_insert_fast(&table->rows, &row->node, by_key);
	if (err) {
		uncount_port(table, board->server, &row->what);
		return err;
	}
	list_add_tail_rcu(&row->list, &board->rows);
	board->n++;
	if (is_startable(row))
		WRITE_ONCE(table->startable, table->startable + 1);
	return 0;
}

static void tell(struct ipos_listen_table *table, const struct ipos_listen *row,
		 bool listens)
{
	if (table->changed)
		table->changed(table, row->key.server, &row->what, listens);
}

static int add(struct ipos_listen_table *table, __be32 server,
	       const struct ipos_listener *what, u32 snapshot)
{
	struct board *board = get_board(table, server);
	struct ipos_listen *row;
	int err = -ENOMEM;

	if (!board)
		return -ENOMEM;
	if (board->n >= IPOS_LISTEN_SERVER_MAX ||
	    !ipos_bound_take(&table->bound))
		return -ENOSPC;
	row = new_row(server, what, snapshot);
	if (row)
		err = insert(table, board, row);
	if (err) {
		kfree(row);
		ipos_bound_give(&table->bound);
		return err;
	}
	tell(table, row, true);
	return 0;
}

static bool same_process(const struct ipos_listener *a,
			 const struct ipos_listener *b)
{
	return a->pid == b->pid && a->flags == b->flags &&
	       !memcmp(a->name, b->name, sizeof(a->name));
}

/* A reader sees the old row or the new one, never a half of each. */
static int replace(struct ipos_listen_table *table, struct ipos_listen *old,
		   const struct ipos_listener *what)
{
	struct ipos_listen *row = new_row(old->key.server, what,
					  old->snapshot);
	int err;

	if (!row)
		return -ENOMEM;
	err = rhashtable_replace_fast(&table->rows, &old->node, &row->node,
				      by_key);
	if (err) {
		kfree(row);
		return err;
	}
	list_replace_rcu(&old->list, &row->list);
	kfree_rcu(old, rcu);
	return 0;
}

static int hear(struct ipos_listen_table *table, __be32 server,
		const struct ipos_listener *what, u32 snapshot)
{
	struct ipos_listen_key key = key_of(server, what);
	struct ipos_listen *row;

	row = rhashtable_lookup(&table->rows, &key, by_key);
	if (!row)
		return add(table, server, what, snapshot);
	row->snapshot = snapshot;
	if (same_process(&row->what, what) || (server == IPOS_HERE && !what->pid))
		return 0;
	return replace(table, row, what);
}

/**
 * ipos_listen_heard() - a snapshot names a socket
 * @table: the table
 * @server: whose: a row of the Server State Table, or IPOS_HERE
 * @what: the socket; one of this board without a process id keeps its process
 * @snapshot: of which it is part
 *
 * Any context.
 *
 * Return: 0, -ENOSPC the table or the board's share is full, -ENOMEM.
 */
int ipos_listen_heard(struct ipos_listen_table *table, __be32 server,
		      const struct ipos_listener *what, u32 snapshot)
{
	int err;

	spin_lock_bh(&table->lock);
	rcu_read_lock();
	err = hear(table, server, what, snapshot);
	rcu_read_unlock();
	spin_unlock_bh(&table->lock);
	return err;
}

/**
 * ipos_listen_own() - tell the process of a socket of this board
 * @table: the table
 * @what: the socket, and its process: none if the id is 0
 *
 * Nothing happens when the socket has no row. Any context.
 */
void ipos_listen_own(struct ipos_listen_table *table,
		     const struct ipos_listener *what)
{
	struct ipos_listen_key key = key_of(IPOS_HERE, what);
	struct ipos_listen *row;

	spin_lock_bh(&table->lock);
	rcu_read_lock();
	row = rhashtable_lookup(&table->rows, &key, by_key);
	if (row && !same_process(&row->what, what))
		replace(table, row, what);
	rcu_read_unlock();
	spin_unlock_bh(&table->lock);
}

static void remove(struct ipos_listen_table *table, struct board *board,
		   struct ipos_listen *row)
{
	uncount_port(table, board->server, &row->what);
	rhashtable_remove_fast(&table->rows, &row->node, by_key);
	list_del_rcu(&row->list);
	board->n--;
	if (is_startable(row))
		WRITE_ONCE(table->startable, table->startable - 1);
	ipos_bound_give(&table->bound);
	tell(table, row, false);
	kfree_rcu(row, rcu);
}

/**
 * ipos_listen_complete() - what was named by older snapshots only is gone
 * @table: the table
 * @server: whose: a row of the Server State Table, or IPOS_HERE
 * @snapshot: the one that is complete, compared as sequence numbers are
 *
 * Any context.
 */
void ipos_listen_complete(struct ipos_listen_table *table, __be32 server,
			  u32 snapshot)
{
	struct ipos_listen *row, *next;
	struct board *board;

	spin_lock_bh(&table->lock);
	rcu_read_lock();
	board = get_board(table, server);
	if (board) {
		list_for_each_entry_safe(row, next, &board->rows, list)
			if ((s32)(row->snapshot - snapshot) < 0)
				remove(table, board, row);
		WRITE_ONCE(board->known, true);
	}
	rcu_read_unlock();
	spin_unlock_bh(&table->lock);
}

/**
 * ipos_listen_forget() - a board is gone, or has begun anew
 * @table: the table
 * @server: Server IP, or IPOS_HERE
 *
 * Any context.
 */
void ipos_listen_forget(struct ipos_listen_table *table, __be32 server)
{
	struct ipos_listen *row, *next;
	struct board *board;

	spin_lock_bh(&table->lock);
	rcu_read_lock();
	board = board_of(table, server);
	if (board) {
		list_for_each_entry_safe(row, next, &board->rows, list)
			remove(table, board, row);
		rhashtable_remove_fast(&table->boards, &board->node,
				       by_server);
		kfree_rcu(board, rcu);
	}
	rcu_read_unlock();
	spin_unlock_bh(&table->lock);
}

/**
 * ipos_listen_each() - go through a board's sockets
 * @table: the table
 * @server: Server IP, or IPOS_HERE
 * @fn: called with each under RCU; must not sleep
 * @arg: handed to @fn
 *
 * Those there are all the time are visited, and once, but for one whose
 * process changes. Any context.
 */
void ipos_listen_each(struct ipos_listen_table *table, __be32 server,
		      void (*fn)(const struct ipos_listener *what, void *arg),
		      void *arg)
{
	const struct ipos_listen *row;
	struct board *board;

	rcu_read_lock();
	board = board_of(table, server);
	if (board)
		list_for_each_entry_rcu(row, &board->rows, list)
			fn(&row->what, arg);
	rcu_read_unlock();
}
