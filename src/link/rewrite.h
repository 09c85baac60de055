/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Other addresses and ports for UDP datagrams, and for ICMP errors about them;
 * checksums stay as right, or as wrong, as they were.
 */
#ifndef IPOS_LINK_REWRITE_H
#define IPOS_LINK_REWRITE_H

#include <linux/skbuff.h>

bool ipos_rewrite_dest(struct sk_buff *skb, __be32 addr, __be16 port);
bool ipos_rewrite_source(struct sk_buff *skb, __be32 addr, __be16 port);
bool ipos_rewrite_error_dest(struct sk_buff *skb, __be32 addr, __be16 port);
bool ipos_rewrite_error_source(struct sk_buff *skb, __be32 addr, __be16 port);

#endif /* IPOS_LINK_REWRITE_H */
