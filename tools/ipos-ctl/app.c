// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/ipos.h>
#include "command.h"
#include "print.h"
#include "split.h"

static const char *const protocols[] = { "", "tcp", "udp", NULL };
static const char *const states[] = {
	"stopped", "starting", "running", "failed", NULL
};

static bool put_label(struct nlmsghdr *nlh, const struct field *field,
		      const char *word)
{
	if (strlen(word) > IPOS_LABEL_LEN_MAX)
		return false;
	mnl_attr_put_strz(nlh, field->attr, word);
	return true;
}

static void show_text(const struct field *field, struct nlattr **row)
{
	kind_text.show(field, row);
}

static const struct kind kind_label = {
	"NAME", "a name of at most 31 bytes", put_label, show_text
};

/* The agent cuts it into words: whether it can is known here already. */
static bool is_words(const char *text)
{
	char copy[IPOS_COMMAND_LEN_MAX + 1], *at = copy;

	if (strlen(text) > IPOS_COMMAND_LEN_MAX)
		return false;
	strcpy(copy, text);
	at = split_blanks(at);
	if (!*at)
		return false;
	while (at && *at) {
		at = split_word(at);
		if (at)
			at = split_blanks(at);
	}
	return at;
}

static bool put_command(struct nlmsghdr *nlh, const struct field *field,
			const char *word)
{
	if (!is_words(word))
		return false;
	mnl_attr_put_strz(nlh, field->attr, word);
	return true;
}

static const struct kind kind_command = {
	"\"COMMAND ...\"", "a program and its words in one argument of at most 1000 bytes",
	put_command, show_text
};

static const struct kind kind_unit = {
	"UNIT", "the name of a systemd unit", put_command, show_text
};

/* Kibibytes that one of the unit is; 0: there is no such unit. */
static uint64_t unit_of(const char *unit)
{
	static const char *const units[] = { "K", "M", "G" };
	uint64_t size = 1;

	for (int i = 0; i < 3; i++, size <<= 10)
		if (!strcmp(unit, units[i]))
			return size;
	return 0;
}

static bool put_size(struct nlmsghdr *nlh, const struct field *field,
		     const char *word)
{
	uint64_t number, unit;
	char *end;

	if (!isdigit((unsigned char)*word))
		return false;
	errno = 0;
	number = strtoull(word, &end, 10);
	unit = unit_of(end);
	if (errno || !unit || number > UINT64_MAX / unit)
		return false;
	mnl_attr_put_u64(nlh, field->attr, number * unit);
	return true;
}

static void show_size(const struct field *field, struct nlattr **row)
{
	const struct nlattr *attr = row[field->attr];
	uint64_t kib = attr ? mnl_attr_get_u64(attr) : 0;
	const char *unit = "K";
	char text[32];

	if (!attr) {
		print_none(field->name);
		return;
	}
	for (int i = 0; i < 2 && kib && kib % 1024 == 0; i++, kib /= 1024)
		unit = i ? "G" : "M";
	snprintf(text, sizeof(text), "%" PRIu64 "%s", kib, unit);
	print_text(field->name, text);
}

static const struct kind kind_size = {
	"SIZE", "a size with K, M or G, as 64M", put_size, show_size
};

static const struct field label = {
	"app", &kind_label, IPOS_A_APP_LABEL, NULL,
	"the name that it is registered by", "app"
};

static const struct field port = {
	"port", &kind_port, IPOS_A_APP_PORT, NULL, "where it listens"
};

static const struct field proto = {
	"proto", &kind_u8_word, IPOS_A_APP_PROTO, protocols, "protocol"
};

static const struct field state = {
	"state", &kind_u8_word, IPOS_A_APP_STATE, states,
	"whether it listens, or is being started"
};

static const struct field memory = {
	"memory", &kind_size, IPOS_A_APP_REQUIRED, NULL,
	"memory that must be available to start it"
};

static const struct field required = {
	"required", &kind_u64, IPOS_A_APP_REQUIRED, NULL,
	"memory that must be available to start it, KiB"
};

static const struct field max_cpu = {
	"max-cpu", &kind_u32, IPOS_A_APP_MAX_CPU, NULL,
	"not started from this CPU utilization of the board on, per mille; 0: any"
};

static const struct field start_timeout = {
	"start-timeout", &kind_u32, IPOS_A_APP_START_TIMEOUT, NULL,
	"seconds until it must listen"
};

static const struct field exec = {
	"exec", &kind_command, IPOS_A_APP_EXEC, NULL,
	"the program that the agent starts"
};

static const struct field unit = {
	"unit", &kind_unit, IPOS_A_APP_UNIT, NULL,
	"the systemd unit that the agent starts"
};

static const struct field starts = {
	"starts", &kind_u32, IPOS_A_APP_STARTS, NULL, "how often it was started"
};

static const struct field failures = {
	"failures", &kind_u32, IPOS_A_APP_FAILURES, NULL,
	"how often that, or what was started, has failed"
};

static const struct field pid = {
	"pid", &kind_u32, IPOS_A_APP_PID, NULL, "the process"
};

static const struct field used = {
	"memory", &kind_u64, IPOS_A_APP_MEMORY, NULL, "resident memory, KiB"
};

static const struct field cpu = {
	"cpu", &kind_u32, IPOS_A_APP_CPU, NULL,
	"CPU utilization, per mille of one CPU"
};

static const struct field name = {
	"name", &kind_text, IPOS_A_APP_NAME, NULL, "its name"
};

/* The table's own columns first, in its order. */
static const struct field *const columns[] = {
	&pid, &used, &cpu, &name, &label, &port, &proto, &required, &state,
	&starts, &failures, NULL
};

static const struct arg add_args[] = {
	{ &label, ARG_FIRST }, { &port, ARG_NEEDED }, { &proto },
	{ &memory, ARG_NEEDED }, { &max_cpu }, { &start_timeout },
	{ &exec, ARG_ONE_OF }, { &unit, ARG_ONE_OF }, { NULL }
};

static const struct arg del_args[] = { { &label, ARG_FIRST }, { NULL } };

static const struct arg set_args[] = {
	{ &label, ARG_FIRST }, { &state, ARG_NEEDED }, { &pid }, { NULL }
};

static const struct command commands[] = {
	{
		.name = "show",
		.help = "show the processes that listen here, and what can be started",
		.cmd = IPOS_CMD_APP_GET, .columns = columns,
	}, {
		.name = "add", .help = "have the agent start it where none listens",
		.cmd = IPOS_CMD_APP_ADD, .args = add_args,
	}, {
		.name = "del", .help = "start it no more; what runs goes on",
		.cmd = IPOS_CMD_APP_DEL, .args = del_args,
	}, {
		.name = "set", .help = "say that it is stopped, after a failure",
		.cmd = IPOS_CMD_APP_SET, .args = set_args,
	},
	{ NULL }
};

OBJECT(app, "the Application Information Table: who listens, or may", commands);
