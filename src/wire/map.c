// SPDX-License-Identifier: GPL-2.0
/* Parse and build type 0x84, what a board says of cookies. */
#include "wire/map.h"

static bool sane(const struct ipos_map *map, size_t body_len)
{
	size_t len = map->rows * (size_t)IPOS_MAP_ROW_LEN + IPOS_MAP_LEN;

	return map->epoch && map->part && map->part <= map->parts &&
	       len <= body_len;
}

/**
 * ipos_map_parse() - the body of a map update, type 0x84
 * @body: the body, of any alignment
 * @body_len: its length in bytes, as ipos_wire_check() found it
 * @map: where to, integers in host order
 *
 * Its rows: ipos_map_parse_row(), for each below @map->rows. What follows them
 * is a later version's, and ignored.
 *
 * Context: any.
 * Return: IPOS_WIRE_OK, IPOS_WIRE_SHORT, or IPOS_WIRE_LENGTH where a number is
 * absurd: no epoch, no part of its parts, more rows than bytes for them.
 */
enum ipos_wire_result ipos_map_parse(const void *body, size_t body_len,
				     struct ipos_map *map)
{
	struct ipos_wire_map wire;

	memset(map, 0, sizeof(*map));
	if (body_len < sizeof(wire))
		return IPOS_WIRE_SHORT;
	memcpy(&wire, body, sizeof(wire));
	map->epoch = be64_to_cpu(wire.epoch);
	map->number = be32_to_cpu(wire.number);
	map->part = be16_to_cpu(wire.part);
	map->parts = be16_to_cpu(wire.parts);
	map->rows = be16_to_cpu(wire.rows);
	return sane(map, body_len) ? IPOS_WIRE_OK : IPOS_WIRE_LENGTH;
}

static bool is_known(u8 kind)
{
	return kind >= IPOS_MAP_LEARNED && kind <= IPOS_MAP_USED;
}

/* A name may be missing, which says that the service has no cookie any more. */
static bool is_row(const struct ipos_wire_map_row *wire)
{
	size_t i;

	if (wire->length > IPOS_MAP_TEXT_LEN ||
	    (!wire->length && wire->kind != IPOS_MAP_NAME))
		return false;
	for (i = 0; i < wire->length; i++)
		if (wire->text[i] <= ' ' || wire->text[i] >= 0x7f)
			return false;
	return wire->addr && !wire->port == (wire->kind != IPOS_MAP_NAME);
}

/**
 * ipos_map_parse_row() - one row of a map update
 * @body: the body, which ipos_map_parse() found right
 * @i: which, below its number of rows
 * @row: where to, address and port in network order
 *
 * Context: any.
 * Return: false for one that is absurd: its text is too long, missing or not
 * of visible ASCII, there is no address, or a port where none belongs. Of a
 * kind that is not known nothing else is read.
 */
bool ipos_map_parse_row(const void *body, unsigned int i,
			struct ipos_map_row *row)
{
	struct ipos_wire_map_row wire;

	memcpy(&wire, (const u8 *)body + IPOS_MAP_LEN +
	       i * (size_t)IPOS_MAP_ROW_LEN, sizeof(wire));
	memset(row, 0, sizeof(*row));
	row->kind = wire.kind;
	row->port = wire.port;
	row->addr = wire.addr;
	if (!is_known(wire.kind))
		return true;
	if (!is_row(&wire))
		return false;
	row->len = wire.length;
	memcpy(row->text, wire.text, wire.length);
	return true;
}

/**
 * ipos_map_build_row() - write a row into a frame
 * @frame: as for ipos_map_build()
 * @i: which, from 0
 * @row: what it says
 *
 * Context: any.
 */
void ipos_map_build_row(void *frame, unsigned int i,
			const struct ipos_map_row *row)
{
	struct ipos_wire_map_row wire = {
		.kind = row->kind, .length = row->len,
		.port = row->port, .addr = row->addr,
	};

	memcpy(wire.text, row->text, row->len);
	memcpy((u8 *)frame + ipos_map_size(i), &wire, sizeof(wire));
}

/**
 * ipos_map_build() - complete a map update, type 0x84
 * @frame: of any alignment, ipos_map_size() bytes, with its rows in place
 * @server_ip: the sender's own Server IP, network order
 * @map: what it says
 *
 * Context: any.
 * Return: the bytes of the frame, without Ethernet header and padding.
 */
size_t ipos_map_build(void *frame, __be32 server_ip,
		      const struct ipos_map *map)
{
	const struct ipos_hdr hdr = {
		.dst_ip = server_ip, .protocol = IPOS_PROTO_TCP,
	};
	size_t len = IPOS_MAP_LEN + map->rows * (size_t)IPOS_MAP_ROW_LEN;
	struct ipos_wire_map wire = {
		.length = cpu_to_be16(len),
		.epoch = cpu_to_be64(map->epoch),
		.number = cpu_to_be32(map->number),
		.part = cpu_to_be16(map->part),
		.parts = cpu_to_be16(map->parts),
		.rows = cpu_to_be16(map->rows),
	};

	memcpy((u8 *)frame + IPOS_HDR_LEN, &wire, sizeof(wire));
	return ipos_wire_finish(frame, &hdr, IPOS_TYPE_MAP, len);
}
