// SPDX-License-Identifier: GPL-2.0
#include <string.h>
#include <linux/ipos.h>
#include "command.h"

static const char *const yesno[] = { "no", "yes", NULL };

static bool put_id(struct nlmsghdr *nlh, const struct field *field,
		   const char *word)
{
	if (!*word || strlen(word) > IPOS_COOKIE_LEN_MAX)
		return false;
	mnl_attr_put_strz(nlh, field->attr, word);
	return true;
}

static void show_id(const struct field *field, struct nlattr **row)
{
	kind_text.show(field, row);
}

static const struct kind kind_cookie = {
	"ID", "a cookie's value of at most 128 bytes", put_id, show_id
};

static const struct field id = {
	"id", &kind_cookie, IPOS_A_COOKIE_ID, NULL,
	"value of the cookie by which a session goes", "cookie"
};

static const struct field server = {
	"server", &kind_ipv4, IPOS_A_COOKIE_SERVER, NULL,
	"Server IP of the board that has the session", "server"
};

static const struct field learned = {
	"learned", &kind_yesno, IPOS_A_COOKIE_LEARNED, yesno,
	"given out by an application, and not added by hand"
};

static const struct field idle = {
	"idle", &kind_seconds, IPOS_A_COOKIE_IDLE, NULL,
	"since it was used, or said anew"
};

static const struct field *const columns[] = {
	&id, &server, &learned, &idle, NULL
};

static const struct arg filter_args[] = { { &server }, { NULL } };

static const struct arg add_args[] = {
	{ &id, ARG_FIRST }, { &server, ARG_NEEDED }, { NULL }
};

static const struct arg del_args[] = { { &id, ARG_FIRST }, { NULL } };

static const struct command commands[] = {
	{
		.name = "show", .help = "show which board has which session",
		.cmd = IPOS_CMD_COOKIE_GET,
		.args = filter_args, .columns = columns,
	}, {
		.name = "add", .help = "say which board has a session",
		.cmd = IPOS_CMD_COOKIE_ADD, .args = add_args,
	}, {
		.name = "del", .help = "forget a session",
		.cmd = IPOS_CMD_COOKIE_DEL, .args = del_args,
	}, {
		.name = "flush", .help = "forget all sessions, or all of one board",
		.cmd = IPOS_CMD_COOKIE_FLUSH, .args = filter_args,
	},
	{ NULL }
};

OBJECT(cookie, "the Cookie Map: which board has a session", commands);
