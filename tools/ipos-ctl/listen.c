// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <sys/socket.h>
#include <linux/genetlink.h>
#include <linux/ipos.h>
#include "error.h"
#include "listen.h"
#include "netns.h"
#include "print.h"

#define NSEC 1000000000ull
#define RECEIVE 32768

/**
 * struct waiting - an event that is kept until it is its turn
 * @time: when it happened
 * @from: number of the listener
 * @order: number of the event, to keep equals in order
 * @nlh: the message, a copy
 */
struct waiting {
	uint64_t time;
	int from;
	uint64_t order;
	struct nlmsghdr *nlh;
};

static struct {
	struct mnl_socket *sock;
	const char *board;
} listeners[NETNS_MAX];
static int n_listeners;

static struct waiting *waiting;
static size_t n_waiting, room;
static bool timestamps;

/**
 * listen_options() - how events are shown from now on
 * @timestamp: with the time of day
 */
void listen_options(bool timestamp)
{
	timestamps = timestamp;
}

static int add_listener(const char *const *groups, const char *board)
{
	struct mnl_socket *sock;
	int status = netlink_listen(groups, &sock);

	if (sock) {
		listeners[n_listeners].sock = sock;
		listeners[n_listeners++].board = board;
	}
	return status;
}

static int open_all(const char *const *groups)
{
	int n = netns_count(), status = DONE;

	/* A single one was entered before. */
	if (n <= 1)
		return add_listener(groups, NULL);
	for (int i = 0; i < n && !status; i++) {
		status = netns_enter(netns_name(i));
		if (!status)
			status = add_listener(groups, netns_name(i));
	}
	return status;
}

static void close_all(void)
{
	while (n_listeners)
		mnl_socket_close(listeners[--n_listeners].sock);
	while (n_waiting)
		free(waiting[--n_waiting].nlh);
	free(waiting);
	waiting = NULL;
	room = 0;
}

static void *must(void *memory)
{
	if (memory)
		return memory;
	fputs("Error: out of memory.\n", stderr);
	exit(1);
}

static uint64_t time_of(const struct nlmsghdr *nlh)
{
	static const uint16_t times[IPOS_CMD_MAX + 1] = {
		[IPOS_CMD_HANDOFF_NTF] = IPOS_A_HANDOFF_TIME,
		[IPOS_CMD_CONFIG_NTF] = IPOS_A_CONFIG_TIME,
		[IPOS_CMD_CLUSTER_NTF] = IPOS_A_CLUSTER_TIME,
	};
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(nlh);
	struct nlattr *attrs[ATTRS], *time;

	/* A newer kernel's has a time that is not known: attribute 0. */
	netlink_attrs(nlh, attrs);
	time = attrs[genl->cmd <= IPOS_CMD_MAX ? times[genl->cmd] : 0];
	return time ? mnl_attr_get_u64(time) : 0;
}

static void keep(const struct nlmsghdr *nlh, int from)
{
	static uint64_t order;
	struct nlmsghdr *copy;

	if (nlh->nlmsg_type < NLMSG_MIN_TYPE ||
	    mnl_nlmsg_get_payload_len(nlh) < sizeof(struct genlmsghdr))
		return;
	if (n_waiting == room) {
		room = room ? 2 * room : 64;
		waiting = must(realloc(waiting, room * sizeof(*waiting)));
	}
	copy = must(malloc(nlh->nlmsg_len));
	memcpy(copy, nlh, nlh->nlmsg_len);
	waiting[n_waiting++] = (struct waiting){
		.time = time_of(copy), .from = from, .order = order++,
		.nlh = copy,
	};
}

static void show_lost(int from)
{
	print_line();
	if (listeners[from].board) {
		print_bare();
		print_text("board", listeners[from].board);
	}
	print_bare();
	print_text("event", "lost");
	print_line_end();
	warning("events were lost: they came faster than they were read");
}

/* Takes all that is there; false when the socket is no good any more. */
static bool drain(int from)
{
	static char buffer[RECEIVE];
	struct mnl_socket *sock = listeners[from].sock;
	const struct nlmsghdr *nlh;
	ssize_t received;
	int len;

	for (;;) {
		received = recv(mnl_socket_get_fd(sock), buffer,
				sizeof(buffer), MSG_DONTWAIT);
		if (received < 0 && errno == ENOBUFS) {
			show_lost(from);
			continue;
		}
		if (received < 0 && errno == EINTR)
			continue;
		if (received < 0)
			return errno == EAGAIN;
		len = received;
		nlh = (void *)buffer;
		for (; mnl_nlmsg_ok(nlh, len); nlh = mnl_nlmsg_next(nlh, &len))
			keep(nlh, from);
	}
}

