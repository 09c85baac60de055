/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The URL Map: which servers may serve a URL. Both columns are key: a row is
 * the pair of "host/path-prefix" and Server IP, and one URL may have several.
 */
#ifndef IPOS_TABLE_URL_H
#define IPOS_TABLE_URL_H

#include <linux/bitmap.h>
#include <linux/spinlock.h>
#include "table/table.h"

#define IPOS_URL_HOST_MAX	255
#define IPOS_URL_PREFIX_MAX	511
#define IPOS_URL_MAX		(IPOS_URL_HOST_MAX + IPOS_URL_PREFIX_MAX)
/* Servers of one URL that a look-up returns at most. */
#define IPOS_URL_SERVERS	16

/**
 * struct ipos_url - one row
 * @node: in the table
 * @rcu: freed after a grace period
 * @server_ip: the server
 * @host_len: bytes of @text before the path; 1 and "*" for any host
 * @len: bytes of @text
 * @text: host in lower case and path prefix, which begins with '/'
 */
struct ipos_url {
	struct rhlist_head	node;
	struct rcu_head		rcu;
	__be32			server_ip;
	u16			host_len;
	u16			len;
	char			text[];
};

/**
 * struct ipos_url_table - the map of one network namespace
 * @ht: rows by text
 * @bound: rows
 * @lock: serializes add and delete
 * @prefixes: rows per length of their path prefix
 * @lengths: the lengths that occur, so that a look-up tries no other
 */
struct ipos_url_table {
	struct rhltable		ht;
	struct ipos_bound	bound;
	spinlock_t		lock;
	u32			prefixes[IPOS_URL_PREFIX_MAX + 1];
	DECLARE_BITMAP(lengths, IPOS_URL_PREFIX_MAX + 1);
};

int ipos_url_table_init(struct ipos_url_table *table);
void ipos_url_table_destroy(struct ipos_url_table *table);

int ipos_url_add(struct ipos_url_table *table, const char *url,
		 __be32 server_ip);
int ipos_url_del(struct ipos_url_table *table, const char *url,
		 __be32 server_ip);
unsigned int ipos_url_lookup(struct ipos_url_table *table, const char *host,
			     const char *path,
			     __be32 servers[IPOS_URL_SERVERS]);

#endif /* IPOS_TABLE_URL_H */
