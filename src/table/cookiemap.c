// SPDX-License-Identifier: GPL-2.0
#include <linux/jhash.h>
#include <linux/slab.h>
#include "table/cookiemap.h"
#include "table/listen.h"

#define LIMIT 262144

struct text {
	const char *bytes;
	u8 len;
};

static u32 hash_text(const void *data, u32 len, u32 seed)
{
	const struct text *text = data;

	return jhash(text->bytes, text->len, seed);
}

static u32 hash_row(const void *data, u32 len, u32 seed)
{
	const struct ipos_cookiemap_row *row = data;

	return jhash(row->text, row->len, seed);
}

static int compare(struct rhashtable_compare_arg *arg, const void *obj)
{
	const struct ipos_cookiemap_row *row = obj;
	const struct text *text = arg->key;

	return row->len != text->len || memcmp(row->text, text->bytes, row->len);
}

static const struct rhashtable_params params = {
	.head_offset = offsetof(struct ipos_cookiemap_row, node),
	.key_len = sizeof(struct text),
	.hashfn = hash_text,
	.obj_hashfn = hash_row,
	.obj_cmpfn = compare,
	.automatic_shrinking = true,
};

/**
 * ipos_cookiemap_init() - make an empty Cookie Map
 * @map: zeroed memory
 *
 * Return: 0 or -ENOMEM. Process context.
 */
int ipos_cookiemap_init(struct ipos_cookiemap *map)
{
	ipos_bound_init(&map->bound, LIMIT);
	spin_lock_init(&map->lock);
	return rhashtable_init(&map->ht, &params);
}

static void free_each(void *obj, void *arg)
{
	struct ipos_cookiemap_row *row = obj;

	ipos_server_put(row->server);
	kfree(row);
}

/**
 * ipos_cookiemap_destroy() - empty the map and free it
 * @map: nobody looks anything up in it any more
 *
 * Process context.
 */
void ipos_cookiemap_destroy(struct ipos_cookiemap *map)
{
	rhashtable_free_and_destroy(&map->ht, free_each, NULL);
}

/* One board cannot fill what is everybody's. @old: gives its place. */
static bool take_place(struct ipos_cookiemap *map,
		       const struct ipos_cookiemap_row *old,
		       const struct ipos_server *server)
{
	u32 most = READ_ONCE(map->bound.limit) / 2;

	if (server && atomic_read(&server->cookies) >= most)
		return false;
	return old || ipos_bound_take(&map->bound);
}

static void count_row(struct ipos_cookiemap *map,
		      const struct ipos_cookiemap_row *row, int change)
{
	if (row->server)
		atomic_add(change, &row->server->cookies);
	else if (!row->by_hand)
		atomic_add(change, &map->here);
}

static struct ipos_cookiemap_row *make(const char *text, u8 len,
				       struct ipos_server *server, gfp_t gfp)
{
	struct ipos_cookiemap_row *row;

	row = kzalloc(struct_size(row, text, len), gfp);
	if (!row)
		return NULL;
	if (server && !ipos_server_get(server)) {
		kfree(row);
		return NULL;
	}
	row->server = server;
	row->ip = server ? server->ip : IPOS_HERE;
	row->used = (u32)jiffies;
	row->len = len;
	memcpy(row->text, text, len);
	return row;
}

/* Counted no more before its board is put: see ipos_server_forget(). */
static void drop(struct ipos_cookiemap *map, struct ipos_cookiemap_row *row)
{
	count_row(map, row, -1);
	ipos_server_put(row->server);
	kfree_rcu(row, rcu);
}

/* @old, if there is one, gives its place. On an error @row is the caller's. */
static int put_in(struct ipos_cookiemap *map, struct ipos_cookiemap_row *old,
		  struct ipos_cookiemap_row *row)
{
	int err;

	if (!take_place(map, old, row->server))
		return -ENOSPC;
	if (old)
		err = rhashtable_replace_fast(&map->ht, &old->node, &row->node,
					      params);
	else
		err = rhashtable_insert_fast(&map->ht, &row->node, params);
	if (err) {
		if (!old)
			ipos_bound_give(&map->bound);
		return -ENOMEM;
	}
	count_row(map, row, 1);
	if (old)
		drop(map, old);
	return 0;
}

static int put_new(struct ipos_cookiemap *map, struct ipos_cookiemap_row *old,
		   struct ipos_cookiemap_row *row)
{
	int err = row ? put_in(map, old, row) : -ENOMEM;

	if (err && row) {
		ipos_server_put(row->server);
		kfree(row);
	}
	return err;
}

/**
 * ipos_cookiemap_peek() - the row of a cookie
 * @map: the map
 * @text: its value
 * @len: of @text, bytes
 *
 * Return: the row, borrowed under RCU, or NULL. Any context.
 */
struct ipos_cookiemap_row *ipos_cookiemap_peek(struct ipos_cookiemap *map,
					       const char *text, u8 len)
{
	struct text key = { .bytes = text, .len = len };

	if (!ipos_bound_count(&map->bound))
		return NULL;
	return rhashtable_lookup(&map->ht, &key, params);
}

