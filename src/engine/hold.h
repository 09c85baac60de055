/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Client segments kept in sequence order until their endpoint has a place: an
 * origin's request, a target's receive queue. Under the flow's lock.
 */
#ifndef IPOS_ENGINE_HOLD_H
#define IPOS_ENGINE_HOLD_H

#include <linux/skbuff.h>
#include "base/key.h"

/* Memory of all held segments and datagrams of a namespace. */
#define IPOS_HELD_ALL	(256L << 20)

struct ipos_packet;

/**
 * struct ipos_hold - segments in order of their sequence numbers
 * @list: the segments, data at the IP header
 * @nxt: the first byte that is missing
 * @bytes: memory of all of them
 */
struct ipos_hold {
	struct sk_buff_head	list;
	u32			nxt;
	u32			bytes;
};

void ipos_hold_init(struct ipos_hold *hold, u32 nxt);
void ipos_hold_purge(struct ipos_hold *hold);
bool ipos_hold_insert_consume(struct ipos_hold *hold, struct sk_buff *skb,
			      const struct ipos_packet *packet);
struct sk_buff *ipos_hold_advance(struct ipos_hold *hold, u32 *offset,
				  u32 *len);
u32 ipos_hold_end(const struct sk_buff *skb);

#endif /* IPOS_ENGINE_HOLD_H */
