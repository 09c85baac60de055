// SPDX-License-Identifier: GPL-2.0
#include <string.h>
#include <linux/ipos.h>
#include "command.h"
#include "error.h"
#include "netlink.h"
#include "print.h"

static const struct field name = {
	"name", &kind_text, IPOS_A_STATS_NAME, NULL, "only these", "counter"
};

static const struct field value = {
	"value", &kind_u64, IPOS_A_STATS_VALUE, NULL, "how often, how many"
};

static const struct field limit = {
	"limit", &kind_u32, IPOS_A_STATS_LIMIT, NULL, "how many there may be"
};

static const struct field text = {
	"text", &kind_text, IPOS_A_STATS_TEXT, NULL, "what is counted"
};

/* Not sent: the kernel tells all, which is little. */
static const struct field nonzero = {
	"nonzero", &kind_flag, 0, NULL, "only what is not 0"
};

static const struct field *const columns[] = {
	&name, &value, &limit, &text, NULL
};

enum { NAMES, NONZERO };

static const struct arg args[] = {
	[NAMES] = { &name, ARG_MANY },
	[NONZERO] = { &nonzero },
	{ NULL }
};

struct filter {
	const struct call *call;
	uint64_t found;		/* bit i: word i names a row */
};

static bool is_named(struct filter *filter, const char *row)
{
	const struct call *call = filter->call;
	bool named = !call->n_words;

	for (int i = 0; i < call->n_words; i++)
		if (!strcmp(call->words[i], row)) {
			filter->found |= UINT64_C(1) << i;
			named = true;
		}
	return named;
}

static void show_wanted(struct nlattr **row, void *arg)
{
	struct filter *filter = arg;

	if (!row[IPOS_A_STATS_NAME] || !row[IPOS_A_STATS_VALUE] ||
	    !is_named(filter, mnl_attr_get_str(row[IPOS_A_STATS_NAME])))
		return;
	if (filter->call->given & UINT64_C(1) << NONZERO &&
	    !mnl_attr_get_u64(row[IPOS_A_STATS_VALUE]))
		return;
	command_row(row, (void *)columns);
}

static int show(struct call *call)
{
	struct filter filter = { .call = call };
	int status;

	print_begin(false);
	status = netlink_dump(call->request, show_wanted, &filter);
	print_end(status);
	for (int i = 0; i < call->n_words && !status; i++)
		if (!(filter.found & UINT64_C(1) << i))
			status = error("argument \"%s\" is wrong: there is no such counter",
				       call->words[i]);
	return status;
}

static const struct command commands[] = {
	{
		.name = "show",
		.help = "show counters, and rows of each table with their limit",
		.cmd = IPOS_CMD_STATS_GET,
		.args = args, .run = show,
	},
	{ NULL }
};

OBJECT(stats, "what was done and dropped, by reason", commands);
