/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The Cookie Map: which board has a session, by the value of its cookie. Rows
 * are made by hand, learned from this board's applications, or heard of other
 * boards.
 */
#ifndef IPOS_TABLE_COOKIEMAP_H
#define IPOS_TABLE_COOKIEMAP_H

#include <linux/spinlock.h>
#include "inspect/cookieval.h"
#include "table/server.h"
#include "table/table.h"

/* What a board says of a cookie. */
enum ipos_cookiemap_claim {
	IPOS_COOKIEMAP_LEARNED,	/* its application has just given it out */
	IPOS_COOKIEMAP_KEPT,	/* it has it still */
};

/**
 * struct ipos_cookiemap_row - one row; but for @used and @asked it is as made
 * @node: in the table
 * @rcu: freed after a grace period
 * @server: the board it was heard of, referenced; NULL: this one, or by hand
 * @ip: its Server IP, or IPOS_HERE of a row that was learned here
 * @by_hand: it does not age, and no board can have it
 * @asked: it was looked up since its board was told so
 * @used: jiffies when it was looked up, or said anew
 * @len: of @text, bytes
 * @text: the Cookie ID
 */
struct ipos_cookiemap_row {
	struct rhash_head	node;
	struct rcu_head		rcu;
	struct ipos_server	*server;
	__be32			ip;
	bool			by_hand;
	bool			asked;
	u32			used;
	u8			len;
	char			text[];
};

/**
 * struct ipos_cookiemap - the map of one network namespace
 * @ht: rows by text
 * @bound: rows
 * @lock: serializes changes
 * @here: rows that were learned here
 */
struct ipos_cookiemap {
	struct rhashtable	ht;
	struct ipos_bound	bound;
	spinlock_t		lock;
	atomic_t		here;
};

int ipos_cookiemap_init(struct ipos_cookiemap *map);
void ipos_cookiemap_destroy(struct ipos_cookiemap *map);

int ipos_cookiemap_add(struct ipos_cookiemap *map, const char *text, u8 len,
		       __be32 ip);
int ipos_cookiemap_del(struct ipos_cookiemap *map, const char *text, u8 len);
int ipos_cookiemap_claim(struct ipos_cookiemap *map, const char *text, u8 len,
			 struct ipos_server *server,
			 enum ipos_cookiemap_claim claim);
struct ipos_cookiemap_row *ipos_cookiemap_peek(struct ipos_cookiemap *map,
					       const char *text, u8 len);
void ipos_cookiemap_remove(struct ipos_cookiemap *map,
			   struct ipos_cookiemap_row *row);
void ipos_cookiemap_expire(struct ipos_cookiemap *map, u32 s);

/* Whether it was learned here, and is this board's to tell of. */
static inline bool
ipos_cookiemap_is_here(const struct ipos_cookiemap_row *row)
{
	return !row->server && !row->by_hand;
}

/* Whoever has it is there, as far as is known. RCU held. */
static inline bool ipos_cookiemap_is_held(const struct ipos_cookiemap_row *row)
{
	return !row->server || !READ_ONCE(row->server->dead);
}

/* Writes only when a jiffy has passed. */
static inline void ipos_cookiemap_touch(struct ipos_cookiemap_row *row)
{
	u32 now = (u32)jiffies;

	if (READ_ONCE(row->used) != now)
		WRITE_ONCE(row->used, now);
}

#endif /* IPOS_TABLE_COOKIEMAP_H */
