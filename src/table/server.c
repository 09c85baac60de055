// SPDX-License-Identifier: GPL-2.0
#include <linux/slab.h>
#include "table/cookiename.h"
#include "table/server_row.h"

#define LIMIT 10000

static const struct rhashtable_params by_ip = {
	.key_len = sizeof(__be32),
	.key_offset = offsetof(struct ipos_server, ip),
	.head_offset = offsetof(struct ipos_server, by_ip),
	.automatic_shrinking = true,
};

/* Each frame's look-up: inlined, comparison included. */
static int compare_lladdr(struct rhashtable_compare_arg *arg, const void *obj)
{
	const struct ipos_lladdr *lladdr = obj;

	return !ether_addr_equal(arg->key, lladdr->lladdr);
}

static const struct rhashtable_params by_lladdr = {
	.key_len = ETH_ALEN,
	.key_offset = offsetof(struct ipos_lladdr, lladdr),
	.head_offset = offsetof(struct ipos_lladdr, node),
	.obj_cmpfn = compare_lladdr,
	.automatic_shrinking = true,
};

/**
 * ipos_server_table_init() - make an empty Server State Table
 * @table: zeroed memory
 *
 * Return: 0 or -ENOMEM. Process context.
 */
int ipos_server_table_init(struct ipos_server_table *table)
{
	int err;

	err = rhashtable_init(&table->by_ip, &by_ip);
	if (err)
		return err;
	err = rhashtable_init(&table->by_lladdr, &by_lladdr);
	if (err) {
		rhashtable_destroy(&table->by_ip);
		return err;
	}
	INIT_LIST_HEAD(&table->list);
	ipos_bound_init(&table->bound, LIMIT);
	spin_lock_init(&table->lock);
	spin_lock_init(&table->hearing);
	return 0;
}

/* Out of the table already; flows may hold it, but reach nobody by it. */
static void bury(struct ipos_server *server)
{
	WRITE_ONCE(server->dead, true);
	RCU_INIT_POINTER(server->lladdr, NULL);
	ipos_server_row_drop(server);
	ipos_server_put(server);
}

static void drop_lladdr(struct ipos_server_table *table,
			struct ipos_lladdr *lladdr)
{
	rhashtable_remove_fast(&table->by_lladdr, &lladdr->node, by_lladdr);
	kfree_rcu(lladdr, rcu);
}

static void unlink_server(struct ipos_server_table *table,
			  struct ipos_server *server)
{
	rhashtable_remove_fast(&table->by_ip, &server->by_ip, by_ip);
	drop_lladdr(table, ipos_server_row_lladdr(server));
	list_del_rcu(&server->list);
	ipos_bound_give(&table->bound);
	if (table->forgotten)
		table->forgotten(table, server->ip);
	bury(server);
}

/* Those behind a device; NULL: all. */
static void unlink_behind(struct ipos_server_table *table,
			  const struct net_device *dev)
{
	struct ipos_server *server, *next;

	spin_lock_bh(&table->lock);
	list_for_each_entry_safe(server, next, &table->list, list)
		if (!dev || rcu_access_pointer(server->dev) == dev)
			unlink_server(table, server);
	spin_unlock_bh(&table->lock);
}

/**
 * ipos_server_table_destroy() - empty the table and free it
 * @table: no packet and no flow uses it any more
 *
 * Process context.
 */
void ipos_server_table_destroy(struct ipos_server_table *table)
{
	table->forgotten = NULL;
	unlink_behind(table, NULL);
	rhashtable_destroy(&table->by_lladdr);
	rhashtable_destroy(&table->by_ip);
}

static int link_server(struct ipos_server_table *table,
		       struct ipos_server *server)
{
	int err;

	if (!ipos_bound_take(&table->bound))
		return -ENOSPC;
	err = rhashtable_lookup_insert_fast(&table->by_ip, &server->by_ip,
					    by_ip);
	if (err)
		goto give;
	err = rhashtable_lookup_insert_fast(&table->by_lladdr,
					    &ipos_server_row_lladdr(server)->node,
					    by_lladdr);
	if (err)
		goto remove;
	list_add_tail_rcu(&server->list, &table->list);
	return 0;
remove:
	rhashtable_remove_fast(&table->by_ip, &server->by_ip, by_ip);
	if (err == -EEXIST)
		err = -EADDRINUSE;
give:
	ipos_bound_give(&table->bound);
	return err;
}

/* The row is the table's, or is freed: a reader may have seen it already. */
static int insert(struct ipos_server_table *table, struct ipos_server *server,
		  struct net_device *dev)
{
	int err;

	ipos_server_row_hold(server, dev);
	spin_lock_bh(&table->lock);
	err = link_server(table, server);
	spin_unlock_bh(&table->lock);
	if (err) {
		kfree_rcu(ipos_server_row_lladdr(server), rcu);
		bury(server);
	}
	return err;
}

