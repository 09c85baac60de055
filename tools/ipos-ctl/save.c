// SPDX-License-Identifier: GPL-2.0
/* Everything configured, as the commands that make it so: for -batch. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/ipos.h>
#include "command.h"
#include "error.h"
#include "netlink.h"
#include "print.h"
#include "words.h"

/* In the order in which one may need the other. */
static const char *const saved[] = {
	"dev", "server", "service", "url", "cookie", "app"
};

/* A row of an answer, kept. */
struct row {
	struct nlattr *attrs[ATTRS];
};

struct rows {
	struct row *row;
	size_t n, room;
};

static void *must(void *memory)
{
	if (memory)
		return memory;
	fputs("Error: out of memory.\n", stderr);
	exit(1);
}

static void keep(struct nlattr **attrs, void *arg)
{
	struct rows *rows = arg;
	struct row *row;

	if (rows->n == rows->room) {
		rows->room = rows->room ? 2 * rows->room : 64;
		rows->row = must(realloc(rows->row,
					 rows->room * sizeof(*rows->row)));
	}
	row = &rows->row[rows->n++];
	memset(row, 0, sizeof(*row));
	for (int i = 0; i < ATTRS; i++)
		if (attrs[i]) {
			row->attrs[i] = must(malloc(attrs[i]->nla_len));
			memcpy(row->attrs[i], attrs[i], attrs[i]->nla_len);
		}
}

static void forget_row(struct row *row)
{
	for (int i = 0; i < ATTRS; i++)
		free(row->attrs[i]);
}

static void forget(struct rows *rows)
{
	while (rows->n--)
		forget_row(&rows->row[rows->n]);
	free(rows->row);
	*rows = (struct rows){ };
}

static int compare(const struct nlattr *a, const struct nlattr *b)
{
	size_t len;

	if (!a || !b)
		return !b - !a;
	len = a->nla_len < b->nla_len ? a->nla_len : b->nla_len;
	return memcmp(mnl_attr_get_payload(a), mnl_attr_get_payload(b),
		      len - MNL_ATTR_HDRLEN) ?: a->nla_len - b->nla_len;
}

/* A table has no order: the key, whose attributes come first, gives one. */
static int by_key(const void *a, const void *b)
{
	const struct row *x = a, *y = b;
	int order = 0;

	for (int i = 0; i < ATTRS && !order; i++)
		order = compare(x->attrs[i], y->attrs[i]);
	return order;
}

static int ask(const struct command *show, uint16_t flag, struct rows *rows)
{
	struct nlmsghdr *request = netlink_request(show->cmd);

	if (flag)
		mnl_attr_put(request, flag, 0, NULL);
	return show->record ? netlink_do(request, keep, rows) :
			      netlink_dump(request, keep, rows);
}

static bool is_zero(const struct nlattr *attr)
{
	const char *payload = mnl_attr_get_payload(attr);

	for (int i = 0; i < mnl_attr_get_payload_len(attr); i++)
		if (payload[i])
			return false;
	return true;
}

static void say(const struct object *object, const struct command *command,
		struct nlattr **attrs)
{
	print_line();
	words_show(object, command, attrs);
	print_line_end();
}

static bool is_optional(const struct field *field)
{
	return field->kind == &kind_u32 || field->kind == &kind_u64 ||
	       field->kind == &kind_onoff;
}

/* What is 0 or off was not given, or might as well not have been. */
static void say_row(const struct object *object, const struct command *add,
		    const struct row *row)
{
	struct row said = *row;

	for (const struct arg *arg = add->args; arg->field; arg++) {
		struct nlattr **attr = &said.attrs[arg->field->attr];

		if (*attr && arg->how == ARG_KEYWORD && is_zero(*attr) &&
		    is_optional(arg->field))
			*attr = NULL;
	}
	say(object, add, said.attrs);
}

static void drop(struct row *row, uint16_t attr)
{
	free(row->attrs[attr]);
	row->attrs[attr] = NULL;
}

/* An application, but not what it does; false: a process. */
static bool registered(struct row *row)
{
	drop(row, IPOS_A_APP_PID);
	drop(row, IPOS_A_APP_NAME);
	drop(row, IPOS_A_APP_MEMORY);
	drop(row, IPOS_A_APP_CPU);
	return row->attrs[IPOS_A_APP_LABEL];
}

