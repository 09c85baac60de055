/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Hand-off events: what they have, and which of them are asked for.
 */
#ifndef IPOS_CTL_HANDOFF_H
#define IPOS_CTL_HANDOFF_H

#include "listen.h"
#include "value.h"

extern const struct field handoff_client, handoff_service, handoff_peer;
extern const struct field handoff_id, handoff_step;

/* Prints the cells of an event. */
void handoff_show(const struct event *event);

#endif /* IPOS_CTL_HANDOFF_H */
