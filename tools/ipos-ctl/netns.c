// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "error.h"
#include "netns.h"

#define NETNS_FOLDER "/var/run/netns"

static const char *names[NETNS_MAX];
static int n_names;

/**
 * netns_add() - remember a namespace that was asked for
 * @name: of "ip netns"
 *
 * Return: an exit status.
 */
int netns_add(const char *name)
{
	if (n_names == NETNS_MAX)
		return error("-netns was given more than %d times", NETNS_MAX);
	names[n_names++] = name;
	return DONE;
}

/**
 * netns_count() - how many were asked for
 *
 * Return: 0: the one the tool was started in.
 */
int netns_count(void)
{
	return n_names;
}

/**
 * netns_name() - one that was asked for
 * @i: below netns_count()
 *
 * Return: its name.
 */
const char *netns_name(int i)
{
	return names[i];
}

/**
 * netns_enter() - go into a network namespace
 * @name: of "ip netns"
 *
 * Return: an exit status.
 */
int netns_enter(const char *name)
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
