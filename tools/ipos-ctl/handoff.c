// SPDX-License-Identifier: GPL-2.0
#include <string.h>
#include <linux/ipos.h>
#include "handoff.h"
#include "print.h"

static const char *const steps[] = {
	"established", "offered", "retransmitted", "refused", "unanswered",
	"withdrawn", "committed", "attached", "abandoned", "unplaced",
	"reserved", "acknowledged", "expired", "closed", "lost", NULL
};

static const char *const roles[] = { "origin", "target", NULL };

static const char *const reasons[] = {
	"none", "no-listener", "queue-full", "no-memory", "exists", "version",
	"no-route", "draining", "other", "unanswered", "incomplete",
	"listener-closed", "client-reset", "replaced", "unknown", "idle",
	"stopping", NULL
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

static const struct field step = {
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
	&step, &role, &handoff_id, &handoff_client, &handoff_service,
	&handoff_peer, &reason, NULL
};

/**
 * handoff_show() - print the cells of an event
 * @event: of a hand-off
 */
void handoff_show(const struct event *event)
{
	struct nlattr **row = (struct nlattr **)event->attrs;

	for (const struct field *const *column = columns; *column; column++) {
		if (*column == &step || *column == &role)
			print_bare();
		(*column)->kind->show(*column, row);
	}
}

/**
 * handoff_step() - what happened
 * @event: of a hand-off
 *
 * Return: a word; "" for a newer kernel's.
 */
const char *handoff_step(const struct event *event)
{
	const struct nlattr *attr = event->attrs[IPOS_A_HANDOFF_STEP];
	size_t n = sizeof(steps) / sizeof(*steps) - 1;

	return attr && mnl_attr_get_u8(attr) < n ?
	       steps[mnl_attr_get_u8(attr)] : "";
}

/**
 * handoff_is_step() - whether there is such a step
 * @word: its name
 *
 * Return: whether an event could have it.
 */
bool handoff_is_step(const char *word)
{
	for (const char *const *known = steps; *known; known++)
		if (!strcmp(*known, word))
			return true;
	return false;
}

/**
 * handoff_matches() - whether an event is asked for
 * @event: of a hand-off
 * @wanted: attributes that it must have
 *
 * Return: whether it has them all, each with that value.
 */
bool handoff_matches(const struct event *event, struct nlattr **wanted)
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
