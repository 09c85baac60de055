/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A client's TCP segment, read once.
 */
#ifndef IPOS_ENGINE_PACKET_H
#define IPOS_ENGINE_PACKET_H

#include <linux/skbuff.h>
#include "base/key.h"

struct iphdr;
struct net;

/**
 * struct ipos_packet - what a segment says, integers in host order
 * @key: the connection, as the client sees it; this and @tcp are all that a
 *	packet which is sent on is asked
 * @seq: sequence number
 * @end: sequence number after it, SYN and FIN counted
 * @ack: acknowledgement number
 * @window: as it stands in the header
 * @flags: TCPHDR_*
 * @tcp: offset of the TCP header in the IP packet
 * @payload: offset of the data in the IP packet
 * @len: bytes of data
 */
struct ipos_packet {
	struct ipos_key	key;
	u32		seq;
	u32		end;
	u32		ack;
	u16		window;
	u8		flags;
	u8		tcp;
	u8		payload;
	u32		len;
};

struct iphdr *ipos_packet_ip_header(struct sk_buff *skb, u8 protocol,
				    unsigned int least);
bool ipos_packet_parse(struct sk_buff *skb, struct ipos_packet *packet);
bool ipos_packet_read(struct sk_buff *skb, struct ipos_packet *packet);
bool ipos_packet_has_socket(struct net *net, const struct ipos_packet *packet);
bool ipos_packet_checksum_ok(struct sk_buff *skb,
			     const struct ipos_packet *packet);

#endif /* IPOS_ENGINE_PACKET_H */
