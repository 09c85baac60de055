/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ipOS frames out: the only place that writes an Ethernet header.
 */
#ifndef IPOS_LINK_FRAME_H
#define IPOS_LINK_FRAME_H

#include <linux/skbuff.h>
#include "table/server.h"

/* What encapsulation puts before an IP packet: figures 11a and 11b. */
#define IPOS_ENCAP_LEN	(ETH_HLEN + 16)

/* What ipos_frame_encap_consume() returns when a segment had to be cut. */
#define IPOS_FRAME_CUT	1

struct ipos_hdr;

/* Told of a frame that could not be sent, and why. */
typedef void (*ipos_frame_failed)(void *arg, int err);

/* Where advertisements go; a fabric device listens to it. */
extern const u8 ipos_frame_group[ETH_ALEN];

int ipos_frame_send_group(struct net_device *dev, __be16 ethertype,
			  const void *frame, size_t len);
int ipos_frame_send(const struct ipos_server *to, __be16 ethertype,
		    const void *frame, size_t len);
unsigned int ipos_frame_too_long(const struct ipos_server *to,
				 const struct sk_buff *skb);
int ipos_frame_encap_consume(const struct ipos_server *to, __be16 ethertype,
			     const struct ipos_hdr *hdr, struct sk_buff *skb,
			     ipos_frame_failed failed, void *arg);

#endif /* IPOS_LINK_FRAME_H */
