/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Map updates, type 0x84: what a board says of the cookies that its own
 * applications gave out, and of those that its services have.
 */
#ifndef IPOS_WIRE_MAP_H
#define IPOS_WIRE_MAP_H

#include "compat/types.h"
#include "wire/wire.h"

/**
 * struct ipos_map_row - one row
 * @kind: enum ipos_map_kind
 * @port: of a service, network byte order; else 0
 * @addr: likewise; of a cookie the Server IP
 * @len: of @text, bytes without the NUL
 * @text: a cookie's value, or its name; visible ASCII, NUL-terminated
 */
struct ipos_map_row {
	u8	kind;
	__be16	port;
	__be32	addr;
	u8	len;
	char	text[IPOS_MAP_TEXT_LEN + 1];
};

/**
 * struct ipos_map - one frame, without its rows
 * @epoch: the sender's, never 0
 * @number: grows with each frame, compared as sequence numbers are
 * @part: from 1
 * @parts: how many there are
 * @rows: how many are in this part
 */
struct ipos_map {
	u64	epoch;
	u32	number;
	u16	part;
	u16	parts;
	u16	rows;
};

enum ipos_wire_result ipos_map_parse(const void *body, size_t body_len,
				     struct ipos_map *map);
bool ipos_map_parse_row(const void *body, unsigned int i,
			struct ipos_map_row *row);
void ipos_map_build_row(void *frame, unsigned int i,
			const struct ipos_map_row *row);
size_t ipos_map_build(void *frame, __be32 server_ip,
		      const struct ipos_map *map);

/* Rows that fit into a frame of so many bytes, MTU of the link. */
static inline unsigned int ipos_map_room(size_t mtu)
{
	const size_t head = IPOS_HDR_LEN + IPOS_MAP_LEN;
	const size_t most = (65535 - IPOS_MAP_LEN) / IPOS_MAP_ROW_LEN;
	size_t n = mtu < head ? 0 : (mtu - head) / IPOS_MAP_ROW_LEN;

	return n < most ? n : most;
}

/* Bytes of a frame with so many rows, without Ethernet header. */
static inline size_t ipos_map_size(unsigned int rows)
{
	return IPOS_HDR_LEN + IPOS_MAP_LEN + rows * (size_t)IPOS_MAP_ROW_LEN;
}

#endif /* IPOS_WIRE_MAP_H */