static int by_time(const void *a, const void *b)
{
	const struct waiting *x = a, *y = b;

	if (x->time != y->time)
		return x->time < y->time ? -1 : 1;
	return x->order < y->order ? -1 : 1;
}

static bool give(const struct waiting *w, event_t fn, void *arg)
{
	const struct genlmsghdr *genl = mnl_nlmsg_get_payload(w->nlh);
	struct event event = {
		.board = listeners[w->from].board,
		.cmd = genl->cmd, .time = w->time,
	};

	netlink_attrs(w->nlh, event.attrs);
	return fn(&event, arg);
}

/* Gives away what is older than a moment; false: that was enough. */
static bool give_until(uint64_t moment, event_t fn, void *arg)
{
	bool more = true;
	size_t n;

	if (n_listeners > 1)
		qsort(waiting, n_waiting, sizeof(*waiting), by_time);
	for (n = 0; n < n_waiting && more; n++) {
		if (n_listeners > 1 && waiting[n].time > moment)
			break;
		more = give(&waiting[n], fn, arg);
		free(waiting[n].nlh);
	}
	n_waiting -= n;
	memmove(waiting, waiting + n, n_waiting * sizeof(*waiting));
	return more;
}

static uint64_t now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return ts.tv_sec * NSEC + ts.tv_nsec;
}

static int wait_for_events(void)
{
	struct pollfd fds[NETNS_MAX];

	for (int i = 0; i < n_listeners; i++)
		fds[i] = (struct pollfd){
			.fd = mnl_socket_get_fd(listeners[i].sock),
			.events = POLLIN,
		};
	/* What waits is newer than the last look at the clock. */
	return poll(fds, n_listeners, n_waiting ? 1 : -1);
}

/*
 * Several boards' events are told in the order of time: an event may wait here
 * while an older one of another board is still to be read.
 */
static int listen_on(event_t fn, void *arg)
{
	uint64_t moment;

	do {
		if (wait_for_events() < 0 && errno != EINTR)
			return refusal("cannot listen: %s", strerror(errno));
		moment = now();
		for (int i = 0; i < n_listeners; i++)
			if (!drain(i))
				return refusal("cannot listen: %s",
					       strerror(errno));
	} while (give_until(moment, fn, arg) && !ferror(stdout));
	return DONE;
}

/**
 * listen_to() - be told of events as they happen
 * @groups: names of multicast groups, ends with NULL
 * @fn: called with each event
 * @arg: for @fn
 *
 * Return: an exit status, when @fn has had enough.
 */
int listen_to(const char *const *groups, event_t fn, void *arg)
{
	int status = open_all(groups) ?: listen_on(fn, arg);

	close_all();
	return status;
}

static void show_timestamp(uint64_t ns)
{
	time_t seconds = ns / NSEC;
	char day[32], text[64];
	struct tm tm;

	localtime_r(&seconds, &tm);
	strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(text, sizeof(text), "%s.%06u", day,
		 (unsigned int)(ns % NSEC / 1000));
	print_bare();
	print_text("timestamp", text);
}

/**
 * listen_show_head() - the first cells of an event's row
 * @event: the event
 */
void listen_show_head(const struct event *event)
{
	if (timestamps)
		show_timestamp(event->time);
	if (event->board) {
		print_bare();
		print_text("board", event->board);
	}
}

/**
 * listen_matches() - whether an event is asked for
 * @event: the event
 * @wanted: attributes that it must have
 *
 * Return: whether it has them all, each with that value.
 */
bool listen_matches(const struct event *event, struct nlattr *const *wanted)
{
	for (int i = 0; i < ATTRS; i++) {
		const struct nlattr *is = event->attrs[i], *want = wanted[i];

		if (!want)
			continue;
		if (!is || mnl_attr_get_payload_len(is) !=
			   mnl_attr_get_payload_len(want) ||
		    memcmp(mnl_attr_get_payload(is),
			   mnl_attr_get_payload(want),
			   mnl_attr_get_payload_len(want)))
			return false;
	}
	return true;
}
