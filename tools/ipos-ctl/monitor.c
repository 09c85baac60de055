// SPDX-License-Identifier: GPL-2.0
/* What happens on this board, a line each, until it is stopped. */
#include <string.h>
#include <linux/ipos.h>
#include "cluster.h"
#include "command.h"
#include "error.h"
#include "handoff.h"
#include "listen.h"
#include "print.h"
#include "words.h"

static const struct kind kind_object = { "OBJECT", "an object", NULL, NULL };
static const struct kind kind_step = { "STEP", "a step", NULL, NULL };

static const struct kind kind_event = { "EVENT", "an event", NULL, NULL };

static const struct field object_name = {
	"object", &kind_object, 0, NULL,
	"only changes of these: board, dev, server, service, url, cookie, app"
};

static const struct field step = {
	"step", &kind_step, 0, NULL,
	"only these: established, offered, committed, ..."
};

static const struct field change = {
	"change", &kind_event, 0, cluster_events,
	"only these: joined, stale, gone, listening, closed, ..."
};

/* Which object the attribute inside of a change speaks of. */
static const struct {
	uint16_t attr;
	const char *object;
} nests[] = {
	{ IPOS_A_CONFIG_BOARD, "board" },
	{ IPOS_A_CONFIG_DEV, "dev" },
	{ IPOS_A_CONFIG_SERVER, "server" },
	{ IPOS_A_CONFIG_SERVICE, "service" },
	{ IPOS_A_CONFIG_URL, "url" },
	{ IPOS_A_CONFIG_APP, "app" },
	{ IPOS_A_CONFIG_COOKIE, "cookie" },
};

#define NESTS (sizeof(nests) / sizeof(*nests))

struct filter {
	const struct call *call;
	struct nlattr *wanted[ATTRS];
};

static const struct command *command_by_number(const struct object *object,
					       uint8_t cmd)
{
	const struct command *command;

	for (command = object->commands; command->name; command++)
		if (command->cmd == cmd)
			return command;
	return NULL;
}

static bool is_wanted(const struct call *call, const char *word)
{
	for (int i = 0; i < call->n_words; i++)
		if (!strcmp(call->words[i], word))
			return true;
	return !call->n_words;
}

static void show_change(const struct event *event, int i)
{
	const struct nlattr *cmd = event->attrs[IPOS_A_CONFIG_COMMAND];
	const struct object *object = command_object(nests[i].object);
	const struct command *command = NULL;
	struct nlattr *attrs[ATTRS];

	if (object && cmd)
		command = command_by_number(object, mnl_attr_get_u8(cmd));
	/* A newer kernel's. */
	if (!command)
		return;
	netlink_nested(event->attrs[nests[i].attr], attrs);
	print_line();
	listen_show_head(event);
	print_bare();
	print_text("event", "config");
	words_show(object, command, attrs);
	print_line_end();
}

static void config(const struct event *event, const struct call *call)
{
	for (size_t i = 0; i < NESTS; i++)
		if (event->attrs[nests[i].attr] &&
		    is_wanted(call, nests[i].object))
			show_change(event, i);
}

/* A hand-off's, or the cluster's: what is told of it is in the words of what. */
static void happened(const struct event *event, const struct filter *filter,
		     const struct field *what, const char *name,
		     void (*show)(const struct event *event))
{
	if (!listen_matches(event, filter->wanted) ||
	    !is_wanted(filter->call, value_word(what, event->attrs)))
		return;
	print_line();
	listen_show_head(event);
	print_bare();
	print_text("event", name);
	show(event);
	print_line_end();
}

static bool show(const struct event *event, void *arg)
{
	const struct filter *filter = arg;

	switch (event->cmd) {
	case IPOS_CMD_CONFIG_NTF:
		config(event, filter->call);
		break;
	case IPOS_CMD_HANDOFF_NTF:
		happened(event, filter, &handoff_step, "handoff", handoff_show);
		break;
	case IPOS_CMD_CLUSTER_NTF:
		happened(event, filter, &cluster_event, "cluster",
			 cluster_show);
		break;
	}
	return true;
}

static int monitor(struct call *call, const char *const *groups)
{
	struct filter filter = { .call = call };

	netlink_attrs(call->request, filter.wanted);
	return listen_to(groups, show, &filter);
}

static int monitor_all(struct call *call)
{
	static const char *const groups[] = {
		IPOS_MCGRP_HANDOFF, IPOS_MCGRP_CONFIG, IPOS_MCGRP_CLUSTER, NULL
	};

	return monitor(call, groups);
}

static int monitor_handoff(struct call *call)
{
	static const char *const groups[] = { IPOS_MCGRP_HANDOFF, NULL };

	for (int i = 0; i < call->n_words; i++)
		if (!value_is_word(&handoff_step, call->words[i]))
			return error("argument \"%s\" is wrong: no step of a hand-off",
				     call->words[i]);
	return monitor(call, groups);
}

static int monitor_config(struct call *call)
{
	static const char *const groups[] = { IPOS_MCGRP_CONFIG, NULL };

	for (int i = 0; i < call->n_words; i++) {
		size_t j = 0;

		while (j < NESTS && strcmp(nests[j].object, call->words[i]))
			j++;
		if (j == NESTS)
			return error("argument \"%s\" is wrong: no object that is configured",
				     call->words[i]);
	}
	return monitor(call, groups);
}

static int monitor_cluster(struct call *call)
{
	static const char *const groups[] = { IPOS_MCGRP_CLUSTER, NULL };

	for (int i = 0; i < call->n_words; i++)
		if (!value_is_word(&cluster_event, call->words[i]))
			return error("argument \"%s\" is wrong: no event of the cluster",
				     call->words[i]);
	return monitor(call, groups);
}

static const struct arg handoff_args[] = {
	{ &handoff_client }, { &handoff_service }, { &handoff_peer },
	{ &handoff_id }, { &step, ARG_MANY }, { NULL }
};

static const struct arg config_args[] = {
	{ &object_name, ARG_MANY }, { NULL }
};

static const struct arg cluster_args[] = {
	{ &cluster_server }, { &change, ARG_MANY }, { NULL }
};

static const struct command commands[] = {
	{
		.name = "all", .help = "tell of everything below",
		.cmd = IPOS_CMD_HANDOFF_NTF,
		.run = monitor_all, .listens = true,
	}, {
		.name = "handoff",
		.help = "tell of the steps of endpoints to their place",
		.cmd = IPOS_CMD_HANDOFF_NTF,
		.args = handoff_args, .run = monitor_handoff, .listens = true,
	}, {
		.name = "config",
		.help = "tell of changes of the configuration",
		.cmd = IPOS_CMD_CONFIG_NTF,
		.args = config_args, .run = monitor_config, .listens = true,
	}, {
		.name = "cluster",
		.help = "tell of boards, and of what listens there",
		.cmd = IPOS_CMD_CLUSTER_NTF,
		.args = cluster_args, .run = monitor_cluster, .listens = true,
	},
	{ NULL }
};

OBJECT(monitor, "what happens, as it happens", commands);
