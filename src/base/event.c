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

/**
 * ipos_event_agent() - whether somebody is there who starts applications
 * @net: the namespace
 *
 * Any context.
 *
 * Return: false when a start would be asked for in vain.
 */
bool ipos_event_agent(struct net *net)
{
	const struct ipos_observer *now;
	bool agent;

	rcu_read_lock();
	now = rcu_dereference(observer);
	agent = now && now->agent(net);
	rcu_read_unlock();
	return agent;
}

/**
 * ipos_event_start() - have an application started
 * @net: the namespace
 * @name: of the application
 * @unit: @command is the name of a systemd unit
 * @command: what to start
 *
 * Any context.
 *
 * Return: false when nobody has heard it.
 */
bool ipos_event_start(struct net *net, const char *name, bool unit,
		      const char *command)
{
	const struct ipos_observer *now;
	bool heard;

	rcu_read_lock();
	now = rcu_dereference(observer);
	heard = now && now->start(net, name, unit, command);
	rcu_read_unlock();
	return heard;
}
