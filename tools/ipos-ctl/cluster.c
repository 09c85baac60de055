// SPDX-License-Identifier: GPL-2.0
#include <linux/ipos.h>
#include "cluster.h"
#include "print.h"

const char *const cluster_events[] = {
	"joined", "restarted", "moved", "stale", "fresh", "gone", "left",
	"listening", "closed", "starting", "running", "failed", NULL
};

static const char *const protocols[] = { "", "tcp", "udp", NULL };

const struct field cluster_event = {
	"change", &kind_u8_word, IPOS_A_CLUSTER_EVENT, cluster_events,
	"what happened"
};

const struct field cluster_server = {
	"server", &kind_ipv4, IPOS_A_CLUSTER_SERVER, NULL,
	"only what happens to another board, by its Server IP", "server"
};

static const struct field proto = {
	"proto", &kind_u8_word, IPOS_A_CLUSTER_PROTO, protocols,
	"of a program that listens"
};

static const struct field listener = {
	"listener", &kind_endpoint, IPOS_A_CLUSTER_ADDR, NULL,
	"where it listens"
};

static const struct field pid = {
	"pid", &kind_u32, IPOS_A_CLUSTER_PID, NULL, "its process id there"
};

static const struct field process = {
	"process", &kind_text, IPOS_A_CLUSTER_PROCESS, NULL, "its name"
};

static const struct field *const columns[] = {
	&cluster_event, &proto, &listener, &cluster_server, &pid, &process,
	NULL
};

/**
 * cluster_show() - print the cells of an event
 * @event: of the cluster
 */
void cluster_show(const struct event *event)
{
	struct nlattr **row = (struct nlattr **)event->attrs;

	for (const struct field *const *column = columns; *column; column++) {
		if (*column == &cluster_event || *column == &proto ||
		    *column == &listener)
			print_bare();
		(*column)->kind->show(*column, row);
	}
}
