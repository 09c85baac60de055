// SPDX-License-Identifier: GPL-2.0
#include <linux/ipos.h>
#include "handoff.h"
#include "print.h"

static const char *const steps[] = {
	"established", "offered", "retransmitted", "refused", "unanswered",
	"withdrawn", "committed", "attached", "abandoned", "unplaced",
	"reserved", "acknowledged", "expired", "closed", "lost",
	"waiting", NULL
};

static const char *const roles[] = { "origin", "target", NULL };

static const char *const reasons[] = {
	"none", "no-listener", "queue-full", "no-memory", "exists", "version",
	"no-route", "draining", "other", "unanswered", "incomplete",
	"listener-closed", "client-reset", "replaced", "unknown", "idle",
	"stopping", "restarted", "starting", NULL
};

const struct field handoff_client = {
	"client", &kind_endpoint, IPOS_A_HANDOFF_SRC_IP, NULL,
	"only a client's port"
};

const struct field handoff_service = {
	"service", &kind_endpoint, IPOS_A_HANDOFF_SERVICE_IP, NULL,
	"only what talks to this"
};

const struct field handoff_peer = {
	"peer", &kind_ipv4, IPOS_A_HANDOFF_PEER, NULL,
	"only what concerns another board, by its Server IP"
};

const struct field handoff_id = {
	"id", &kind_id, IPOS_A_HANDOFF_ID, NULL, "only a hand-off"
};

const struct field handoff_step = {
	"step", &kind_u8_word, IPOS_A_HANDOFF_STEP, steps, "what happened"
};

static const struct field role = {
	"role", &kind_u8_word, IPOS_A_HANDOFF_ROLE, roles,
	"what this board is to it"
};

static const struct field reason = {
	"reason", &kind_u8_word, IPOS_A_HANDOFF_REASON, reasons, "why"
};

static const struct field *const columns[] = {
	&handoff_step, &role, &handoff_id, &handoff_client,
	&handoff_service, &handoff_peer, &reason, NULL
};

/**
 * handoff_show() - print the cells of an event
 * @event: of a hand-off
 */
void handoff_show(const struct event *event)
{
	struct nlattr **row = (struct nlattr **)event->attrs;

	for (const struct field *const *column = columns; *column; column++) {
		if (*column == &handoff_step || *column == &role)
			print_bare();
		(*column)->kind->show(*column, row);
	}
}
