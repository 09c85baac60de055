// SPDX-License-Identifier: GPL-2.0
/*
 * Starts applications that an operator has registered by `ipos-ctl app add`,
 * when the kernel module asks for it, and tells it when they fail.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <linux/genetlink.h>
#include <linux/ipos.h>
#include "child.h"
#include "error.h"
#include "log.h"
#include "netlink.h"
#include "netns.h"

#define RECEIVE 32768

static const char usage[] =
	"Usage: ipos-agent [-netns NAME] [-systemctl PROGRAM]\n"
	"Starts what \"ipos-ctl app\" registers, when it is asked for and does not listen.\n"
	"  -netns NAME         speaks to the board of that network namespace\n"
	"  -systemctl PROGRAM  starts units, as \"PROGRAM start --wait -- UNIT\"; default: systemctl\n"
	"Programs run as this one does: its user, directory and environment, its stdout and\n"
	"stderr. It runs until SIGTERM; what it has started goes on.\n";

/* What is to be started, kept until the answer that names it is complete. */
struct wanted {
	struct wanted *next;
	char name[IPOS_LABEL_LEN_MAX + 1];
	char command[IPOS_COMMAND_LEN_MAX + 1];
	bool unit;
};

static struct wanted *wanted;

static void want(struct nlattr **attrs)
{
	const struct nlattr *name = attrs[IPOS_A_APP_LABEL];
	const struct nlattr *unit = attrs[IPOS_A_APP_UNIT];
	const struct nlattr *command = unit ?: attrs[IPOS_A_APP_EXEC];
	struct wanted *new;

	if (!name || !command)
		return;
	new = calloc(1, sizeof(*new));
	if (!new) {
		say("%s: not started: out of memory", mnl_attr_get_str(name));
		return;
	}
	snprintf(new->name, sizeof(new->name), "%s", mnl_attr_get_str(name));
	snprintf(new->command, sizeof(new->command), "%s",
		 mnl_attr_get_str(command));
	new->unit = unit;
	new->next = wanted;
	wanted = new;
}

static void want_row(struct nlattr **attrs, void *arg)
{
	const struct nlattr *state = attrs[IPOS_A_APP_STATE];

	(void)arg;
	if (state && mnl_attr_get_u8(state) == IPOS_APP_STATE_STARTING)
		want(attrs);
}

static void start_wanted(void)
{
	struct wanted *next;

	for (; wanted; wanted = next) {
		next = wanted->next;
		child_start(wanted->name, wanted->command, wanted->unit);
		free(wanted);
	}
}

/* What was asked for while nobody heard it; an exit status. */
static int catch_up(void)
{
	int status = netlink_dump(netlink_request(IPOS_CMD_APP_GET), want_row,
				  NULL);

	start_wanted();
	return status;
}

/* Whether the kernel says that the module is unloaded. */
static bool is_farewell(const struct genlmsghdr *genl, struct nlattr **attrs)
{
	const struct nlattr *name = attrs[CTRL_ATTR_FAMILY_NAME];

	return genl->cmd == CTRL_CMD_DELFAMILY && name &&
	       !strcmp(mnl_attr_get_str(name), IPOS_FAMILY_NAME);
}

/* Returns false when the module is gone. */
static bool take(const struct nlmsghdr *nlh)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);
	struct nlattr *attrs[ATTRS];

	if (nlh->nlmsg_type < NLMSG_MIN_TYPE ||
	    mnl_nlmsg_get_payload_len(nlh) < sizeof(*genl))
		return true;
	netlink_attrs(nlh, attrs);
	if (nlh->nlmsg_type == GENL_ID_CTRL)
		return !is_farewell(genl, attrs);
	if (genl->cmd == IPOS_CMD_APP_NTF)
		want(attrs);
	return true;
}

/* Returns false when the module is gone. */
static bool hear(struct mnl_socket *events)
{
	static char buffer[RECEIVE];
	const struct nlmsghdr *nlh = (void *)buffer;
	ssize_t received;
	int len;

	received = recv(mnl_socket_get_fd(events), buffer, sizeof(buffer),
			MSG_DONTWAIT);
	if (received < 0 && errno == ENOBUFS)
		return !catch_up();
	if (received < 0)
		return errno == EAGAIN || errno == EINTR;
	len = received;
	for (; mnl_nlmsg_ok(nlh, len); nlh = mnl_nlmsg_next(nlh, &len))
		if (!take(nlh))
			return false;
	start_wanted();
	return true;
}

/* SIGTERM and SIGINT end it, SIGCHLD is heard like an event. */
static int open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

/* Returns false when it shall end. */
static bool signalled(int signals)
{
	struct signalfd_siginfo info;

	if (read(signals, &info, sizeof(info)) != sizeof(info))
		return true;
	if (info.ssi_signo != SIGCHLD)
		return false;
	child_reap();
	return true;
}

static int serve(struct mnl_socket *events, int signals)
{
	struct pollfd fds[] = {
		{ .fd = mnl_socket_get_fd(events), .events = POLLIN },
		{ .fd = signals, .events = POLLIN },
	};

	say("ready");
	for (;;) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return refusal("poll: %s", strerror(errno));
		if (fds[1].revents && !signalled(signals))
			return DONE;
		if (fds[0].revents && !hear(events))
			return refusal("the kernel module is gone");
	}
}

/* A group of the kernel's own tells when families go; its number is fixed. */
static int hear_of_families(struct mnl_socket *events)
{
	int group = GENL_ID_CTRL;

	return mnl_socket_setsockopt(events, NETLINK_ADD_MEMBERSHIP, &group,
				     sizeof(group)) ?
	       netlink_refusal(errno) : DONE;
}

static int run(void)
{
	static const char *const groups[] = { IPOS_MCGRP_AGENT, NULL };
	int signals = open_signals(), status;
	struct mnl_socket *events;

	if (signals < 0)
		return refusal("signalfd: %s", strerror(errno));
	/* First listen, then ask: nothing is missed in between. */
	status = netlink_listen(groups, &events) ?: hear_of_families(events) ?:
		 catch_up() ?: serve(events, signals);
	if (events)
		mnl_socket_close(events);
	child_leave();
	netlink_close();
	return status;
}

/* An exit status; -1: go on. */
static int take_option(const char *word, const char *value)
{
	bool is_long = word[1] == '-';
	const char *name = word + 1 + is_long;

	if (!strcmp(name, "h") || !strcmp(name, "help")) {
		fputs(usage, stdout);
		return DONE;
	}
	if (!strcmp(name, "V") || !strcmp(name, "version")) {
		puts("ipos-agent " VERSION);
		return DONE;
	}
	if (strcmp(name, "n") && strcmp(name, "netns") &&
	    strcmp(name, "systemctl"))
		return error("option \"%s\" is unknown, try \"ipos-agent -help\"",
			     word);
	if (!value)
		return error("option \"%s\" needs a value", word);
	if (*name == 's')
		child_systemctl(value);
	else if (netns_enter(value))
		return WRONG;
	return -1;
}

int main(int argc, char **argv)
{
	int status;

	for (int i = 1; i < argc; i += 2) {
		if (argv[i][0] != '-' || !argv[i][1])
			return error("argument \"%s\" is unknown, try \"ipos-agent -help\"",
				     argv[i]);
		status = take_option(argv[i], argv[i + 1]);
		if (status >= 0)
			return status;
	}
	return run();
}
