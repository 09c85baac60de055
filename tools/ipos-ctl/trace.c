// SPDX-License-Identifier: GPL-2.0
/* One connection, from its first step to its end, on every board listened to. */
#include <stdio.h>
#include <string.h>
#include <linux/ipos.h>
#include "command.h"
#include "handoff.h"
#include "listen.h"
#include "netns.h"
#include "print.h"

/* A client's port, or a hand-off: whichever it looks like. */
static bool put_flow(struct nlmsghdr *nlh, const struct field *field,
		     const char *word)
{
	const struct field *is = strchr(word, ':') ? &handoff_client :
						     &handoff_id;

	(void)field;
	return is->kind->put(nlh, is, word);
}

static const struct kind kind_flow = {
	"CONNECTION", "a client's ADDRESS:PORT, or the id of a hand-off",
	put_flow, NULL
};

static const struct field flow = {
	"flow", &kind_flow, 0, NULL,
	"a client's ADDRESS:PORT, or the id of a hand-off; without it, the next one"
};

static const struct field service = {
	"service", &kind_endpoint, IPOS_A_HANDOFF_SERVICE_IP, NULL,
	"the next one that talks to this"
};

/* What names a connection, on every board. */
static const uint16_t key[] = {
	IPOS_A_HANDOFF_PROTO, IPOS_A_HANDOFF_SRC_IP, IPOS_A_HANDOFF_SRC_PORT,
	IPOS_A_HANDOFF_SERVICE_IP, IPOS_A_HANDOFF_SERVICE_PORT,
};

/**
 * struct trace - the connection that is followed
 * @wanted: attributes that its events have
 * @found: it is known which one it is
 * @key: memory of @wanted then
 * @began: time of its first event
 * @boards: those that have to do with it now; one bit each
 */
struct trace {
	struct nlattr *wanted[ATTRS];
	bool found;
	char key[256];
	uint64_t began;
	uint64_t boards;
};

static void found(struct trace *trace, const struct event *event)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(trace->key);

	memset(trace->wanted, 0, sizeof(trace->wanted));
	for (size_t i = 0; i < sizeof(key) / sizeof(*key); i++) {
		const struct nlattr *attr = event->attrs[key[i]];

		trace->wanted[key[i]] = mnl_nlmsg_get_payload_tail(nlh);
		mnl_attr_put(nlh, key[i], mnl_attr_get_payload_len(attr),
			     mnl_attr_get_payload(attr));
	}
	trace->found = true;
	trace->began = event->time;
}

static bool is_complete(const struct event *event)
{
	for (size_t i = 0; i < sizeof(key) / sizeof(*key); i++)
		if (!event->attrs[key[i]])
			return false;
	return event->attrs[IPOS_A_HANDOFF_STEP] &&
	       event->attrs[IPOS_A_HANDOFF_ROLE];
}

/* Whether the board has nothing to do with the connection any more. */
static bool is_end(const struct event *event)
{
	uint8_t role = mnl_attr_get_u8(event->attrs[IPOS_A_HANDOFF_ROLE]);

	switch (mnl_attr_get_u8(event->attrs[IPOS_A_HANDOFF_STEP])) {
	case IPOS_HANDOFF_STEP_ABANDONED:
	case IPOS_HANDOFF_STEP_UNPLACED:
	case IPOS_HANDOFF_STEP_CLOSED:
	case IPOS_HANDOFF_STEP_LOST:
		return true;
	case IPOS_HANDOFF_STEP_REFUSED:
	case IPOS_HANDOFF_STEP_WITHDRAWN:
	case IPOS_HANDOFF_STEP_EXPIRED:
		return role == IPOS_HANDOFF_ROLE_TARGET;
	default:
		return false;
	}
}

static uint64_t bit_of(const char *board)
{
	for (int i = 0; board && i < netns_count(); i++)
		if (!strcmp(netns_name(i), board))
			return UINT64_C(1) << i;
	return 1;
}

static void show(const struct trace *trace, const struct event *event)
{
	print_line();
	print_bare();
	print_microseconds("time", (event->time - trace->began) / 1000);
	listen_show_head(event);
	handoff_show(event);
	print_line_end();
}

static bool follow(const struct event *event, void *arg)
{
	struct trace *trace = arg;

	if (event->cmd != IPOS_CMD_HANDOFF_NTF || !is_complete(event) ||
	    !listen_matches(event, trace->wanted))
		return true;
	if (!trace->found)
		found(trace, event);
	show(trace, event);
	if (is_end(event))
		trace->boards &= ~bit_of(event->board);
	else
		trace->boards |= bit_of(event->board);
	return trace->boards;
}

static int run(struct call *call)
{
	static const char *const groups[] = { IPOS_MCGRP_HANDOFF, NULL };
	struct trace trace = { };

	netlink_attrs(call->request, trace.wanted);
	return listen_to(groups, follow, &trace);
}

static const struct arg args[] = {
	{ &flow, ARG_FIRST_OPTIONAL }, { &service }, { NULL }
};

static const struct command commands[] = {
	{
		.name = "follow",
		.help = "tell each step of a connection, until it ends",
		.cmd = IPOS_CMD_HANDOFF_NTF,
		.args = args, .run = run, .implied = true, .listens = true,
	},
	{ NULL }
};

OBJECT(trace, "one connection's way over the boards", commands);
