/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What other boards call the cookies of their services: where an endpoint was
 * handed over, the board that has its application reads the response. Kept
 * with the board's row of the Server State Table, and no longer than that.
 */
#ifndef IPOS_TABLE_COOKIENAME_H
#define IPOS_TABLE_COOKIENAME_H

#include "inspect/cookieval.h"
#include "table/server.h"

/* Services of one board. */
#define IPOS_COOKIENAMES	256

/**
 * struct ipos_cookiename - a service of another board
 * @list: in the board's row, RCU
 * @addr: its address, network byte order
 * @port: its port, likewise; protocol TCP
 * @at: jiffies when it was told last
 * @rcu: freed after a grace period
 * @text: the name, NUL-terminated
 */
struct ipos_cookiename {
	struct list_head	list;
	__be32			addr;
	__be16			port;
	u32			at;
	struct rcu_head		rcu;
	char			text[IPOS_COOKIE_NAME_MAX + 1];
};

int ipos_cookiename_set(struct ipos_server *server, __be32 addr, __be16 port,
			const char *text, u8 len);
const struct ipos_cookiename *
ipos_cookiename_peek(const struct ipos_server *server, __be32 addr,
		     __be16 port);
void ipos_cookiename_expire(struct ipos_server *server, u32 s);

#endif /* IPOS_TABLE_COOKIENAME_H */
