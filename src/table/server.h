/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The Server State Table: every other board of the cluster this board knows,
 * by Server IP and by MAC.
 */
#ifndef IPOS_TABLE_SERVER_H
#define IPOS_TABLE_SERVER_H

#include <linux/if_ether.h>
#include <linux/mutex.h>
#include <linux/netdevice.h>
#include <linux/refcount.h>
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

/**
 * struct ipos_server - one board
 * @by_ip: in the table, key @ip
 * @by_lladdr: in the table, key @lladdr
 * @list: in the table's list, RCU
 * @ip: Server IP
 * @lladdr: MAC on the fabric
 * @dead: the row was deleted; flows may still hold it
 * @leaving: the row is about to be deleted: nothing new either way
 * @state: enum ipos_server_state
 * @refs: the table's, and one per flow
 * @dev: fabric device that reaches it; NULL once that is gone; RCU
 * @dev_tracker: of the reference to @dev
 * @ifindex: of @dev, for showing
 * @told: its state, as it last advertised, or as was set by hand; each member
 *	is read and written by itself
 * @handoffs: endpoints of ours it holds now
 * @weight: as was set by hand, 0: as it told
 * @turn: when it is chosen among equals (engine/choice.c)
 * @rcu: freed after a grace period
 */
struct ipos_server {
	struct rhash_head	by_ip;
	struct rhash_head	by_lladdr;
	struct list_head	list;
	__be32			ip;
	u8			lladdr[ETH_ALEN];
	bool			dead;
	bool			leaving;
	u8			state;
	refcount_t		refs;
	struct net_device __rcu	*dev;
	netdevice_tracker	dev_tracker;
	int			ifindex;
	struct ipos_state	told;
	atomic_t		handoffs;
	u16			weight;
	atomic64_t		turn;
	struct rcu_head		rcu;
};

struct ipos_server_table {
	struct rhashtable	by_ip;
	struct rhashtable	by_lladdr;
	struct list_head	list;	/* for policies, RCU */
	struct ipos_bound	bound;
	struct mutex		mutex;	/* serializes add, delete, device loss */
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
struct ipos_server *ipos_server_get(struct ipos_server *server);
void ipos_server_put(struct ipos_server *server);

/* Whether the board can be given something new. RCU held. */
static inline bool ipos_server_usable(const struct ipos_server *server)
{
	return READ_ONCE(server->state) == IPOS_SERVER_UP &&
	       rcu_access_pointer(server->dev);
}

#endif /* IPOS_TABLE_SERVER_H */
