/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Virtual services: which protocol, address and port are intercepted, how
 * their requests are inspected and by what policy they are placed.
 */
#ifndef IPOS_TABLE_SERVICE_H
#define IPOS_TABLE_SERVICE_H

#include <linux/bitmap.h>
#include <linux/refcount.h>
#include "base/key.h"
#include "inspect/cookieval.h"
#include "inspect/inspector.h"
#include "table/table.h"

enum ipos_policy {
	IPOS_POLICY_LOCAL_FIRST,
	IPOS_POLICY_LEAST_CONN,
	IPOS_POLICY_LEAST_LOAD,
	IPOS_POLICY_HASH,
};

/* Seconds; the default is that of others who balance UDP. */
#define IPOS_SERVICE_TIMEOUT	30
/**
 * struct ipos_service_cookie - what the sessions of a service go by
 * @rcu: freed after a grace period
 * @name: of the cookie, ipos_cookie_is_name(), NUL-terminated
 */
struct ipos_service_cookie {
	struct rcu_head	rcu;
	char		name[IPOS_COOKIE_NAME_MAX + 1];
};

struct ipos_service_key {
	__be32	addr;
	__be16	port;
	u8	proto;		/* enum ipos_protocol */
	u8	zero;
};

/**
 * struct ipos_service - one virtual service
 * @node: in the table
 * @key: what clients talk to
 * @target_port: port the applications listen on, network byte order
 * @inspect: enum ipos_inspect_mode
 * @policy: enum ipos_policy
 * @timeout: UDP: seconds without a datagram that end a flow
 * @one_packet: UDP: a board is chosen for each datagram
 * @foreign: the address was admitted though it is not this host's
 * @cookie: NULL: sessions are not looked at; RCU
 * @refs: the table's, and one per unattached endpoint
 * @unserved: jiffies when nobody served an endpoint of it
 * @connections: handshakes completed, or UDP flows begun, since it was made;
 *	datagrams that got a board of their own
 * @rcu: freed after a grace period
 */
struct ipos_service {
	struct rhash_head	node;
	struct ipos_service_key	key;
	__be16			target_port;
	u8			inspect;
	u8			policy;
	bool			foreign;
	bool			one_packet;
	u16			timeout;
	struct ipos_service_cookie __rcu *cookie;
	refcount_t		refs;
	unsigned long		unserved;
	atomic_long_t		connections;
	struct rcu_head		rcu;
};

/* Ports are told apart by so many of their bits. */
#define IPOS_SERVICE_PORTS	1024

/**
 * struct ipos_service_table - of one network namespace
 * @ports: those that a service has, or had while there was any
 * @ht: by key
 * @bound: rows
 * @cookies: rows that have one
 */
struct ipos_service_table {
	DECLARE_BITMAP(ports, IPOS_SERVICE_PORTS);
	struct rhashtable	ht;
	struct ipos_bound	bound;
	atomic_t		cookies;
};

int ipos_service_table_init(struct ipos_service_table *table);
void ipos_service_table_destroy(struct ipos_service_table *table);

int ipos_service_add(struct ipos_service_table *table,
		     const struct ipos_service *settings);
int ipos_service_del(struct ipos_service_table *table,
		     const struct ipos_service_key *key);

int ipos_service_set_cookie(struct ipos_service_table *table,
			    struct ipos_service *service, const char *name);

struct ipos_service *ipos_service_peek(struct ipos_service_table *table,
				       u8 proto, __be32 addr, __be16 port);
static inline unsigned int ipos_service_port_bit(__be16 port)
{
	return ntohs(port) % IPOS_SERVICE_PORTS;
}

/* False for most of what is no service's: no need to look it up. Any context. */
static inline bool ipos_service_may(const struct ipos_service_table *table,
				    __be16 port)
{
	return test_bit(ipos_service_port_bit(port), table->ports);
}

struct ipos_service *ipos_service_get(struct ipos_service *service);
void ipos_service_put(struct ipos_service *service);

#endif /* IPOS_TABLE_SERVICE_H */
