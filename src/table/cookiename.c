// SPDX-License-Identifier: GPL-2.0
#include <linux/rculist.h>
#include <linux/slab.h>
#include "table/cookiename.h"

static void drop(struct ipos_server *server, struct ipos_cookiename *name)
{
	list_del_rcu(&name->list);
	server->n_names--;
	kfree_rcu(name, rcu);
}

static struct ipos_cookiename *find(const struct ipos_server *server,
				    __be32 addr, __be16 port)
{
	struct ipos_cookiename *name;

	list_for_each_entry_rcu(name, &server->names, list)
		if (name->addr == addr && name->port == port)
			return name;
	return NULL;
}

static int add(struct ipos_server *server, __be32 addr, __be16 port,
	       const char *text, u8 len)
{
	struct ipos_cookiename *name;

	if (server->n_names == IPOS_COOKIENAMES)
		return -ENOSPC;
	name = kzalloc(sizeof(*name), GFP_ATOMIC);
	if (!name)
		return -ENOMEM;
	name->addr = addr;
	name->port = port;
	name->at = (u32)jiffies;
	memcpy(name->text, text, len);
	list_add_tail_rcu(&name->list, &server->names);
	server->n_names++;
	return 0;
}

/**
 * ipos_cookiename_set() - a board tells of a service's cookie
 * @server: the board; the table's @hearing held
 * @addr: the service's address, network byte order
 * @port: its port, likewise
 * @text: the name; ipos_cookie_is_name(), or empty
 * @len: of @text, bytes; 0: it has none any more
 *
 * RCU held, bottom halves off.
 *
 * Return: 0, -ENOSPC this board has too many, -ENOMEM.
 */
int ipos_cookiename_set(struct ipos_server *server, __be32 addr, __be16 port,
			const char *text, u8 len)
{
	struct ipos_cookiename *old = find(server, addr, port);

	if (old && len && strlen(old->text) == len &&
	    !memcmp(old->text, text, len)) {
		old->at = (u32)jiffies;
		return 0;
	}
	if (old)
		drop(server, old);
	return len ? add(server, addr, port, text, len) : 0;
}

/**
 * ipos_cookiename_peek() - what a board calls the cookie of a service
 * @server: the board
 * @addr: the service's address, network byte order
 * @port: its port, likewise
 *
 * Return: the name, borrowed under RCU, or NULL. Any context.
 */
const struct ipos_cookiename *
ipos_cookiename_peek(const struct ipos_server *server, __be32 addr,
		     __be16 port)
{
	return find(server, addr, port);
}

/**
 * ipos_cookiename_expire() - forget what is not told any more
 * @server: the board; the table's @hearing held
 * @s: seconds since it was told last
 *
 * RCU held, bottom halves off.
 */
void ipos_cookiename_expire(struct ipos_server *server, u32 s)
{
	struct ipos_cookiename *name, *next;

	list_for_each_entry_safe(name, next, &server->names, list)
		if ((u32)jiffies - name->at >= s * HZ)
			drop(server, name);
}
