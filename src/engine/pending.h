/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What an unfinished endpoint needs beyond its flow entry: a timer and the
 * memory of the hand-off. Taken off the flow when the endpoint has a place.
 *
 * Lifetime: one reference is flow->pending's, one the armed or running
 * timer's; a pending holds its flow. A timer that finds itself taken off the
 * flow does nothing (docs/locking.md).
 */
#ifndef IPOS_ENGINE_PENDING_H
#define IPOS_ENGINE_PENDING_H

#include <linux/refcount.h>
#include <linux/timer.h>
#include "engine/engine.h"

struct ipos_pending;

struct ipos_pending_ops {
	/* The timer: flow lock and RCU held, softirq. */
	void (*expire)(struct ipos_pending *pending);
	/* The last reference is gone; frees the memory. Any context. */
	void (*free)(struct ipos_pending *pending);
};

struct ipos_pending {
	const struct ipos_pending_ops	*ops;
	struct ipos_engine		*engine;
	struct ipos_flow		*flow;
	refcount_t			refs;
	struct timer_list		timer;
};

void ipos_pending_attach(struct ipos_engine *engine, struct ipos_flow *flow,
			 struct ipos_pending *pending,
			 const struct ipos_pending_ops *ops);
void ipos_pending_detach(struct ipos_flow *flow);
void ipos_pending_arm(struct ipos_pending *pending, u32 ms);

#endif /* IPOS_ENGINE_PENDING_H */
