// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <stdlib.h>
#include "bytes.h"
#include "golden.h"
#include "tap.h"
#include "wire/map.h"

static struct ipos_map_row row_of(unsigned int i)
{
	struct ipos_map_row row = {
		.kind = i ? IPOS_MAP_NAME : IPOS_MAP_LEARNED,
		.port = i ? htons(80) : 0,
		.addr = htonl(i ? 0xc0000202 : 0x0a000002),
	};

	strcpy(row.text, i ? "JSESSIONID" : "E5A1B2C3D4F60718");
	row.len = strlen(row.text);
	return row;
}

static struct ipos_map said(const struct golden *golden)
{
	return (struct ipos_map){
		.epoch = golden_number(golden, "epoch"),
		.number = golden_number(golden, "number"),
		.part = golden_number(golden, "part"),
		.parts = golden_number(golden, "parts"),
		.rows = golden_number(golden, "count"),
	};
}

static bool same_row(const struct ipos_map_row *a, const struct ipos_map_row *b)
{
	return a->kind == b->kind && a->port == b->port &&
	       a->addr == b->addr && a->len == b->len &&
	       !strcmp(a->text, b->text);
}

static void golden__parsed(const struct golden *golden)
{
	const u8 *body = golden->bytes + GOLDEN_ETH_LEN + IPOS_HDR_LEN;
	size_t len = golden->len - GOLDEN_ETH_LEN - IPOS_HDR_LEN;
	struct ipos_map want = said(golden), got;
	struct ipos_map_row row, expected;
	unsigned int i;

	tap_ok(ipos_map_parse(body, len, &got) == IPOS_WIRE_OK &&
	       got.epoch == want.epoch && got.number == want.number &&
	       got.part == want.part && got.parts == want.parts &&
	       got.rows == want.rows, "golden__parsed");
	for (i = 0; i < 2; i++) {
		expected = row_of(i);
		tap_ok(ipos_map_parse_row(body, i, &row) &&
		       same_row(&row, &expected), "golden__row %u", i);
	}
}

static void golden__built(const struct golden *golden)
{
	size_t len = golden->len - GOLDEN_ETH_LEN, shift;
	struct ipos_map map = said(golden);

	for (shift = 0; shift < 2; shift++) {
		u8 *room = malloc(len + shift), *frame = room + shift;
		struct ipos_map_row rows[] = { row_of(0), row_of(1) };

		memset(room, 0xaa, len + shift);
		ipos_map_build_row(frame, 1, &rows[1]);
		ipos_map_build_row(frame, 0, &rows[0]);
		tap_ok(ipos_map_size(2) == len &&
		       ipos_map_build(frame, golden_ip(golden, "dst_ip"),
				      &map) == len &&
		       !memcmp(frame, golden->bytes + GOLDEN_ETH_LEN, len),
		       "%s%s", __func__, shift ? " (unaligned)" : "");
		free(room);
	}
}

/* Every truncation, in an allocation of just that length. */
static void parse__truncated(const struct golden *golden)
{
	const u8 *body = golden->bytes + GOLDEN_ETH_LEN + IPOS_HDR_LEN;
	size_t whole = golden->len - GOLDEN_ETH_LEN - IPOS_HDR_LEN, len;
	struct ipos_map map;
	bool good = true;

	for (len = 0; len <= whole; len++) {
		u8 *copy = bytes_exact(body, len);

		good &= ipos_map_parse(copy, len, &map) ==
			(len < IPOS_MAP_LEN ? IPOS_WIRE_SHORT :
			 len < whole ? IPOS_WIRE_LENGTH : IPOS_WIRE_OK);
		free(copy);
	}
	tap_ok(good, "parse__truncated");
}

