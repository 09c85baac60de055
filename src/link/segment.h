/* SPDX-License-Identifier: GPL-2.0 */
/*
 * TCP segments that the board itself makes: as the server, towards the
 * client, and in the client's name, towards the target. Whether one that came
 * is right.
 */
#ifndef IPOS_LINK_SEGMENT_H
#define IPOS_LINK_SEGMENT_H

#include <linux/skbuff.h>
#include "base/key.h"

struct net;

/* SACK blocks of one segment, without timestamps; with them one less. */
#define IPOS_SACKS	4

/**
 * struct ipos_sack - sequence numbers, host order
 * @start: the first
 * @end: after the last
 */
struct ipos_sack {
	u32	start;
	u32	end;
};

/**
 * struct ipos_segment - one segment without data, integers in host order
 * @seq: sequence number
 * @ack: acknowledgement number
 * @window: as it stands in the header, not scaled
 * @flags: TCPHDR_*
 * @mss: MSS option, 0 = none
 * @wscale: window scale option, negative = none
 * @sack: SACK permitted option
 * @timestamps: timestamp option with @tsval and @tsecr
 * @tsval: see there
 * @tsecr: see there
 * @n_sacks: how many of @sacks there are
 * @sacks: the SACK option
 */
struct ipos_segment {
	u32	seq;
	u32	ack;
	u16	window;
	u8	flags;
	u16	mss;
	s8	wscale;
	bool	sack;
	bool	timestamps;
	u32	tsval;
	u32	tsecr;
	u8	n_sacks;
	struct ipos_sack sacks[IPOS_SACKS];
};

struct sk_buff *ipos_segment_from_client(const struct ipos_key *key,
					 const struct ipos_segment *segment);
int ipos_segment_to_client(struct net *net, const struct ipos_key *key,
			   const struct ipos_segment *segment);
bool ipos_segment_checksum_ok(struct sk_buff *skb, unsigned int tcp);
bool ipos_segment_udp_checksum_ok(struct sk_buff *skb, unsigned int udp);
__be32 ipos_segment_source(struct net *net, __be32 caddr);

#endif /* IPOS_LINK_SEGMENT_H */