/**
 * ipos_server_add() - a row made by hand
 * @table: the table
 * @ip: Server IP, network byte order
 * @lladdr: its MAC on the fabric, six bytes
 * @dev: fabric device that reaches it; a reference is taken
 *
 * Process context; the caller keeps @dev registered until this returns (RTNL).
 *
 * Return: 0, -EEXIST the Server IP has a row, -EADDRINUSE the MAC has one,
 * -ENOSPC the table is full, -ENOMEM.
 */
int ipos_server_add(struct ipos_server_table *table, __be32 ip,
		    const u8 *lladdr, struct net_device *dev)
{
	struct ipos_server *server = ipos_server_row_new(ip, lladdr, GFP_KERNEL);

	if (!server)
		return -ENOMEM;
	return insert(table, server, dev);
}

/**
 * ipos_server_learn() - a row made by what a board says of itself
 * @table: the table
 * @ip: Server IP, network byte order
 * @lladdr: its MAC on the fabric, six bytes
 * @dev: fabric device that reaches it; a reference is taken
 *
 * Softirq or bottom halves off, RCU held; the caller sees to it that @dev does
 * not go meanwhile.
 *
 * Return: the row, borrowed under RCU, or an ERR_PTR() as ipos_server_add().
 */
struct ipos_server *ipos_server_learn(struct ipos_server_table *table,
				      __be32 ip, const u8 *lladdr,
				      struct net_device *dev)
{
	struct ipos_server *server = ipos_server_row_new(ip, lladdr, GFP_ATOMIC);
	int err;

	if (!server)
		return ERR_PTR(-ENOMEM);
	server->learned = true;
	err = insert(table, server, dev);
	return err ? ERR_PTR(err) : server;
}

/**
 * ipos_server_move() - a board has another MAC, or is behind another device
 * @table: the table
 * @server: its row, borrowed under RCU
 * @lladdr: the new MAC, six bytes; one that no other row has
 * @dev: the device; a reference is taken
 *
 * Whoever has the row, its flows, sends there from now on: to the old or the
 * new place, never to one made of both. Context as of ipos_server_learn().
 *
 * Return: 0, -ENOENT the row is deleted, -EADDRINUSE another row has the MAC,
 * -ENOMEM.
 */
int ipos_server_move(struct ipos_server_table *table,
		     struct ipos_server *server, const u8 *lladdr,
		     struct net_device *dev)
{
	struct ipos_lladdr *new = ipos_server_row_new_lladdr(server, lladdr, GFP_ATOMIC);
	struct ipos_lladdr *old;
	int err = -ENOENT;

	if (!new)
		return -ENOMEM;
	spin_lock_bh(&table->lock);
	old = ipos_server_row_lladdr(server);
	if (!old)
		goto unlock;
	err = 0;
	if (ether_addr_equal(old->lladdr, lladdr)) {
		kfree(new);
	} else {
		err = rhashtable_lookup_insert_fast(&table->by_lladdr,
						    &new->node, by_lladdr);
		if (err)
			goto unlock;
		rcu_assign_pointer(server->lladdr, new);
		drop_lladdr(table, old);
	}
	if (rcu_access_pointer(server->dev) != dev) {
		ipos_server_row_drop(server);
		ipos_server_row_hold(server, dev);
	}
unlock:
	spin_unlock_bh(&table->lock);
	if (err)
		kfree(new);
	return err == -EEXIST ? -EADDRINUSE : err;
}

/* What is the operator's, and not the board's, lives on. */
static void inherit(struct ipos_server *new, const struct ipos_server *old)
{
	new->learned = old->learned;
	new->leaving = READ_ONCE(old->leaving);
	new->state = READ_ONCE(old->state);
	new->weight = READ_ONCE(old->weight);
	new->heard = old->heard;
}

static int replace(struct ipos_server_table *table, struct ipos_server *old,
		   struct ipos_server *new)
{
	struct ipos_lladdr *where = ipos_server_row_lladdr(old);
	int err;

	if (!where)
		return -ENOENT;
	inherit(new, old);
	RCU_INIT_POINTER(new->lladdr, where);
	ipos_server_row_hold(new, rcu_dereference_protected(old->dev, 1));
	err = rhashtable_replace_fast(&table->by_ip, &old->by_ip, &new->by_ip,
				      by_ip);
	if (err) {
		ipos_server_row_drop(new);
		return err;
	}
	list_replace_rcu(&old->list, &new->list);
	rcu_assign_pointer(where->server, new);
	bury(old);
	return 0;
}

/**
 * ipos_server_replace() - a board has begun another life
 * @table: the table
 * @server: its row, borrowed under RCU
 *
 * The new row has the place and the settings of the old one, which is dead and
 * stays with its flows. There is no moment without a row. Context as of
 * ipos_server_learn().
 *
 * Return: the new row, borrowed under RCU, or NULL: no memory, or the old one
 * was deleted meanwhile.
 */
struct ipos_server *ipos_server_replace(struct ipos_server_table *table,
					struct ipos_server *server)
{
	struct ipos_server *new = kzalloc(sizeof(*new), GFP_ATOMIC);
	int err;

