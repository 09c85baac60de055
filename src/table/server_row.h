/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One row of the Server State Table by itself: its memory, its MAC, its device.
 * For the table alone, whose lock is held where a row is in it.
 */
#ifndef IPOS_TABLE_SERVER_ROW_H
#define IPOS_TABLE_SERVER_ROW_H

#include "table/server.h"

struct ipos_server *ipos_server_row_new(__be32 ip, const u8 *lladdr, gfp_t gfp);
struct ipos_lladdr *ipos_server_row_new_lladdr(struct ipos_server *server,
					       const u8 *lladdr, gfp_t gfp);
void ipos_server_row_hold(struct ipos_server *server, struct net_device *dev);
void ipos_server_row_drop(struct ipos_server *server);

static inline struct ipos_lladdr *
ipos_server_row_lladdr(const struct ipos_server *server)
{
	return rcu_dereference_protected(server->lladdr, 1);
}

#endif /* IPOS_TABLE_SERVER_ROW_H */
