/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The Server State Table: every other board of the cluster this board knows,
 * by Server IP and by MAC.
 */
#ifndef IPOS_TABLE_SERVER_H
#define IPOS_TABLE_SERVER_H

#include <linux/bitmap.h>
#include <linux/etherdevice.h>
#include <linux/jiffies.h>
#include <linux/netdevice.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include "table/table.h"
#include "wire/advert.h"

/* Of a board that told none, and the highest. */
#define IPOS_WEIGHT	100
#define IPOS_WEIGHT_MAX	10000

enum ipos_server_state {
	IPOS_SERVER_UP,
	IPOS_SERVER_DRAIN,	/* keeps what it has, gets nothing new */
	IPOS_SERVER_DOWN,
};

/* How a board is known to be there. */
enum ipos_server_presence {
	IPOS_SERVER_UNHEARD,	/* made by hand, never heard: counts as fresh */
	IPOS_SERVER_FRESH,
	IPOS_SERVER_STALE,	/* silent for three of its intervals */
	IPOS_SERVER_GONE,	/* silent for ten */
	IPOS_SERVER_LEFT,	/* it said so itself */
};

#define IPOS_SERVER_STALE_INTERVALS	3
#define IPOS_SERVER_GONE_INTERVALS	10
/* Former epochs of a board that are remembered. */
#define IPOS_SERVER_FORMER		4

/**
 * struct ipos_heard - what a board's advertisements have said last
 * @epoch: of this life of the board, 0 = never heard
 * @former: of its lives before, any order, 0 = none
 * @at: jiffies when one came last
 * @snapshot: its number
 * @parts: of how many it is
 * @n_got: how many of these have come
 * @interval_ms: of its advertisements
 * @flags: IPOS_ADVERT_*
 * @presence: enum ipos_server_presence
 * @got: which parts, from bit 0
 */
struct ipos_heard {
	u64		epoch;
	u64		former[IPOS_SERVER_FORMER];
	unsigned long	at;
	u32		snapshot;
	u16		parts;
	u16		n_got;
	u16		interval_ms;
	u16		flags;
	u8		presence;
	DECLARE_BITMAP(got, IPOS_ADVERT_PARTS);
};

struct ipos_server;

/**
 * struct ipos_lladdr - a MAC that belongs to a row
 * @node: in the table, key @lladdr
 * @lladdr: MAC on the fabric; never changed: a row that moves gets another
 * @server: whose; RCU
 * @rcu: freed after a grace period
 */
struct ipos_lladdr {
	struct rhash_head		node;
	u8				lladdr[ETH_ALEN];
	struct ipos_server __rcu	*server;
	struct rcu_head			rcu;
};

/**
 * struct ipos_server - one board
 * @by_ip: in the table, key @ip
 * @list: in the table's list, RCU
 * @ip: Server IP
 * @lladdr: where it is; NULL once the row was deleted; RCU
 * @dead: the row was deleted, or the board has begun another life and another
 *	row; flows may still hold it
 * @leaving: the row is about to be deleted: nothing new either way
 * @learned: made by an advertisement, not by hand
 * @state: enum ipos_server_state
 * @refs: the table's, and one per flow
 * @dev: fabric device that reaches it; NULL once that is gone; RCU
 * @dev_tracker: of the reference to @dev
 * @ifindex: of @dev, for showing
 * @told: its state, as it last advertised, or as was set by hand; each member
 *	is read and written by itself
 * @heard: what else it advertised; changed under the table's @hearing
 * @handoffs: endpoints of ours it holds now
 * @cookies: rows of the Cookie Map that it was heard of with; each has a
 *	reference
 * @names: of its services' cookies, struct ipos_cookiename; changed under the
 *	table's @hearing, RCU
 * @n_names: how many
 * @map_number: the highest of its map updates, under the table's @hearing, too
 * @map_seen: bit i: the update that is i below it has come; 0: none has
 * @weight: as was set by hand, 0: as it told
 * @turn: when it is chosen among equals (engine/choice.c)
 * @handoffs_then: of these, as @told was heard; 0 while it never was
 * @rcu: freed after a grace period
 */
struct ipos_server {
	struct rhash_head	by_ip;
	struct list_head	list;
	__be32			ip;
	struct ipos_lladdr __rcu *lladdr;
	bool			dead;
	bool			leaving;
	bool			learned;
	u8			state;
	refcount_t		refs;
	struct net_device __rcu	*dev;
	netdevice_tracker	dev_tracker;
	int			ifindex;
	struct ipos_state	told;
	struct ipos_heard	heard;
	atomic_t		handoffs;
	atomic_t		cookies;
	struct list_head	names;
	u32			n_names;
	u32			map_number;
	u64			map_seen;
	u16			weight;
	atomic64_t		turn;
	int			handoffs_then;
	struct rcu_head		rcu;
};