	if (!new)
		return NULL;
	new->ip = server->ip;
	INIT_LIST_HEAD(&new->names);
	refcount_set(&new->refs, 1);
	spin_lock_bh(&table->lock);
	err = replace(table, server, new);
	spin_unlock_bh(&table->lock);
	if (!err)
		return new;
	kfree(new);
	return NULL;
}

/**
 * ipos_server_forget() - delete a row that no flow holds
 * @table: the table
 * @server: the row, borrowed under RCU
 *
 * Return: whether it was deleted. Any context.
 */
bool ipos_server_forget(struct ipos_server_table *table,
			struct ipos_server *server)
{
	bool idle;

	spin_lock_bh(&table->lock);
	/* Who takes a reference now finds it dead. */
	idle = !server->dead && refcount_read(&server->refs) ==
				1 + atomic_read(&server->cookies);
	if (idle)
		unlink_server(table, server);
	spin_unlock_bh(&table->lock);
	return idle;
}

/**
 * ipos_server_leave() - begin nothing new with a board
 * @table: the table
 * @ip: its Server IP, network byte order
 *
 * After a grace period nobody binds a flow to it. Process context.
 *
 * Return: 0 or -ENOENT.
 */
int ipos_server_leave(struct ipos_server_table *table, __be32 ip)
{
	struct ipos_server *server;

	rcu_read_lock();
	server = rhashtable_lookup(&table->by_ip, &ip, by_ip);
	if (server)
		WRITE_ONCE(server->leaving, true);
	rcu_read_unlock();
	return server ? 0 : -ENOENT;
}

/**
 * ipos_server_del() - forget a board
 * @table: the table
 * @ip: its Server IP, network byte order
 *
 * Its flows keep the row, without a device, until they end. Process context.
 *
 * Return: 0 or -ENOENT.
 */
int ipos_server_del(struct ipos_server_table *table, __be32 ip)
{
	struct ipos_server *server;
	int err = -ENOENT;

	spin_lock_bh(&table->lock);
	rcu_read_lock();
	server = rhashtable_lookup(&table->by_ip, &ip, by_ip);
	rcu_read_unlock();
	if (server) {
		unlink_server(table, server);
		err = 0;
	}
	spin_unlock_bh(&table->lock);
	return err;
}

/**
 * ipos_server_dev_leave() - ipos_server_leave() for all behind a device
 * @table: the table
 * @dev: the device
 *
 * Process context.
 *
 * Return: whether there is any.
 */
bool ipos_server_dev_leave(struct ipos_server_table *table,
			   struct net_device *dev)
{
	struct ipos_server *server;
	bool any = false;

	spin_lock_bh(&table->lock);
	list_for_each_entry(server, &table->list, list) {
		if (rcu_access_pointer(server->dev) != dev)
			continue;
		WRITE_ONCE(server->leaving, true);
		any = true;
	}
	spin_unlock_bh(&table->lock);
	return any;
}

/**
 * ipos_server_dev_gone() - a fabric device leaves: so do the rows behind it
 * @table: the table
 * @dev: the device
 *
 * Process context.
 */
void ipos_server_dev_gone(struct ipos_server_table *table,
			  struct net_device *dev)
{
	if (dev)
		unlink_behind(table, dev);
}

/**
 * ipos_server_peek() - the row of a Server IP
 * @table: the table
 * @ip: network byte order
 *
 * Return: the row, borrowed under RCU, or NULL. Any context.
 */
struct ipos_server *ipos_server_peek(struct ipos_server_table *table,
				     __be32 ip)
{
	return rhashtable_lookup(&table->by_ip, &ip, by_ip);
}

/**
 * ipos_server_peek_lladdr() - the row of a MAC
 * @table: the table
 * @lladdr: six bytes
 *
 * Return: the row, borrowed under RCU, or NULL. Any context.
 */
struct ipos_server *ipos_server_peek_lladdr(struct ipos_server_table *table,
					    const u8 *lladdr)
{
	const struct ipos_lladdr *found;

	found = rhashtable_lookup(&table->by_lladdr, lladdr, by_lladdr);
	return found ? rcu_dereference(found->server) : NULL;
}

/**
 * ipos_server_get() - keep a borrowed row
 * @server: the row, borrowed under RCU
 *
 * Return: @server with a reference, or NULL when it is being freed.
 */
struct ipos_server *ipos_server_get(struct ipos_server *server)
{
	return refcount_inc_not_zero(&server->refs) ? server : NULL;
}

static void free_server(struct rcu_head *rcu)
{
	struct ipos_server *server = container_of(rcu, struct ipos_server, rcu);
	struct ipos_cookiename *name, *next;

	list_for_each_entry_safe(name, next, &server->names, list)
		kfree(name);
	kfree(server);
}

/**
 * ipos_server_put() - give a reference back
 * @server: the row, or NULL
 *
 * Any context.
 */
void ipos_server_put(struct ipos_server *server)
{
	if (server && refcount_dec_and_test(&server->refs))
		call_rcu(&server->rcu, free_server);
}
