/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which process a listening socket belongs to, and what that process needs.
 */
#ifndef IPOS_HOST_OWNER_H
#define IPOS_HOST_OWNER_H

#include "base/count.h"
#include "table/app.h"
#include "table/listen.h"

struct net;

unsigned int ipos_owner_sample(struct ipos_listen_table *listens,
			       struct ipos_app_table *apps, u32 number,
			       struct ipos_counters __percpu *counters);
unsigned int ipos_owner_find(struct ipos_listen_table *listens,
			     struct net *net);

#endif /* IPOS_HOST_OWNER_H */