/**
 * ipos_cookiemap_add() - say by hand which board has a session
 * @map: the map
 * @text: the cookie's value; ipos_cookieval_is_id()
 * @len: of @text, bytes
 * @ip: Server IP of the board, network byte order
 *
 * Takes the place of a row that was learned. Process context.
 *
 * Return: 0, -EEXIST there is one made by hand, -ENOSPC the map is full,
 * -ENOMEM.
 */
int ipos_cookiemap_add(struct ipos_cookiemap *map, const char *text, u8 len,
		       __be32 ip)
{
	struct ipos_cookiemap_row *old, *row;
	int err = -EEXIST;

	row = make(text, len, NULL, GFP_KERNEL);
	if (!row)
		return -ENOMEM;
	row->by_hand = true;
	row->ip = ip;
	rcu_read_lock();
	spin_lock_bh(&map->lock);
	old = ipos_cookiemap_peek(map, text, len);
	if (!old || !old->by_hand)
		err = put_in(map, old, row);
	spin_unlock_bh(&map->lock);
	rcu_read_unlock();
	if (err)
		kfree(row);
	return err;
}

static int claim_locked(struct ipos_cookiemap *map, const char *text, u8 len,
			struct ipos_server *server,
			enum ipos_cookiemap_claim claim)
{
	struct ipos_cookiemap_row *old = ipos_cookiemap_peek(map, text, len);

	if (old && old->by_hand)
		return -EEXIST;
	if (old && old->server == server) {
		ipos_cookiemap_touch(old);
		return 0;
	}
	if (old && claim == IPOS_COOKIEMAP_KEPT && ipos_cookiemap_is_held(old))
		return -EBUSY;
	return put_new(map, old, make(text, len, server, GFP_ATOMIC)) ?: 1;
}

/**
 * ipos_cookiemap_claim() - a board says that it has a session
 * @map: the map
 * @text: the cookie's value; ipos_cookieval_is_id()
 * @len: of @text, bytes
 * @server: the board, borrowed under RCU; NULL: this one
 * @claim: what it says
 *
 * The last one to give a cookie out has it. Who only repeats that he has it
 * does not take it from another one, or two boards that once had the same
 * would take it from each other for ever. RCU held, any context.
 *
 * Return: 1 the row is new, 0 it was there, -EEXIST there is one made by hand,
 * -EBUSY another board has it, -ENOSPC the map is full, or half full of this
 * board, -ENOMEM.
 */
int ipos_cookiemap_claim(struct ipos_cookiemap *map, const char *text, u8 len,
			 struct ipos_server *server,
			 enum ipos_cookiemap_claim claim)
{
	int err;

	spin_lock_bh(&map->lock);
	err = claim_locked(map, text, len, server, claim);
	spin_unlock_bh(&map->lock);
	return err;
}

static int remove_locked(struct ipos_cookiemap *map,
			 struct ipos_cookiemap_row *row)
{
	int err = rhashtable_remove_fast(&map->ht, &row->node, params);

	if (!err) {
		ipos_bound_give(&map->bound);
		drop(map, row);
	}
	return err;
}

/**
 * ipos_cookiemap_remove() - take a row out, if it is still in
 * @map: the map
 * @row: borrowed under RCU
 *
 * Any context.
 */
void ipos_cookiemap_remove(struct ipos_cookiemap *map,
			   struct ipos_cookiemap_row *row)
{
	spin_lock_bh(&map->lock);
	remove_locked(map, row);
	spin_unlock_bh(&map->lock);
}

/**
 * ipos_cookiemap_del() - take a row out, however it was made
 * @map: the map
 * @text: the cookie's value
 * @len: of @text, bytes
 *
 * Process context.
 *
 * Return: 0 or -ENOENT.
 */
int ipos_cookiemap_del(struct ipos_cookiemap *map, const char *text, u8 len)
{
	struct ipos_cookiemap_row *row;
	int err = -ENOENT;

	rcu_read_lock();
	spin_lock_bh(&map->lock);
	row = ipos_cookiemap_peek(map, text, len);
	if (row)
		err = remove_locked(map, row);
	spin_unlock_bh(&map->lock);
	rcu_read_unlock();
	return err;
}

struct expiry {
	struct ipos_cookiemap *map;
	u32 life;
};

static bool expire_each(void *obj, void *arg)
{
	struct ipos_cookiemap_row *row = obj;
	const struct expiry *expiry = arg;

	if (row->by_hand)
		return true;
	if (!ipos_cookiemap_is_held(row) ||
	    (u32)jiffies - READ_ONCE(row->used) >= expiry->life)
		ipos_cookiemap_remove(expiry->map, row);
	return true;
}

/**
 * ipos_cookiemap_expire() - forget what is not used, and whose board is gone
 * @map: the map
 * @s: seconds without use
 *
 * A board is gone when its row of the Server State Table is: it was deleted,
 * or has begun another life, which knows nothing of this one's sessions.
 * Process context.
 */
void ipos_cookiemap_expire(struct ipos_cookiemap *map, u32 s)
{
	struct expiry expiry = { .map = map, .life = s * HZ };

	if (ipos_bound_count(&map->bound))
		ipos_table_walk(&map->ht, expire_each, &expiry);
}
