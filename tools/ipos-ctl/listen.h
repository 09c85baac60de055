/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Events of the kernel module, of each network namespace asked for.
 */
#ifndef IPOS_CTL_LISTEN_H
#define IPOS_CTL_LISTEN_H

#include <stdbool.h>
#include <stdint.h>
#include "netlink.h"

/**
 * struct event - what a board tells
 * @board: name of its network namespace; NULL where there is just one
 * @cmd: IPOS_CMD_*_NTF
 * @time: nanoseconds since 1970 by the board's clock
 * @attrs: of the message
 */
struct event {
	const char *board;
	uint8_t cmd;
	uint64_t time;
	struct nlattr *attrs[ATTRS];
};

/* Called with each event; false: that was enough. */
typedef bool (*event_t)(const struct event *event, void *arg);

/* Whether each event is to be shown with the time of day. */
void listen_options(bool timestamp);
/* Until fn() has enough; groups ends with NULL; an exit status. */
int listen_to(const char *const *groups, event_t fn, void *arg);
/* The first cells of an event's row. */
void listen_show_head(const struct event *event);
/* Whether an event has all that a request's attributes say. */
bool listen_matches(const struct event *event, struct nlattr *const *wanted);

#endif /* IPOS_CTL_LISTEN_H */
