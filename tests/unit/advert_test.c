// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include <stdlib.h>
#include "bytes.h"
#include "golden.h"
#include "tap.h"
#include "wire/advert.h"

static const struct ipos_listener sockets[] = {
	{ 0, 0, IPOS_PROTO_TCP, 0, 812, "nginx" },
	{ 0, 0, IPOS_PROTO_UDP, 0, 0, "" },
};

static struct ipos_listener socket_of(unsigned int i)
{
	struct ipos_listener listener = sockets[i];

	listener.port = htons(i ? 53 : 80);
	listener.addr = i ? htonl(0x0a000002) : 0;
	return listener;
}

static struct ipos_advert said_advert(const struct golden *golden)
{
	return (struct ipos_advert){
		.epoch = golden_number(golden, "epoch"),
		.snapshot = golden_number(golden, "snapshot"),
		.part = golden_number(golden, "part"),
		.parts = golden_number(golden, "parts"),
		.interval_ms = golden_number(golden, "interval"),
		.flags = golden_number(golden, "flags"),
		.listeners = golden_number(golden, "listeners"),
		.state = {
			.connections = golden_number(golden, "connections"),
			.cpu = golden_number(golden, "cpu"),
			.weight = golden_number(golden, "weight"),
			.memory = golden_number(golden, "memory"),
			.bandwidth = golden_number(golden, "bandwidth"),
			.in_flight = golden_number(golden, "in_flight"),
			.accept_us = golden_number(golden, "accept_us"),
			.memory_total = golden_number(golden, "memory_total"),
			.bandwidth_total = golden_number(golden,
							 "bandwidth_total"),
		},
	};
}

static bool same_advert(const struct ipos_advert *a,
			const struct ipos_advert *b)
{
	const struct ipos_state *x = &a->state, *y = &b->state;

	return a->epoch == b->epoch && a->snapshot == b->snapshot &&
	       a->part == b->part && a->parts == b->parts &&
	       a->interval_ms == b->interval_ms && a->flags == b->flags &&
	       a->listeners == b->listeners &&
	       x->connections == y->connections && x->cpu == y->cpu &&
	       x->weight == y->weight && x->memory == y->memory &&
	       x->bandwidth == y->bandwidth && x->in_flight == y->in_flight &&
	       x->accept_us == y->accept_us &&
	       x->memory_total == y->memory_total &&
	       x->bandwidth_total == y->bandwidth_total;
}

static bool same_listener(const struct ipos_listener *a,
			  const struct ipos_listener *b)
{
	return a->addr == b->addr && a->port == b->port &&
	       a->proto == b->proto && a->pid == b->pid &&
	       !memcmp(a->name, b->name, sizeof(a->name));
}

static void golden__parsed(const struct golden *golden)
{
	const u8 *body = golden->bytes + GOLDEN_ETH_LEN + IPOS_HDR_LEN;
	size_t len = golden->len - GOLDEN_ETH_LEN - IPOS_HDR_LEN;
	struct ipos_advert want = said_advert(golden), got;
	struct ipos_listener listener, expected;
	unsigned int i;

	tap_ok(ipos_advert_parse(body, len, &got) == IPOS_WIRE_OK &&
	       same_advert(&got, &want), "golden__parsed");
	for (i = 0; i < ARRAY_SIZE(sockets); i++) {
		expected = socket_of(i);
		tap_ok(ipos_advert_parse_listener(body, i, &listener) &&
		       same_listener(&listener, &expected),
		       "golden__listener %u", i);
	}
}

static void golden__built(const struct golden *golden)
{
	struct ipos_listener list[] = { socket_of(0), socket_of(1) };
	struct ipos_advert advert = said_advert(golden);
	size_t len = golden->len - GOLDEN_ETH_LEN, shift;

	for (shift = 0; shift < 2; shift++) {
		u8 *room = malloc(len + shift);

		memset(room, 0xaa, len + shift);
		tap_ok(ipos_advert_build(room + shift,
					 golden_ip(golden, "dst_ip"), &advert,
					 list) == len &&
		       !memcmp(room + shift, golden->bytes + GOLDEN_ETH_LEN,
			       len), "%s%s", __func__,
		       shift ? " (unaligned)" : "");
		free(room);
	}
}

/* Every truncation, in an allocation of just that length. */
static void parse__truncated(const struct golden *golden)
{
	const u8 *body = golden->bytes + GOLDEN_ETH_LEN + IPOS_HDR_LEN;
	size_t whole = golden->len - GOLDEN_ETH_LEN - IPOS_HDR_LEN, len;
	struct ipos_advert advert;
	bool good = true;

	for (len = 0; len <= whole; len++) {
		u8 *copy = bytes_exact(body, len);

		good &= ipos_advert_parse(copy, len, &advert) ==
			(len < IPOS_ADVERT_LEN ? IPOS_WIRE_SHORT :
			 len < whole ? IPOS_WIRE_LENGTH : IPOS_WIRE_OK);
		free(copy);
	}
	tap_ok(good, "parse__truncated");
}

