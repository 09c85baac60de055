// SPDX-License-Identifier: GPL-2.0
#include <linux/ipos.h>
#include "command.h"

static const struct field url = {
	"url", &kind_url, IPOS_A_URL_URL, NULL,
	"host and beginning of the path; host * is any", "url"
};

static const struct field server = {
	"server", &kind_ipv4, IPOS_A_URL_SERVER, NULL,
	"Server IP of a board that may serve it", "server"
};

static const struct field *const columns[] = { &url, &server, NULL };

static const struct arg filter_args[] = { { &server }, { NULL } };

static const struct arg row_args[] = {
	{ &url, ARG_FIRST }, { &server, ARG_NEEDED }, { NULL }
};

static const struct command commands[] = {
	{
		.name = "show", .help = "show which boards serve which URLs",
		.cmd = IPOS_CMD_URL_GET,
		.args = filter_args, .columns = columns,
	}, {
		.name = "add", .help = "add a board for a URL",
		.cmd = IPOS_CMD_URL_ADD, .args = row_args,
	}, {
		.name = "del", .help = "take a board from a URL",
		.cmd = IPOS_CMD_URL_DEL, .args = row_args,
	}, {
		.name = "flush", .help = "take all URLs, or all of one board",
		.cmd = IPOS_CMD_URL_FLUSH, .args = filter_args,
	},
	{ NULL }
};

OBJECT(url, "the URL Map: which boards may serve a URL", commands);
