// SPDX-License-Identifier: GPL-2.0
#include <linux/etherdevice.h>
#include <linux/slab.h>
#include "table/server.h"

#define LIMIT 10000

static const struct rhashtable_params by_ip = {
	.key_len = sizeof(__be32),
	.key_offset = offsetof(struct ipos_server, ip),
	.head_offset = offsetof(struct ipos_server, by_ip),
	.automatic_shrinking = true,
};

static const struct rhashtable_params by_lladdr = {
	.key_len = ETH_ALEN,
	.key_offset = offsetof(struct ipos_server, lladdr),
	.head_offset = offsetof(struct ipos_server, by_lladdr),
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
	mutex_init(&table->mutex);
	return 0;
}

static void drop_dev(struct ipos_server *server)
{
	struct net_device *dev = rcu_dereference_protected(server->dev, 1);

	RCU_INIT_POINTER(server->dev, NULL);
	netdev_put(dev, &server->dev_tracker);
}

static void unlink_server(struct ipos_server_table *table,
			  struct ipos_server *server)
{
	rhashtable_remove_fast(&table->by_ip, &server->by_ip, by_ip);
	rhashtable_remove_fast(&table->by_lladdr, &server->by_lladdr,
			       by_lladdr);
	list_del_rcu(&server->list);
	ipos_bound_give(&table->bound);
	WRITE_ONCE(server->dead, true);
	drop_dev(server);
	ipos_server_put(server);
}

static bool unlink_each(void *obj, void *arg)
{
	unlink_server(arg, obj);
	return true;
}

/**
 * ipos_server_table_destroy() - empty the table and free it
 * @table: no packet and no flow uses it any more
 *
 * Process context.
 */
void ipos_server_table_destroy(struct ipos_server_table *table)
{
	mutex_lock(&table->mutex);
	ipos_table_walk(&table->by_ip, unlink_each, table);
	mutex_unlock(&table->mutex);
	rhashtable_destroy(&table->by_lladdr);
	rhashtable_destroy(&table->by_ip);
	mutex_destroy(&table->mutex);
}

static struct ipos_server *alloc_server(__be32 ip, const u8 *lladdr,
					struct net_device *dev)
{
	struct ipos_server *server = kzalloc(sizeof(*server), GFP_KERNEL);

	if (!server)
		return NULL;
	server->ip = ip;
	ether_addr_copy(server->lladdr, lladdr);
	refcount_set(&server->refs, 1);
	netdev_hold(dev, &server->dev_tracker, GFP_KERNEL);
	RCU_INIT_POINTER(server->dev, dev);
	server->ifindex = dev->ifindex;
	return server;
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
					    &server->by_lladdr, by_lladdr);
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
	struct ipos_server *server = alloc_server(ip, lladdr, dev);
	int err;

	if (!server)
		return -ENOMEM;
	mutex_lock(&table->mutex);
	err = link_server(table, server);
	mutex_unlock(&table->mutex);
	if (err) {
		drop_dev(server);
		ipos_server_put(server);
	}
	return err;
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

	mutex_lock(&table->mutex);
	rcu_read_lock();
	server = rhashtable_lookup(&table->by_ip, &ip, by_ip);
	rcu_read_unlock();
	if (server) {
		unlink_server(table, server);
		err = 0;
	}
	mutex_unlock(&table->mutex);
	return err;
}

struct gone {
	struct ipos_server_table *table;
	struct net_device *dev;
};

static bool unlink_if_gone(void *obj, void *arg)
{
	struct ipos_server *server = obj;
	struct gone *gone = arg;

	if (rcu_access_pointer(server->dev) == gone->dev)
		unlink_server(gone->table, server);
	return true;
}

struct leaving {
	const struct net_device *dev;
	bool any;
};

static bool leave_if_behind(void *obj, void *arg)
{
	struct ipos_server *server = obj;
	struct leaving *leaving = arg;

	if (rcu_access_pointer(server->dev) != leaving->dev)
		return true;
	WRITE_ONCE(server->leaving, true);
	leaving->any = true;
	return true;
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
	struct leaving leaving = { .dev = dev };

	ipos_table_walk(&table->by_ip, leave_if_behind, &leaving);
	return leaving.any;
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
	struct gone gone = { .table = table, .dev = dev };

	mutex_lock(&table->mutex);
	ipos_table_walk(&table->by_ip, unlink_if_gone, &gone);
	mutex_unlock(&table->mutex);
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
	return rhashtable_lookup(&table->by_lladdr, lladdr, by_lladdr);
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

/**
 * ipos_server_put() - give a reference back
 * @server: the row, or NULL
 *
 * Any context.
 */
void ipos_server_put(struct ipos_server *server)
{
	if (server && refcount_dec_and_test(&server->refs))
		kfree_rcu(server, rcu);
}
