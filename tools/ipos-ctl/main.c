// SPDX-License-Identifier: GPL-2.0
/* ipos-ctl: shows and changes what the kernel module ipos keeps. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "batch.h"
#include "command.h"
#include "error.h"
#include "help.h"
#include "listen.h"
#include "netlink.h"
#include "netns.h"
#include "print.h"

struct options {
	bool json;
	bool pretty;
	bool force;
	bool help;
	bool version;
	bool timestamp;
	const char *batch;
};

/* One letter or the whole word; a second dash does no harm. */
static bool is_option(const char *word, const char *option)
{
	if (word[1] == '-')
		word++;
	return !strcmp(word + 1, option) ||
	       (word[1] == option[0] && !word[2] && option[0] != 'f');
}

static bool set_flag(const char *word, struct options *options)
{
	if (is_option(word, "json"))
		options->json = true;
	else if (is_option(word, "pretty"))
		options->pretty = true;
	else if (is_option(word, "force"))
		options->force = true;
	else if (is_option(word, "help"))
		options->help = true;
	else if (is_option(word, "timestamp"))
		options->timestamp = true;
	else if (is_option(word, "Version"))
		options->version = true;
	else
		return false;
	return true;
}

/* False: it is no option that has a value. */
static bool set_value(const char *word, const char *value, int *status,
		      struct options *options)
{
	if (!is_option(word, "netns") && !is_option(word, "batch"))
		return false;
	if (!value)
		*status = error("option \"%s\" needs a value", word);
	else if (is_option(word, "netns"))
		*status = netns_add(value);
	else
		options->batch = value;
	return true;
}

/* The number of words read, or -1. */
static int parse_options(int argc, char **argv, struct options *options)
{
	int i, status = DONE;

	for (i = 1; i < argc && argv[i][0] == '-' && argv[i][1]; i++) {
		if (set_flag(argv[i], options))
			continue;
		if (!set_value(argv[i], i + 1 < argc ? argv[i + 1] : NULL,
			       &status, options))
			status = error("option \"%s\" is unknown, try \"ipos-ctl help\"",
				       argv[i]);
		if (status)
			return -1;
		i++;
	}
	return i;
}

static int run(const struct options *options, int argc, char **argv)
{
	if (options->help) {
		help_usage(stdout);
		return DONE;
	}
	if (options->version) {
		puts("ipos-ctl " VERSION);
		return DONE;
	}
	print_options(options->json, options->pretty);
	listen_options(options->timestamp);
	if (netns_count() == 1 && netns_enter(netns_name(0)))
		return WRONG;
	if (options->batch && argc)
		return error("argument \"%s\" is one too many with -batch",
			     argv[0]);
	if (options->batch)
		return batch_run(options->batch, options->force);
	if (argc)
		return command_line(argc, argv);
	help_usage(stderr);
	return WRONG;
}

int main(int argc, char **argv)
{
	struct options options = { };
	int used = parse_options(argc, argv, &options);
	int status;

	if (used < 0)
		return WRONG;
	status = run(&options, argc - used, argv + used);
	netlink_close();
	/* A full disk, or a reader that went away. */
	if ((fflush(stdout) || ferror(stdout)) && !status)
		status = error("cannot write: %s", strerror(errno));
	return status;
}
