// SPDX-License-Identifier: GPL-2.0
#include <linux/jiffies.h>
#include <linux/slab.h>
#include "table/service.h"

#define LIMIT 65536

static const struct rhashtable_params params = {
	.key_len = sizeof(struct ipos_service_key),
	.key_offset = offsetof(struct ipos_service, key),
	.head_offset = offsetof(struct ipos_service, node),
	.automatic_shrinking = true,
};

/**
 * ipos_service_table_init() - make an empty table of virtual services
 * @table: zeroed memory
 *
 * Return: 0 or -ENOMEM. Process context.
 */
int ipos_service_table_init(struct ipos_service_table *table)
{
	ipos_bound_init(&table->bound, LIMIT);
	return rhashtable_init(&table->ht, &params);
}

static void put_each(void *obj, void *arg)
{
	ipos_service_put(obj);
}

/**
 * ipos_service_table_destroy() - empty the table and free it
 * @table: nobody looks anything up in it any more
 *
 * Process context.
 */
void ipos_service_table_destroy(struct ipos_service_table *table)
{
	rhashtable_free_and_destroy(&table->ht, put_each, NULL);
}

/**
 * ipos_service_add() - intercept a protocol, address and port
 * @table: the table
 * @settings: all but its table's part is taken from it
 *
 * One caller at a time, ipos_service_del() included. Process context.
 *
 * Return: 0, -EEXIST, -ENOSPC the table is full, -ENOMEM.
 */
int ipos_service_add(struct ipos_service_table *table,
		     const struct ipos_service *settings)
{
	struct ipos_service *service;
	int err;

	service = kzalloc(sizeof(*service), GFP_KERNEL);
	if (!service)
		return -ENOMEM;
	service->key = settings->key;
	service->target_port = settings->target_port;
	service->inspect = settings->inspect;
	service->policy = settings->policy;
	service->foreign = settings->foreign;
	service->timeout = settings->timeout;
	service->one_packet = settings->one_packet;
	service->unserved = jiffies - HZ;
	refcount_set(&service->refs, 1);

	if (!ipos_bound_take(&table->bound)) {
		kfree(service);
		return -ENOSPC;
	}
	set_bit(ipos_service_port_bit(service->key.port), table->ports);
	err = rhashtable_lookup_insert_fast(&table->ht, &service->node, params);
	if (err) {
		ipos_bound_give(&table->bound);
		kfree(service);
	}
	return err;
}

/**
 * ipos_service_del() - intercept no new connection of a service
 * @table: the table
 * @key: protocol, address, port
 *
 * Unattached endpoints that exist go on by its rules. One caller at a time,
 * ipos_service_add() included. Process context.
 *
 * Return: 0 or -ENOENT.
 */
int ipos_service_del(struct ipos_service_table *table,
		     const struct ipos_service_key *key)
{
	struct ipos_service *service;
	int err = -ENOENT;

	rcu_read_lock();
	service = rhashtable_lookup(&table->ht, key, params);
	if (service)
		err = rhashtable_remove_fast(&table->ht, &service->node,
					     params);
	if (!err) {
		ipos_bound_give(&table->bound);
		if (!ipos_bound_count(&table->bound))
			bitmap_zero(table->ports, IPOS_SERVICE_PORTS);
		if (rcu_access_pointer(service->cookie))
			atomic_dec(&table->cookies);
		ipos_service_put(service);
	}
	rcu_read_unlock();
	return err;
}

/**
 * ipos_service_set_cookie() - what the sessions of a service go by
 * @table: the table
 * @service: in it, and not deleted meanwhile
 * @name: ipos_cookie_is_name(), NUL-terminated; empty: none
 *
 * One caller at a time, any context.
 *
 * Return: 0 or -ENOMEM.
 */
int ipos_service_set_cookie(struct ipos_service_table *table,
			    struct ipos_service *service, const char *name)
{
	struct ipos_service_cookie *old, *new = NULL;

	if (*name) {
		new = kzalloc(sizeof(*new), GFP_ATOMIC);
		if (!new)
			return -ENOMEM;
		strscpy(new->name, name, sizeof(new->name));
	}
	old = rcu_replace_pointer(service->cookie, new, true);
	atomic_add(!!new - !!old, &table->cookies);
	if (old)
		kfree_rcu(old, rcu);
	return 0;
}

/**
 * ipos_service_peek() - is this address and port a virtual service?
 * @table: the table
 * @proto: enum ipos_protocol
 * @addr: what the client talks to, network byte order
 * @port: likewise
 *
 * Return: the service, borrowed under RCU, or NULL. Any context.
 */
struct ipos_service *ipos_service_peek(struct ipos_service_table *table,
				       u8 proto, __be32 addr, __be16 port)
{
	struct ipos_service_key key = {
		.addr = addr, .port = port, .proto = proto,
	};

	return rhashtable_lookup(&table->ht, &key, params);
}

/**
 * ipos_service_get() - keep a borrowed service
 * @service: borrowed under RCU
 *
 * Return: @service with a reference, or NULL when it is being freed.
 */
struct ipos_service *ipos_service_get(struct ipos_service *service)
{
	return refcount_inc_not_zero(&service->refs) ? service : NULL;
}

/**
 * ipos_service_put() - give a reference back
 * @service: the service, or NULL
 *
 * Any context.
 */
void ipos_service_put(struct ipos_service *service)
{
	struct ipos_service_cookie *cookie;

	if (!service || !refcount_dec_and_test(&service->refs))
		return;
	cookie = rcu_dereference_protected(service->cookie, true);
	if (cookie)
		kfree_rcu(cookie, rcu);
	kfree_rcu(service, rcu);
}