/* What boards told, and applications gave out, is not configured; false: nor is its row. */
static bool by_hand(const char *name, struct row *row)
{
	static const uint16_t told[] = {
		IPOS_A_SERVER_CONNECTIONS, IPOS_A_SERVER_CPU,
		IPOS_A_SERVER_MEMORY, IPOS_A_SERVER_BANDWIDTH,
	};

	if (!strcmp(name, "app"))
		return registered(row);
	if (!strcmp(name, "cookie"))
		return !row->attrs[IPOS_A_COOKIE_LEARNED] ||
		       !mnl_attr_get_u8(row->attrs[IPOS_A_COOKIE_LEARNED]);
	if (strcmp(name, "server") || !row->attrs[IPOS_A_SERVER_FRESHNESS])
		return true;
	if (mnl_attr_get_u8(row->attrs[IPOS_A_SERVER_FRESHNESS]) !=
	    IPOS_SERVER_FRESHNESS_UNHEARD)
		for (size_t i = 0; i < sizeof(told) / sizeof(*told); i++)
			drop(row, told[i]);
	return !row->attrs[IPOS_A_SERVER_LEARNED] ||
	       !mnl_attr_get_u8(row->attrs[IPOS_A_SERVER_LEARNED]);
}

static int save_rows(const char *name)
{
	const struct object *object = command_object(name);
	const struct command *add = command_of(object, "add");
	struct rows rows = { };
	int status = ask(object->commands, 0, &rows);
	size_t n = 0;

	for (size_t i = 0; i < rows.n; i++)
		if (by_hand(name, &rows.row[i]))
			rows.row[n++] = rows.row[i];
		else
			forget_row(&rows.row[i]);
	rows.n = n;
	if (rows.n)
		qsort(rows.row, rows.n, sizeof(*rows.row), by_key);
	for (size_t i = 0; i < rows.n && !status; i++)
		say_row(object, add, &rows.row[i]);
	forget(&rows);
	return status;
}

/* A lowered limit ends no rows there are, but would be in the way of them. */
static bool comes_last(const struct field *field, const struct row *now,
		       const struct row *before)
{
	return ((field->attr >= IPOS_A_BOARD_LIMIT_TEMPORARY &&
		 field->attr <= IPOS_A_BOARD_LIMIT_URL) ||
		field->attr == IPOS_A_BOARD_LIMIT_COOKIE) &&
	       mnl_attr_get_u32(now->attrs[field->attr]) <
	       mnl_attr_get_u32(before->attrs[field->attr]);
}

static void say_settings(const struct object *board, const struct rows *rows,
			 bool last)
{
	const struct command *set = command_of(board, "set");
	const struct row *now = &rows->row[0], *before = &rows->row[1];
	struct row said = { };
	bool any = false;

	for (const struct arg *arg = set->args; arg->field; arg++) {
		uint16_t attr = arg->field->attr;

		if (!now->attrs[attr] || !before->attrs[attr] ||
		    !compare(now->attrs[attr], before->attrs[attr]) ||
		    comes_last(arg->field, now, before) != last)
			continue;
		said.attrs[attr] = now->attrs[attr];
		any = true;
	}
	if (any)
		say(board, set, said.attrs);
}

static int save(const struct object *board, const struct rows *settings)
{
	int status = DONE;

	if (settings->n != 2)
		return refusal("the kernel does not tell its settings");
	say_settings(board, settings, false);
	for (size_t i = 0; i < sizeof(saved) / sizeof(*saved) && !status;
	     i++)
		status = save_rows(saved[i]);
	if (!status)
		say_settings(board, settings, true);
	return status;
}

static int save_all(struct call *call)
{
	const struct object *board = command_object("board");
	struct rows settings = { };
	int status;

	(void)call;
	status = ask(board->commands, 0, &settings) ?:
		 ask(board->commands, IPOS_A_BOARD_DEFAULTS, &settings) ?:
		 save(board, &settings);
	forget(&settings);
	return status;
}

static const struct command commands[] = {
	{
		.name = "all",
		.help = "print the commands that make what is configured",
		.run = save_all,
	},
	{ NULL }
};

OBJECT(save, "everything configured, as commands for -batch", commands);
