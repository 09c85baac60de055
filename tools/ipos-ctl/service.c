// SPDX-License-Identifier: GPL-2.0
#include <string.h>
#include <linux/ipos.h>
#include "command.h"

static const char *const protocols[] = { "", "tcp", "udp", NULL };

static const char *const inspections[] = { "none", "http", "tls", NULL };

static const char *const policies[] = {
	"local-first", "least-conn", "least-load", "hash", NULL
};

static const struct field proto = {
	"proto", &kind_u8_word, IPOS_A_SERVICE_PROTO, protocols,
	"protocol of the service"
};

static const struct field endpoint = {
	"endpoint", &kind_endpoint, IPOS_A_SERVICE_ADDR, NULL,
	"what clients talk to", "service"
};

static const struct field addr = {
	"addr", &kind_ipv4, IPOS_A_SERVICE_ADDR, NULL, "its address"
};

static const struct field port = {
	"port", &kind_port, IPOS_A_SERVICE_PORT, NULL, "its port"
};

static const struct field inspect = {
	"inspect", &kind_u8_word, IPOS_A_SERVICE_INSPECT, inspections,
	"what of a request is read first; none where the server speaks first"
};

static const struct field policy = {
	"policy", &kind_u8_word, IPOS_A_SERVICE_POLICY, policies,
	"who gets what no map decides"
};

static const struct field target_port = {
	"target-port", &kind_port, IPOS_A_SERVICE_TARGET_PORT, NULL,
	"port the applications listen on; the same when not given"
};

static bool put_cookie(struct nlmsghdr *nlh, const struct field *field,
		       const char *word)
{
	if (strlen(word) > IPOS_COOKIE_NAME_LEN_MAX)
		return false;
	mnl_attr_put_strz(nlh, field->attr, word);
	return true;
}

static void show_cookie(const struct field *field, struct nlattr **row)
{
	kind_text.show(field, row);
}

static const struct kind kind_cookie_name = {
	"NAME", "a cookie's name of at most 63 bytes", put_cookie, show_cookie
};

static const struct field cookie = {
	"cookie", &kind_cookie_name, IPOS_A_SERVICE_COOKIE, NULL,
	"name of the cookie by which sessions go; \"\": none"
};

static const struct field timeout = {
	"timeout", &kind_u32, IPOS_A_SERVICE_TIMEOUT, NULL,
	"of udp: seconds without a datagram that end a flow; 30 when not given"
};

static const struct field one_packet = {
	"one-packet", &kind_flag, IPOS_A_SERVICE_ONE_PACKET, NULL,
	"of udp: a board is chosen for each datagram"
};

static const struct field foreign = {
	"foreign", &kind_flag, IPOS_A_SERVICE_FOREIGN, NULL,
	"the address need not be this host's"
};

static const struct field connections = {
	"connections", &kind_u64, IPOS_A_SERVICE_CONNECTIONS, NULL,
	"handshakes completed, UDP flows begun, datagrams placed"
};

static const struct field *const columns[] = {
	&proto, &addr, &port, &inspect, &policy, &target_port, &cookie,
	&timeout, &one_packet, &foreign, &connections, NULL
};

static const struct arg add_args[] = {
	{ &proto, ARG_FIRST }, { &endpoint, ARG_FIRST },
	{ &inspect }, { &policy }, { &target_port }, { &cookie }, { &timeout },
	{ &one_packet }, { &foreign }, { NULL }
};

static const struct arg set_args[] = {
	{ &proto, ARG_FIRST }, { &endpoint, ARG_FIRST },
	{ &inspect, ARG_ONE_OF }, { &policy, ARG_ONE_OF },
	{ &target_port, ARG_ONE_OF }, { &cookie, ARG_ONE_OF },
	{ &timeout, ARG_ONE_OF }, { NULL }
};

static const struct arg del_args[] = {
	{ &proto, ARG_FIRST }, { &endpoint, ARG_FIRST }, { NULL }
};

static const struct command commands[] = {
	{
		.name = "show", .help = "show the virtual services",
		.cmd = IPOS_CMD_SERVICE_GET, .columns = columns,
	}, {
		.name = "add", .help = "take over new connections to an address",
		.cmd = IPOS_CMD_SERVICE_ADD, .args = add_args,
	}, {
		.name = "set", .help = "change how new connections are treated",
		.cmd = IPOS_CMD_SERVICE_SET, .args = set_args,
	}, {
		.name = "del", .help = "leave new connections alone again",
		.cmd = IPOS_CMD_SERVICE_DEL, .args = del_args,
	},
	{ NULL }
};

OBJECT(service, "virtual services: what is taken over, and how", commands);
