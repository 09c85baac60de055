/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Tracepoints ipos:*, one for each step of struct ipos_event. All look alike;
 * the hand-off id ties those of two boards together. And ipos:ipos_cluster, for
 * everything that happens to boards.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM ipos

#if !defined(IPOS_BASE_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define IPOS_BASE_TRACE_H

#include <linux/tracepoint.h>
#include <net/net_namespace.h>
#include <linux/ipos_wire.h>
#include "base/event.h"

#define IPOS_TRACE_REASONS(X, LAST)					\
	X(NONE, "none")							\
	X(NO_LISTENER, "no-listener")					\
	X(QUEUE_FULL, "queue-full")					\
	X(NO_MEMORY, "no-memory")					\
	X(EXISTS, "exists")						\
	X(VERSION, "version")						\
	X(NO_ROUTE, "no-route")						\
	X(DRAINING, "draining")						\
	X(OTHER, "other")						\
	X(UNANSWERED, "unanswered")					\
	X(INCOMPLETE, "incomplete")					\
	X(LISTENER_CLOSED, "listener-closed")				\
	X(CLIENT_RESET, "client-reset")					\
	X(REPLACED, "replaced")						\
	X(UNKNOWN, "unknown")						\
	X(IDLE, "idle")							\
	X(STOPPING, "stopping")						\
	X(RESTARTED, "restarted")					\
	LAST(STARTING, "starting")

/* Programs that read a trace know numbers only, not the names of enums. */
#define IPOS_TRACE_REASON(NAME, word) \
	TRACE_DEFINE_ENUM(IPOS_HANDOFF_REASON_##NAME);
IPOS_TRACE_REASONS(IPOS_TRACE_REASON, IPOS_TRACE_REASON)
#undef IPOS_TRACE_REASON
TRACE_DEFINE_ENUM(IPOS_HANDOFF_ROLE_ORIGIN);
TRACE_DEFINE_ENUM(IPOS_HANDOFF_ROLE_TARGET);

/* Expanded where the event is printed. */
#define IPOS_TRACE_WORD(NAME, word)	{ IPOS_HANDOFF_REASON_##NAME, word },
#define IPOS_TRACE_LAST(NAME, word)	{ IPOS_HANDOFF_REASON_##NAME, word }

DECLARE_EVENT_CLASS(ipos_step,
	TP_PROTO(const struct net *net, const struct ipos_event *event),

	TP_ARGS(net, event),

	TP_STRUCT__entry(
		__field(u64, id)
		__field(unsigned int, netns)
		__array(u8, client, 4)
		__array(u8, service, 4)
		__array(u8, peer, 4)
		__field(u16, client_port)
		__field(u16, service_port)
		__field(u8, proto)
		__field(u8, role)
		__field(u8, reason)
	),

	TP_fast_assign(
		__entry->id = event->handoff_id;
		__entry->netns = net->ns.inum;
		memcpy(__entry->client, &event->key.caddr, 4);
		memcpy(__entry->service, &event->key.saddr, 4);
		memcpy(__entry->peer, &event->peer, 4);
		__entry->client_port = ntohs(event->key.cport);
		__entry->service_port = ntohs(event->key.sport);
		__entry->proto = event->key.proto;
		__entry->role = event->role;
		__entry->reason = event->reason;
	),

	TP_printk("id=0x%016llx netns=%u role=%s client=%pI4:%u service=%pI4:%u peer=%pI4 reason=%s",
		  (unsigned long long)__entry->id, __entry->netns,
		  __print_symbolic(__entry->role,
				   { IPOS_HANDOFF_ROLE_ORIGIN, "origin" },
				   { IPOS_HANDOFF_ROLE_TARGET, "target" }),
		  __entry->client, __entry->client_port,
		  __entry->service, __entry->service_port, __entry->peer,
		  __print_symbolic(__entry->reason,
				   IPOS_TRACE_REASONS(IPOS_TRACE_WORD,
						      IPOS_TRACE_LAST)))
);

#define IPOS_TRACE_STEP(name, NAME)					\
	DEFINE_EVENT(ipos_step, ipos_##name,				\
		     TP_PROTO(const struct net *net,			\
			      const struct ipos_event *event),		\
		     TP_ARGS(net, event));
IPOS_STEPS(IPOS_TRACE_STEP)
#undef IPOS_TRACE_STEP

#define IPOS_TRACE_CLUSTER(name, NAME) \
	TRACE_DEFINE_ENUM(IPOS_CLUSTER_EVENT_##NAME);
IPOS_CLUSTER_EVENTS(IPOS_TRACE_CLUSTER, IPOS_TRACE_CLUSTER)
#undef IPOS_TRACE_CLUSTER

/* Expanded where the event is printed. */
#define IPOS_TRACE_NEWS(name, NAME)	{ IPOS_CLUSTER_EVENT_##NAME, #name },
#define IPOS_TRACE_NEWS_LAST(name, NAME) { IPOS_CLUSTER_EVENT_##NAME, #name }

TRACE_EVENT(ipos_cluster,
	TP_PROTO(const struct net *net, const struct ipos_news *news),

	TP_ARGS(net, news),

	TP_STRUCT__entry(
		__field(unsigned int, netns)
		__field(u32, pid)
		__array(u8, server, 4)
		__array(u8, addr, 4)
		__field(u16, port)
		__field(u8, event)
		__field(u8, proto)
		__array(char, process, IPOS_PROCESS_LEN)
	),

	TP_fast_assign(
		__entry->netns = net->ns.inum;
		__entry->pid = news->pid;
		memcpy(__entry->server, &news->server, 4);
		memcpy(__entry->addr, &news->addr, 4);
		__entry->port = ntohs(news->port);
		__entry->event = news->event;
		__entry->proto = news->proto;
		strscpy(__entry->process, news->name, IPOS_PROCESS_LEN);
	),

	TP_printk("event=%s netns=%u server=%pI4 proto=%u listener=%pI4:%u pid=%u process=%s",
		  __print_symbolic(__entry->event,
				   IPOS_CLUSTER_EVENTS(IPOS_TRACE_NEWS,
						       IPOS_TRACE_NEWS_LAST)),
		  __entry->netns, __entry->server, __entry->proto,
		  __entry->addr, __entry->port, __entry->pid,
		  __entry->process)
);

#endif /* IPOS_BASE_TRACE_H */

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH base
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
