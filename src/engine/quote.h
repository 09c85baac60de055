/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ICMP errors, and what they quote.
 */
#ifndef IPOS_ENGINE_QUOTE_H
#define IPOS_ENGINE_QUOTE_H

#include <linux/skbuff.h>
#include "base/key.h"

/**
 * struct ipos_quote - an ICMP error and the packet it is about
 * @key: the flow, as the client sees it
 * @seq: of the segment, of TCP
 * @icmp: offset of the ICMP header in the IP packet
 * @len: of the IP packet
 * @type: of the error
 * @code: likewise
 */
struct ipos_quote {
	struct ipos_key	key;
	u32		seq;
	unsigned int	icmp;
	unsigned int	len;
	u8		type;
	u8		code;
};

bool ipos_quote_parse(struct sk_buff *skb, struct ipos_quote *quote);
bool ipos_quote_request(struct sk_buff *skb, struct ipos_key *key);
bool ipos_quote_checksum_ok(struct sk_buff *skb,
			    const struct ipos_quote *quote);

#endif /* IPOS_ENGINE_QUOTE_H */
