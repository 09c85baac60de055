/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Makes checksums right, else hardly any input would get past them. Written
 * anew: the codec must not check itself.
 */
#ifndef FUZZ_RIGHT_H
#define FUZZ_RIGHT_H

#include <linux/ipos_wire.h>
#include <stddef.h>
#include <stdint.h>

static inline uint16_t get16(const uint8_t *at)
{
	return at[0] << 8 | at[1];
}

/* RFC 1071, over @len bytes and into two of them, with @sum to begin with. */
static inline void set_sum(uint8_t *at, const uint8_t *data, size_t len,
			   uint32_t sum)
{
	size_t i;

	at[0] = 0;
	at[1] = 0;
	for (i = 0; i < len; i++)
		sum += i & 1 ? data[i] : data[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	at[0] = (uint8_t)(~sum >> 8);
	at[1] = (uint8_t)~sum;
}

/* Of an ipOS frame without its Ethernet header, if it has a checksum. */
static inline void set_frame_sum(uint8_t *frame, size_t len)
{
	size_t covered = IPOS_HDR_LEN;

	if (len < IPOS_HDR_LEN)
		return;
	if (frame[12] == IPOS_TYPE_CONNECT)
		covered += frame[13] == IPOS_PROTO_TCP ?
			IPOS_CONN_TCP_LEN : IPOS_CONN_UDP_LEN;
	else if (frame[12] != IPOS_TYPE_PACKET && frame[12] != IPOS_TYPE_ACK &&
		 len >= IPOS_HDR_LEN + 2)
		covered += get16(frame + IPOS_HDR_LEN);
	set_sum(frame + 14, frame, covered < len ? covered : len, 0);
}

#endif /* FUZZ_RIGHT_H */