/* Offsets as docs/protocol.md has them. */
static void parse__absurd(const struct golden *golden)
{
	static const struct {
		const char *name;
		size_t at;
		u16 value;
		bool good;
	} cases[] = {
		{ "part 0", 14, 0, false },
		{ "the last part", 14, 3, true },
		{ "a part beyond the last", 14, 4, false },
		{ "no parts", 16, 0, false },
		{ "65535 parts", 16, 65535, true },
		{ "a row too many", 18, 3, false },
		{ "65535 rows", 18, 65535, false },
		{ "a row less than there are bytes for", 18, 1, true },
		{ "no rows", 18, 0, true },
	};
	size_t len = golden->len - GOLDEN_ETH_LEN - IPOS_HDR_LEN, i;
	struct ipos_map map;
	u8 *copy;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		copy = bytes_exact(golden->bytes + GOLDEN_ETH_LEN +
				   IPOS_HDR_LEN, len);
		copy[cases[i].at] = cases[i].value >> 8;
		copy[cases[i].at + 1] = cases[i].value & 0xff;
		tap_ok((ipos_map_parse(copy, len, &map) == IPOS_WIRE_OK) ==
		       cases[i].good, "parse__%s", cases[i].name);
		free(copy);
	}
	copy = bytes_exact(golden->bytes + GOLDEN_ETH_LEN + IPOS_HDR_LEN, len);
	memset(copy + 2, 0, 8);
	tap_ok(ipos_map_parse(copy, len, &map) == IPOS_WIRE_LENGTH,
	       "parse__no_epoch");
	free(copy);
}

/* Kind, length, port, address, and the text's first byte. */
static bool taken(u8 kind, u8 length, u16 port, bool addr, u8 text)
{
	u8 body[IPOS_MAP_LEN + IPOS_MAP_ROW_LEN] = { 0 };
	u8 *row = body + IPOS_MAP_LEN;
	struct ipos_map_row parsed;

	row[0] = kind;
	row[1] = length;
	row[2] = port >> 8;
	row[3] = port & 0xff;
	row[7] = addr;
	memset(row + 8, 'x', IPOS_MAP_TEXT_LEN);
	row[8] = text;
	return ipos_map_parse_row(body, 0, &parsed) &&
	       strlen(parsed.text) == parsed.len;
}

static void row__judged(void)
{
	tap_ok(taken(1, 1, 0, true, 'a') && taken(2, 128, 0, true, 'a') &&
	       taken(4, 5, 0, true, 'a') && taken(3, 5, 80, true, 'a'),
	       "row__good");
	tap_ok(taken(3, 0, 80, true, 0), "row__no_name_any_more");
	tap_ok(!taken(1, 0, 0, true, 'a') && !taken(4, 0, 0, true, 'a'),
	       "row__no_value");
	tap_ok(!taken(1, 129, 0, true, 'a') && !taken(3, 255, 80, true, 'a'),
	       "row__too_long");
	tap_ok(!taken(1, 3, 80, true, 'a') && !taken(3, 3, 0, true, 'a'),
	       "row__port");
	tap_ok(!taken(1, 3, 0, false, 'a') && !taken(3, 3, 80, false, 'a'),
	       "row__address");
	tap_ok(!taken(1, 3, 0, true, ' ') && !taken(1, 3, 0, true, 0) &&
	       !taken(1, 3, 0, true, 0x1b) && !taken(3, 3, 80, true, 0x7f) &&
	       !taken(1, 3, 0, true, 0xe4), "row__not_visible");
	tap_ok(taken(0, 3, 80, false, ' ') && taken(5, 255, 1, false, 0) &&
	       taken(255, 0, 0, false, 0), "row__of_another_kind");
}

static void room__counts(void)
{
	tap_ok(!ipos_map_room(0) && !ipos_map_room(35) && !ipos_map_room(171),
	       "room__none");
	tap_ok(ipos_map_room(172) == 1 && ipos_map_room(1500) == 10,
	       "room__as_many_as_fit");
	tap_ok(ipos_map_room(1 << 20) == 481,
	       "room__no_more_than_a_length_can_say");
}

int main(void)
{
	struct golden golden;

	golden_load(&golden, "map");
	golden__parsed(&golden);
	golden__built(&golden);
	parse__truncated(&golden);
	parse__absurd(&golden);
	golden_free(&golden);
	row__judged();
	room__counts();
	return tap_done();
}
