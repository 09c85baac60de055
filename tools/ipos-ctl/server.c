// SPDX-License-Identifier: GPL-2.0
#include <linux/ipos.h>
#include "command.h"

static const char *const states[] = { "up", "drain", "down", NULL };
static const char *const freshnesses[] = {
	"unheard", "fresh", "stale", "gone", "left", NULL
};

static const char *const flags[] = { "draining", "leaving", NULL };

static const struct field ip = {
	"ip", &kind_ipv4, IPOS_A_SERVER_IP, NULL, "the board's Server IP",
	"server"
};

static const struct field lladdr = {
	"lladdr", &kind_mac, IPOS_A_SERVER_LLADDR, NULL, "its MAC on the fabric"
};

static const struct field dev = {
	"dev", &kind_device, IPOS_A_SERVER_IFINDEX, NULL,
	"fabric device that reaches it; not needed where there is one only"
};

static const struct field dev_name = {
	"dev", &kind_text, IPOS_A_SERVER_DEV, NULL, "that device's name"
};

static const struct field state = {
	"state", &kind_u8_word, IPOS_A_SERVER_STATE, states,
	"drain: gets nothing new; down: out of order"
};

static const struct field connections = {
	"connections", &kind_u32, IPOS_A_SERVER_CONNECTIONS, NULL,
	"established TCP connections"
};

static const struct field cpu = {
	"cpu", &kind_u32, IPOS_A_SERVER_CPU, NULL, "CPU utilization, per mille"
};

static const struct field memory = {
	"memory", &kind_u64, IPOS_A_SERVER_MEMORY, NULL, "available memory, KiB"
};

static const struct field bandwidth = {
	"bandwidth", &kind_u64, IPOS_A_SERVER_BANDWIDTH, NULL,
	"available bandwidth, kbit/s"
};

static const struct field handoffs = {
	"handoffs", &kind_u32, IPOS_A_SERVER_HANDOFFS, NULL,
	"endpoints of ours it holds now"
};

static const struct field weight = {
	"weight", &kind_u32, IPOS_A_SERVER_WEIGHT, NULL,
	"its share, 100 is ordinary; 0: as it says itself"
};

static const struct field freshness = {
	"freshness", &kind_u8_word, IPOS_A_SERVER_FRESHNESS, freshnesses,
	"how it is known to be there"
};

static const struct field learned = {
	"learned", &kind_yesno, IPOS_A_SERVER_LEARNED, NULL,
	"whether the row was made by its advertisements"
};

static const struct field heard = {
	"heard", &kind_seconds, IPOS_A_SERVER_HEARD, NULL,
	"time since its last advertisement"
};

static const struct field interval = {
	"interval", &kind_u32, IPOS_A_SERVER_INTERVAL, NULL,
	"milliseconds between its advertisements"
};

static const struct field epoch = {
	"epoch", &kind_id, IPOS_A_SERVER_EPOCH, NULL, "the life that it is in"
};

static const struct field snapshot = {
	"snapshot", &kind_u32, IPOS_A_SERVER_SNAPSHOT, NULL,
	"number of its last advertisement"
};

static const struct field said = {
	"says", &kind_bits, IPOS_A_SERVER_FLAGS, flags,
	"what it says of itself"
};

static const struct field in_flight = {
	"in-flight", &kind_u32, IPOS_A_SERVER_IN_FLIGHT, NULL,
	"endpoints attached there and not yet closed"
};

static const struct field accept_us = {
	"accept-us", &kind_u32, IPOS_A_SERVER_ACCEPT_US, NULL,
	"microseconds that a new connection waits for accept()"
};

static const struct field memory_total = {
	"memory-total", &kind_u32, IPOS_A_SERVER_MEMORY_TOTAL, NULL,
	"its memory, MiB"
};

static const struct field bandwidth_total = {
	"bandwidth-total", &kind_u32, IPOS_A_SERVER_BANDWIDTH_TOTAL, NULL,
	"its bandwidth, Mbit/s"
};

/* The table's own columns first, in its order. */
static const struct field *const columns[] = {
	&ip, &connections, &cpu, &memory, &bandwidth,
	&lladdr, &dev_name, &state, &handoffs, &weight,
	&freshness, &learned, &heard, &interval, &epoch, &snapshot, &said,
	&in_flight, &accept_us, &memory_total, &bandwidth_total, NULL
};

static const struct arg show_args[] = { { &ip, ARG_FIRST_OPTIONAL }, { NULL } };

static const struct arg del_args[] = { { &ip, ARG_FIRST }, { NULL } };

static const struct arg add_args[] = {
	{ &ip, ARG_FIRST }, { &lladdr, ARG_NEEDED }, { &dev },
	{ &state }, { &connections }, { &cpu }, { &memory }, { &bandwidth },
	{ &weight },
	{ NULL }
};

static const struct arg set_args[] = {
	{ &ip, ARG_FIRST }, { &state, ARG_ONE_OF },
	{ &connections, ARG_ONE_OF }, { &cpu, ARG_ONE_OF },
	{ &memory, ARG_ONE_OF }, { &bandwidth, ARG_ONE_OF },
	{ &weight, ARG_ONE_OF },
	{ NULL }
};

static const struct command commands[] = {
	{
		.name = "show", .help = "show the other boards, or one",
		.cmd = IPOS_CMD_SERVER_GET,
		.args = show_args, .columns = columns,
	}, {
		.name = "add", .help = "make another board known",
		.cmd = IPOS_CMD_SERVER_ADD, .args = add_args,
	}, {
		.name = "set", .help = "say what state and load it is in",
		.cmd = IPOS_CMD_SERVER_SET, .args = set_args,
	}, {
		.name = "del", .help = "forget a board",
		.cmd = IPOS_CMD_SERVER_DEL, .args = del_args,
	},
	{ NULL }
};

OBJECT(server, "the Server State Table: other boards", commands);