/**
 * struct ipos_server_table - of one network namespace
 * @by_ip: struct ipos_server
 * @by_lladdr: struct ipos_lladdr
 * @list: struct ipos_server, for policies, RCU
 * @bound: rows
 * @lock: serializes add, delete, move, replace, device loss
 * @forgotten: told of each board whose row is deleted, under @lock; may be
 *	NULL; must not sleep, nor use the table
 * @hearing: serializes what advertisements say, and their ageing; @lock is
 *	inside it
 */
struct ipos_server_table {
	struct rhashtable	by_ip;
	struct rhashtable	by_lladdr;
	struct list_head	list;
	struct ipos_bound	bound;
	spinlock_t		lock;
	spinlock_t		hearing;
	void (*forgotten)(struct ipos_server_table *table, __be32 ip);
};

int ipos_server_table_init(struct ipos_server_table *table);
void ipos_server_table_destroy(struct ipos_server_table *table);

int ipos_server_add(struct ipos_server_table *table, __be32 ip,
		    const u8 *lladdr, struct net_device *dev);
int ipos_server_leave(struct ipos_server_table *table, __be32 ip);
bool ipos_server_dev_leave(struct ipos_server_table *table,
			   struct net_device *dev);
int ipos_server_del(struct ipos_server_table *table, __be32 ip);
void ipos_server_dev_gone(struct ipos_server_table *table,
			  struct net_device *dev);

struct ipos_server *ipos_server_peek(struct ipos_server_table *table,
				     __be32 ip);
struct ipos_server *ipos_server_peek_lladdr(struct ipos_server_table *table,
					    const u8 *lladdr);
bool ipos_server_some(struct ipos_server_table *table,
		      bool (*fn)(struct ipos_server *server, void *arg),
		      void *arg);
struct ipos_server *ipos_server_get(struct ipos_server *server);
void ipos_server_put(struct ipos_server *server);

struct ipos_server *ipos_server_learn(struct ipos_server_table *table,
				      __be32 ip, const u8 *lladdr,
				      struct net_device *dev);
int ipos_server_move(struct ipos_server_table *table,
		     struct ipos_server *server, const u8 *lladdr,
		     struct net_device *dev);
struct ipos_server *ipos_server_replace(struct ipos_server_table *table,
					struct ipos_server *server);
bool ipos_server_forget(struct ipos_server_table *table,
			struct ipos_server *server);

/* Whose MAC it is, if that board is behind this device. RCU held. */
static inline struct ipos_server *
ipos_server_sender(struct ipos_server_table *table,
		   const struct net_device *dev, const u8 *lladdr)
{
	struct ipos_server *server = ipos_server_peek_lladdr(table, lladdr);

	return server && rcu_access_pointer(server->dev) == dev ? server : NULL;
}

/* Copies the MAC; false when the row was deleted. RCU held. */
static inline bool ipos_server_lladdr(const struct ipos_server *server, u8 *to)
{
	const struct ipos_lladdr *from = rcu_dereference(server->lladdr);

	if (from)
		ether_addr_copy(to, from->lladdr);
	return from;
}

/* Whether it was silent for no longer than some of its own intervals. */
static inline bool ipos_server_within(const struct ipos_server *server,
				      unsigned int intervals)
{
	u32 ms = READ_ONCE(server->heard.interval_ms) * intervals;

	return time_before_eq(jiffies, READ_ONCE(server->heard.at) +
				       msecs_to_jiffies(ms));
}

/* Whether the board is there, for all this one can know. Any context. */
static inline bool ipos_server_fresh(const struct ipos_server *server)
{
	u8 presence = READ_ONCE(server->heard.presence);

	return presence == IPOS_SERVER_UNHEARD ||
	       (presence == IPOS_SERVER_FRESH &&
		ipos_server_within(server, IPOS_SERVER_STALE_INTERVALS));
}

/* Whether the board is there, and takes what it is given. RCU held. */
static inline bool ipos_server_open(const struct ipos_server *server)
{
	return rcu_access_pointer(server->dev) &&
	       !(READ_ONCE(server->heard.flags) &
		 (IPOS_ADVERT_DRAINING | IPOS_ADVERT_LEAVING)) &&
	       ipos_server_fresh(server);
}

/* Whether the board can be given something new. RCU held. */
static inline bool ipos_server_usable(const struct ipos_server *server)
{
	return READ_ONCE(server->state) == IPOS_SERVER_UP &&
	       ipos_server_open(server);
}

#endif /* IPOS_TABLE_SERVER_H */
