// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/wait.h>
#include <linux/ipos.h>
#include "child.h"
#include "log.h"
#include "netlink.h"
#include "split.h"

#define WORDS_MAX (IPOS_COMMAND_LEN_MAX / 2 + 1)

struct child {
	struct child *next;
	pid_t pid;
	bool unit;
	char name[IPOS_LABEL_LEN_MAX + 1];
};

static struct child *children;
static const char *systemctl = "systemctl";

/**
 * child_systemctl() - what starts units
 * @path: a program that is called as systemctl is
 */
void child_systemctl(const char *path)
{
	systemctl = path;
}

/* Returns false when a quote is not closed. */
static bool split(char *command, char **words)
{
	int n = 0;

	command = split_blanks(command);
	while (command && *command && n < WORDS_MAX) {
		words[n++] = command;
		command = split_word(command);
		if (command)
			command = split_blanks(command);
	}
	words[n] = NULL;
	return command && n;
}

/* Which words are executed: it ends when the application does, as it did. */
static bool words_of(char *command, bool unit, char **words)
{
	if (!unit)
		return split(command, words);
	words[0] = (char *)systemctl;
	words[1] = "start";
	words[2] = "--wait";
	words[3] = "--";
	words[4] = command;
	words[5] = NULL;
	return true;
}

/* In the child: nothing before the module has granted it, see child_start(). */
static void become(int granted, char **words)
{
	sigset_t none;
	char byte;
	int null;

	if (read(granted, &byte, 1) != 1)
		_exit(0);
	/* What a terminal sends to the agent is not meant for it. */
	setsid();
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	null = open("/dev/null", O_RDONLY);
	if (null > 0) {
		dup2(null, 0);
		close(null);
	}
	execvp(words[0], words);
	dprintf(2, "ipos-agent: cannot execute \"%s\": %s\n", words[0],
		strerror(errno));
	_exit(127);
}

/* Tells the module; an exit status. */
static int set(const struct child *child, enum ipos_app_state state)
{
	struct nlmsghdr *request = netlink_request(IPOS_CMD_APP_SET);

	mnl_attr_put_strz(request, IPOS_A_APP_LABEL, child->name);
	mnl_attr_put_u8(request, IPOS_A_APP_STATE, state);
	mnl_attr_put_u32(request, IPOS_A_APP_PID, child->pid);
	return netlink_do(request, NULL, NULL);
}

static struct child *add(const char *name, pid_t pid, bool unit)
{
	struct child *child = calloc(1, sizeof(*child));

	if (!child)
		return NULL;
	snprintf(child->name, sizeof(child->name), "%s", name);
	child->pid = pid;
	child->unit = unit;
	child->next = children;
	children = child;
	return child;
}

/* A child that waits for a byte; it ends when the pipe does. */
static pid_t prepare(char **words, int *grant)
{
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC))
		return -1;
	pid = fork();
	if (!pid) {
		close(ends[1]);
		become(ends[0], words);
	}
	close(ends[0]);
	if (pid < 0)
		close(ends[1]);
	*grant = ends[1];
	return pid;
}

/**
 * child_start() - start an application
 * @name: of the application
 * @command: program and words, or the name of a unit
 * @unit: which of the two
 *
 * The module is told which process it will be before that becomes the program:
 * it grants it to one. So no two agents start it, nor does one that begins
 * again; and should this one be killed in between, nothing has been started.
 */
void child_start(const char *name, const char *command, bool unit)
{
	char copy[IPOS_COMMAND_LEN_MAX + 1], *words[WORDS_MAX + 1];
	struct child *child;
	int grant;
	pid_t pid;

	snprintf(copy, sizeof(copy), "%s", command);
	if (!words_of(copy, unit, words)) {
		say("%s: cannot be started: \"%s\" is no command", name,
		    command);
		return;
	}
	pid = prepare(words, &grant);
	if (pid < 0) {
		say("%s: cannot be started: %s", name, strerror(errno));
		return;
	}
	child = add(name, pid, unit);
	if (child && !set(child, IPOS_APP_STATE_STARTING) &&
	    write(grant, "", 1) == 1)
		say("%s: starting \"%s\", process %d", name, command,
		    (int)pid);
	else
		say("%s: not started", name);
	close(grant);
}

/* By its own will, or because it was asked to. */
static bool is_orderly(const siginfo_t *how)
{
	return how->si_code == CLD_EXITED ? how->si_status == 0 :
					    how->si_status == SIGTERM;
}

static void report(const struct child *child, const siginfo_t *how)
{
	say("%s: process %d has ended: %s %d", child->name, (int)child->pid,
	    how->si_code == CLD_EXITED ? "status" : "signal", how->si_status);
	if (!is_orderly(how))
		set(child, IPOS_APP_STATE_FAILED);
}

static void forget(pid_t pid)
{
	struct child **at = &children, *child;

	while (*at && (*at)->pid != pid)
		at = &(*at)->next;
	child = *at;
	if (!child)
		return;
	*at = child->next;
	free(child);
}

/**
 * child_reap() - tell of those that have ended
 *
 * The module is told while the process id is still its own.
 */
void child_reap(void)
{
	const struct child *child;
	siginfo_t how;

	for (;;) {
		how.si_pid = 0;
		if (waitid(P_ALL, 0, &how, WEXITED | WNOHANG | WNOWAIT) ||
		    !how.si_pid)
			return;
		for (child = children; child; child = child->next)
			if (child->pid == how.si_pid)
				report(child, &how);
		waitpid(how.si_pid, NULL, 0);
		forget(how.si_pid);
	}
}

/**
 * child_leave() - let them go
 *
 * Those that only wait for a unit end; the unit does not.
 */
void child_leave(void)
{
	for (const struct child *child = children; child; child = child->next)
		if (child->unit)
			kill(child->pid, SIGTERM);
	while (children)
		forget(children->pid);
}
