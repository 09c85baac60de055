// SPDX-License-Identifier: GPL-2.0
#include <linux/etherdevice.h>
#include <linux/slab.h>
#include "table/server_row.h"

/**
 * ipos_server_row_new_lladdr() - a MAC that is to be a row's
 * @server: the row
 * @lladdr: six bytes
 * @gfp: as of kmalloc()
 *
 * Return: not in the table yet, or NULL: no memory.
 */
struct ipos_lladdr *ipos_server_row_new_lladdr(struct ipos_server *server,
					       const u8 *lladdr, gfp_t gfp)
{
	struct ipos_lladdr *new = kzalloc(sizeof(*new), gfp);

	if (!new)
		return NULL;
	ether_addr_copy(new->lladdr, lladdr);
	RCU_INIT_POINTER(new->server, server);
	return new;
}

/**
 * ipos_server_row_new() - a row with its MAC, and without a device
 * @ip: Server IP, network byte order
 * @lladdr: six bytes
 * @gfp: as of kmalloc()
 *
 * Return: with the table's reference, or NULL: no memory.
 */
struct ipos_server *ipos_server_row_new(__be32 ip, const u8 *lladdr, gfp_t gfp)
{
	struct ipos_server *server = kzalloc(sizeof(*server), gfp);
	struct ipos_lladdr *where;

	if (!server)
		return NULL;
	where = ipos_server_row_new_lladdr(server, lladdr, gfp);
	if (!where) {
		kfree(server);
		return NULL;
	}
	server->ip = ip;
	INIT_LIST_HEAD(&server->names);
	RCU_INIT_POINTER(server->lladdr, where);
	refcount_set(&server->refs, 1);
	return server;
}

/**
 * ipos_server_row_hold() - it is behind this device
 * @server: the row, behind none
 * @dev: the device; a reference is taken
 */
void ipos_server_row_hold(struct ipos_server *server, struct net_device *dev)
{
	netdev_hold(dev, &server->dev_tracker, GFP_ATOMIC);
	WRITE_ONCE(server->ifindex, dev->ifindex);
	rcu_assign_pointer(server->dev, dev);
}

/**
 * ipos_server_row_drop() - it is behind none
 * @server: the row, behind one; the reference is given back
 */
void ipos_server_row_drop(struct ipos_server *server)
{
	struct net_device *dev = rcu_dereference_protected(server->dev, 1);

	RCU_INIT_POINTER(server->dev, NULL);
	netdev_put(dev, &server->dev_tracker);
}
