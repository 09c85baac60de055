/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A client's TCP segment or UDP datagram, read once.
 */
#ifndef IPOS_ENGINE_PACKET_H
#define IPOS_ENGINE_PACKET_H

#include <linux/skbuff.h>
#include "base/key.h"

struct iphdr;

/**
 * struct ipos_packet - what a segment or datagram says, in host order
 * @key: the connection, as the client sees it; this and @l4 are all that a
 *	packet which is sent on is asked
 * @seq: sequence number; of UDP all from here to @flags are 0
 * @end: sequence number after it, SYN and FIN counted
 * @ack: acknowledgement number
 * @window: as it stands in the header
 * @flags: TCPHDR_*
 * @l4: offset of the TCP or UDP header in the IP packet
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
	u8		l4;
	u8		payload;
	u32		len;
};

struct iphdr *ipos_packet_ip_header(struct sk_buff *skb, u8 protocol,
				    unsigned int least);
bool ipos_packet_is_fragment(struct sk_buff *skb, u8 protocol);
bool ipos_packet_parse(struct sk_buff *skb, struct ipos_packet *packet);
bool ipos_packet_read(struct sk_buff *skb, struct ipos_packet *packet);
bool ipos_packet_is_signed(const struct sk_buff *skb,
			   const struct ipos_packet *packet);
bool ipos_packet_checksum_ok(struct sk_buff *skb,
			     const struct ipos_packet *packet);

#endif /* IPOS_ENGINE_PACKET_H */
