/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One TCP segment of a client into several, each of which fits the fabric.
 */
#ifndef IPOS_LINK_SPLIT_H
#define IPOS_LINK_SPLIT_H

#include <linux/skbuff.h>

bool ipos_split_fits(const struct sk_buff *skb, unsigned int room);
struct sk_buff *ipos_split_consume(struct sk_buff *skb, unsigned int room);

#endif /* IPOS_LINK_SPLIT_H */
