// SPDX-License-Identifier: GPL-2.0
/* Four tables that are states of one: shown alike, ended by nobody's hand. */
#include <stdio.h>
#include <linux/ipos.h>
#include "command.h"
#include "print.h"

static const char *const protocols[] = { "", "tcp", "udp", NULL };

static const char *const states[] = {
	"temporary", "forward-connect", "forward", "local", "reserved",
	"closed", NULL
};

static const char *const connect_states[] = {
	"", "forward-connect", "", "", "reserved", NULL
};

static const char *const local_states[] = {
	"", "", "", "local", "", "closed", NULL
};

static const char *const flags[] = {
	"target", "closing", "reset", "lost", NULL
};

/* Socket, or the hand-off that will make one, or nothing that has a name. */
static void show_reference(const struct field *field, struct nlattr **row)
{
	const struct field id = { field->name, &kind_id, IPOS_A_FLOW_HANDOFF_ID };
	const struct nlattr *state = row[IPOS_A_FLOW_STATE];
	uint8_t value = state ? mnl_attr_get_u8(state) : 0;
	char text[32];

	if (row[IPOS_A_FLOW_INODE]) {
		snprintf(text, sizeof(text), "socket:%llu",
			 (unsigned long long)
			 mnl_attr_get_u64(row[IPOS_A_FLOW_INODE]));
		print_text(field->name, text);
	} else if (value == IPOS_ENDPOINT_STATE_FORWARD_CONNECT ||
		   value == IPOS_ENDPOINT_STATE_RESERVED) {
		kind_id.show(&id, row);
	} else {
		print_none(field->name);
	}
}

static const struct kind kind_reference = { .show = show_reference };

static const struct field src_ip = {
	"src-ip", &kind_ipv4, IPOS_A_FLOW_SRC_IP, NULL, "the client"
};

static const struct field src_port = {
	"src-port", &kind_port, IPOS_A_FLOW_SRC_PORT, NULL, "its port"
};

static const struct field dst_ip = {
	"dst-ip", &kind_ipv4, IPOS_A_FLOW_DST_IP, NULL, "the destination"
};

static const struct field dst_port = {
	"dst-port", &kind_port, IPOS_A_FLOW_DST_PORT, NULL, "its port"
};

static const struct field service_ip = {
	"service-ip", &kind_ipv4, IPOS_A_FLOW_SERVICE_IP, NULL,
	"what the client talks to"
};

static const struct field service_port = {
	"service-port", &kind_port, IPOS_A_FLOW_SERVICE_PORT, NULL, "its port"
};

static const struct field proto = {
	"proto", &kind_u8_word, IPOS_A_FLOW_PROTO, protocols, "protocol"
};

static const struct field reference = {
	"endpoint", &kind_reference, IPOS_A_FLOW_INODE, NULL, "endpoint"
};

static const struct field state = {
	"state", &kind_u8_word, IPOS_A_FLOW_STATE, states, "state"
};

static const struct field age = {
	"age", &kind_seconds, IPOS_A_FLOW_AGE, NULL, "since it exists"
};

static const struct field idle = {
	"idle", &kind_seconds, IPOS_A_FLOW_IDLE, NULL, "since the last packet"
};

static const struct field handoff = {
	"handoff-id", &kind_id, IPOS_A_FLOW_HANDOFF_ID, NULL, "the hand-off"
};

static const struct field peer = {
	"peer", &kind_ipv4, IPOS_A_FLOW_PEER, NULL, "the other board"
};

static const struct field flag = {
	"flags", &kind_bits, IPOS_A_FLOW_FLAGS, flags, "how it will end"
};

/* What can be asked for. */
static const struct field from = {
	"from", &kind_ipv4, IPOS_A_FLOW_SRC_IP, NULL, "only those of a client"
};

static const struct field from_port = {
	"port", &kind_port, IPOS_A_FLOW_SRC_PORT, NULL,
	"only those of a client's port"
};

static const struct field server = {
	"server", &kind_ipv4, IPOS_A_FLOW_PEER, NULL,
	"only those handed to or by a board, by its Server IP", "server"
};

static const struct field connect_state = {
	"state", &kind_u8_word, IPOS_A_FLOW_STATE, connect_states,
	"only those offered here, or only those reserved here"
};

static const struct field local_state = {
	"state", &kind_u8_word, IPOS_A_FLOW_STATE, local_states,
	"closed: endpoints handed to this board that have ended"
};

static const struct field *const forward_columns[] = {
	&src_ip, &src_port, &dst_ip, &dst_port, &service_ip, &service_port,
	&proto, &state, &age, &idle, &handoff, &peer, &flag, NULL
};

static const struct field *const columns[] = {
	&src_ip, &src_port, &dst_ip, &dst_port, &reference,
	&proto, &state, &age, &idle, &handoff, &peer, &flag, NULL
};

static const struct arg args[] = {
	{ &from }, { &from_port }, { &server }, { NULL }
};

static const struct arg connect_args[] = {
	{ &from }, { &from_port }, { &server }, { &connect_state }, { NULL }
};

static const struct arg local_args[] = {
	{ &from }, { &from_port }, { &server }, { &local_state }, { NULL }
};

#define SHOW(TABLE, args_, columns_) {					\
	.name = "show", .help = "show the rows",			\
	.cmd = IPOS_CMD_FLOW_GET,					\
	.args = args_, .columns = columns_,				\
	.preset_attr = IPOS_A_FLOW_TABLE, .preset = IPOS_TABLE_##TABLE,	\
}

static const struct command temporary_cmds[] = {
	SHOW(TEMPORARY, args, columns), { NULL }
};

static const struct command connect_cmds[] = {
	SHOW(FORWARD_CONNECT, connect_args, columns), { NULL }
};

static const struct command forward_cmds[] = {
	SHOW(FORWARD, args, forward_columns), { NULL }
};

static const struct command local_cmds[] = {
	SHOW(LOCAL, local_args, columns), { NULL }
};

OBJECT(temporary, "the Temporary Table: nobody's endpoints", temporary_cmds);
OBJECT(connect, "the Forward-Connect Table: being handed over", connect_cmds);
OBJECT(forward, "the Forward Table: other boards' endpoints", forward_cmds);
OBJECT(local, "the Local Table: endpoints with a socket here", local_cmds);
