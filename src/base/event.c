// SPDX-License-Identifier: GPL-2.0
#include <linux/rcupdate.h>
#include "base/event.h"

#define CREATE_TRACE_POINTS
#include "base/trace.h"

static const struct ipos_observer __rcu *observer;

/**
 * ipos_event_observe() - tell somebody of every step, or nobody any more
 * @new: the only one; NULL: when this returns, the old one is not being told
 *
 * Process context; sleeps.
 */
void ipos_event_observe(const struct ipos_observer *new)
{
	rcu_assign_pointer(observer, new);
	synchronize_rcu();
}

/**
 * ipos_event_wanted() - whether the observer wants to hear of a namespace
 * @net: the namespace
 *
 * Any context.
 *
 * Return: false when nothing needs to be told but to tracepoints.
 */
bool ipos_event_wanted(struct net *net)
{
	const struct ipos_observer *now;
	bool wanted;

	rcu_read_lock();
	now = rcu_dereference(observer);
	wanted = now && now->wanted(net);
	rcu_read_unlock();
	return wanted;
}

/**
 * ipos_event_tell() - tell the observer of a step
 * @net: the namespace
 * @step: what happened
 * @event: to whom
 *
 * Any context.
 */
void ipos_event_tell(struct net *net, enum ipos_handoff_step step,
		     const struct ipos_event *event)
{
	const struct ipos_observer *now;

	rcu_read_lock();
	now = rcu_dereference(observer);
	if (now)
		now->tell(net, step, event);
	rcu_read_unlock();
}

/**
 * ipos_event_news() - tell of what happened to a board of the cluster
 * @net: the namespace of the board that has seen it
 * @news: what
 *
 * To tracepoints, and to the observer. Cheap while nobody listens. Any context.
 */
void ipos_event_news(struct net *net, const struct ipos_news *news)
{
	const struct ipos_observer *now;

	trace_ipos_cluster(net, news);
	rcu_read_lock();
	now = rcu_dereference(observer);
	if (now)
		now->news(net, news);
	rcu_read_unlock();
}
