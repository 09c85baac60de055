// SPDX-License-Identifier: GPL-2.0
/*
 * sources: src/wire/map.c src/wire/wire.c src/wire/tcb.c src/wire/checksum.c
 * The body of a map update: its rows that are right, built and parsed again,
 * are the same.
 */
#include "fuzz.h"
#include "wire/map.h"

static u8 frame[IPOS_HDR_LEN + 65535];

/* Those of kinds that this version knows; others have no more than a kind. */
static bool is_ours(const struct ipos_map_row *row)
{
	return row->kind >= IPOS_MAP_LEARNED && row->kind <= IPOS_MAP_USED;
}

static u16 copy_rows(const u8 *body, const struct ipos_map *map)
{
	struct ipos_map_row row;
	unsigned int i;
	u16 n = 0;

	for (i = 0; i < map->rows; i++) {
		if (!ipos_map_parse_row(body, i, &row) || !is_ours(&row))
			continue;
		PROPERTY(strlen(row.text) == row.len);
		ipos_map_build_row(frame, n++, &row);
	}
	return n;
}

static void same_rows(const u8 *body, const struct ipos_map *map)
{
	const u8 *again = frame + IPOS_HDR_LEN;
	struct ipos_map_row a, b;
	unsigned int i, n = 0;

	for (i = 0; i < map->rows; i++) {
		if (!ipos_map_parse_row(body, i, &a) || !is_ours(&a))
			continue;
		PROPERTY(ipos_map_parse_row(again, n++, &b));
		PROPERTY(a.kind == b.kind && a.port == b.port &&
			 a.addr == b.addr && a.len == b.len &&
			 !memcmp(a.text, b.text, a.len));
	}
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t len)
{
	u8 *body = bytes_exact(data, len);
	struct ipos_map a, b;
	struct ipos_hdr hdr;
	size_t built, rest;

	if (ipos_map_parse(body, len, &a) != IPOS_WIRE_OK)
		goto out;
	b = a;
	b.rows = copy_rows(body, &a);
	built = ipos_map_build(frame, 0, &b);
	PROPERTY(built <= sizeof(frame));
	PROPERTY(ipos_wire_check(frame, built, &hdr, &rest) == IPOS_WIRE_OK);
	PROPERTY(ipos_map_parse(frame + IPOS_HDR_LEN, rest, &b) ==
		 IPOS_WIRE_OK);
	PROPERTY(a.epoch == b.epoch && a.number == b.number &&
		 a.part == b.part && a.parts == b.parts);
	same_rows(body, &a);
out:
	free(body);
	return 0;
}
