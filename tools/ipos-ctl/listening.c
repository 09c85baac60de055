// SPDX-License-Identifier: GPL-2.0
#include <linux/ipos.h>
#include "command.h"

static const char *const protocols[] = { "", "tcp", "udp", NULL };

static const char *const states[] = {
	"listening", "startable", "starting", NULL
};

static const struct field server = {
	"server", &kind_ipv4, IPOS_A_LISTEN_SERVER, NULL,
	"the board's Server IP, this one's too", "server"
};

static const struct field port = {
	"port", &kind_port, IPOS_A_LISTEN_PORT, NULL, "the port"
};

static const struct field pid = {
	"pid", &kind_u32, IPOS_A_LISTEN_PID, NULL, "the process"
};

static const struct field name = {
	"name", &kind_text, IPOS_A_LISTEN_NAME, NULL, "its name"
};

static const struct field proto = {
	"proto", &kind_u8_word, IPOS_A_LISTEN_PROTO, protocols, "protocol"
};

static const struct field addr = {
	"addr", &kind_ipv4, IPOS_A_LISTEN_ADDR, NULL,
	"the address it is bound to"
};

static const struct field state = {
	"state", &kind_u8_word, IPOS_A_LISTEN_STATE, states,
	"whether it listens, or the board can start it"
};

static const struct field required = {
	"required", &kind_u64, IPOS_A_LISTEN_REQUIRED, NULL,
	"memory that it needs to be started, KiB"
};

/* The table's own columns first, in its order. */
static const struct field *const columns[] = {
	&server, &port, &pid, &name, &proto, &addr, &state, &required, NULL
};

static const struct arg args[] = { { &server }, { &port }, { NULL } };

static const struct command commands[] = {
	{
		.name = "show", .help = "show what listens, here and elsewhere",
		.cmd = IPOS_CMD_LISTEN_GET,
		.args = args, .columns = columns,
	},
	{ NULL }
};

OBJECT(listen, "the Listening Sockets Table: what listens where", commands);
