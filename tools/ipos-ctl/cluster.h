/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Events of boards and of the programs on them: what they have.
 */
#ifndef IPOS_CTL_CLUSTER_H
#define IPOS_CTL_CLUSTER_H

#include "listen.h"
#include "value.h"

extern const char *const cluster_events[];
extern const struct field cluster_event, cluster_server;

/* Prints the cells of an event. */
void cluster_show(const struct event *event);

#endif /* IPOS_CTL_CLUSTER_H */
