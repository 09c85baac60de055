// SPDX-License-Identifier: GPL-2.0
/* ipos-ctl: shows and changes what the kernel module ipos keeps. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "batch.h"
#include "command.h"
#include "error.h"
#include "help.h"
#include "netlink.h"
#include "print.h"

#define NETNS_FOLDER "/var/run/netns"

struct options {
	bool json;
	bool pretty;
	bool force;
	bool help;
	bool version;
	const char *netns;
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
	else if (is_option(word, "Version"))
		options->version = true;
	else
		return false;
	return true;
}

static const char **find_value(const char *word, struct options *options)
{
	if (is_option(word, "netns"))
		return &options->netns;
	if (is_option(word, "batch"))
		return &options->batch;
	return NULL;
}

/* The number of words read, or -1. */
static int parse_options(int argc, char **argv, struct options *options)
{
	const char **value;
	int i;

	for (i = 1; i < argc && argv[i][0] == '-' && argv[i][1]; i++) {
		if (set_flag(argv[i], options))
			continue;
		value = find_value(argv[i], options);
		if (!value) {
			error("option \"%s\" is unknown, try \"ipos-ctl help\"",
			      argv[i]);
			return -1;
		}
		if (++i == argc) {
			error("option \"%s\" needs a value", argv[i - 1]);
			return -1;
		}
		*value = argv[i];
	}
	return i;
}

static int enter_netns(const char *name)
{
	char path[4096];
	int fd, err;

	if (!*name || strchr(name, '/') || name[0] == '.')
		return error("argument \"%s\" is wrong: -netns takes a name of \"ip netns\"",
			     name);
	snprintf(path, sizeof(path), "%s/%s", NETNS_FOLDER, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return error("cannot open network namespace \"%s\": %s", name,
			     strerror(errno));
	err = setns(fd, CLONE_NEWNET) ? errno : 0;
	close(fd);
	if (err)
		return error("cannot enter network namespace \"%s\": %s", name,
			     strerror(err));
	return DONE;
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
	if (options->netns && enter_netns(options->netns))
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