static void put16(u8 *body, size_t at, u16 value)
{
	body[at] = value >> 8;
	body[at + 1] = value & 0xff;
}

static enum ipos_wire_result with(const struct golden *golden, size_t at,
				  u16 value)
{
	size_t len = golden->len - GOLDEN_ETH_LEN - IPOS_HDR_LEN;
	u8 *copy = bytes_exact(golden->bytes + GOLDEN_ETH_LEN + IPOS_HDR_LEN,
			       len);
	enum ipos_wire_result result;
	struct ipos_advert advert;

	put16(copy, at, value);
	result = ipos_advert_parse(copy, len, &advert);
	free(copy);
	return result;
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
		{ "256 parts", 16, 256, true },
		{ "257 parts", 16, 257, false },
		{ "65535 parts", 16, 65535, false },
		{ "no interval", 18, 0, false },
		{ "the longest interval", 18, 65535, true },
		{ "unknown flags", 20, 0xfff0, true },
		{ "CPU 1000", 26, 1000, true },
		{ "CPU 1001", 26, 1001, false },
		{ "no weight", 28, 0, false },
		{ "weight 10000", 28, 10000, true },
		{ "weight 10001", 28, 10001, false },
		{ "one socket too many", 62, 3, false },
		{ "65535 sockets", 62, 65535, false },
		{ "a socket less than there are bytes for", 62, 1, true },
		{ "no sockets", 62, 0, true },
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(cases); i++)
		tap_ok((with(golden, cases[i].at, cases[i].value) ==
			IPOS_WIRE_OK) == cases[i].good, "parse__%s",
		       cases[i].name);
}

static void parse__no_epoch(const struct golden *golden)
{
	size_t len = golden->len - GOLDEN_ETH_LEN - IPOS_HDR_LEN;
	u8 *copy = bytes_exact(golden->bytes + GOLDEN_ETH_LEN + IPOS_HDR_LEN,
			       len);
	struct ipos_advert advert;

	memset(copy + 2, 0, 8);
	tap_ok(ipos_advert_parse(copy, len, &advert) == IPOS_WIRE_LENGTH,
	       "parse__no_epoch");
	free(copy);
}

static void listener__judged(void)
{
	u8 body[IPOS_ADVERT_LEN + IPOS_LISTENER_LEN] = { 0 };
	u8 *row = body + IPOS_ADVERT_LEN;
	struct ipos_listener listener;

	row[0] = IPOS_PROTO_TCP;
	tap_ok(!ipos_advert_parse_listener(body, 0, &listener),
	       "listener__without_port");
	row[3] = 80;
	tap_ok(ipos_advert_parse_listener(body, 0, &listener),
	       "listener__with_port");
	row[0] = 3;
	tap_ok(!ipos_advert_parse_listener(body, 0, &listener),
	       "listener__of_another_protocol");
	row[0] = IPOS_LISTENER_STARTABLE | IPOS_PROTO_TCP;
	row[1] = IPOS_LISTENER_STARTING;
	tap_ok(ipos_advert_parse_listener(body, 0, &listener) &&
	       listener.proto == row[0] && listener.flags == row[1],
	       "listener__startable");
	row[4] = 10;
	tap_ok(!ipos_advert_parse_listener(body, 0, &listener),
	       "listener__startable_at_an_address");
	row[4] = 0;
	row[0] = IPOS_LISTENER_STARTABLE | 3;
	tap_ok(!ipos_advert_parse_listener(body, 0, &listener),
	       "listener__startable_of_another_protocol");
	row[0] = IPOS_PROTO_TCP;
	tap_ok(ipos_advert_parse_listener(body, 0, &listener) &&
	       !listener.flags, "listener__has_no_flags");
	row[0] = IPOS_PROTO_UDP;
	memset(row + 12, 'x', IPOS_PROCESS_LEN);
	row[13] = '\n';
	row[14] = 0x1b;
	row[15] = 0xff;
	ipos_advert_parse_listener(body, 0, &listener);
	tap_ok(!strcmp(listener.name, "x???xxxxxxxxxxx"),
	       "listener__name_is_text_and_ends");
}

static void room__counts(void)
{
	tap_ok(!ipos_advert_room(0) && !ipos_advert_room(79) &&
	       !ipos_advert_room(107), "room__none");
	tap_ok(ipos_advert_room(108) == 1 && ipos_advert_room(1500) == 50,
	       "room__as_many_as_fit");
	tap_ok(ipos_advert_room(1 << 20) == 2338,
	       "room__no_more_than_a_length_can_say");
}

int main(void)
{
	struct golden golden;

	golden_load(&golden, "advert");
	golden__parsed(&golden);
	golden__built(&golden);
	parse__truncated(&golden);
	parse__absurd(&golden);
	parse__no_epoch(&golden);
	golden_free(&golden);
	listener__judged();
	room__counts();
	return tap_done();
}
