/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The steps of an endpoint's life, and what happens to the boards of the
 * cluster, as it is told: to tracepoints, and to one observer above (control/,
 * for netlink). One list of each; the words are those of docs/netlink/ipos.yaml.
 */
#ifndef IPOS_BASE_EVENT_H
#define IPOS_BASE_EVENT_H

#include <linux/ipos.h>
#include "base/key.h"

struct net;

#define IPOS_STEPS(X)			\
	X(established, ESTABLISHED)	\
	X(offered, OFFERED)		\
	X(retransmitted, RETRANSMITTED)	\
	X(refused, REFUSED)		\
	X(unanswered, UNANSWERED)	\
	X(withdrawn, WITHDRAWN)		\
	X(committed, COMMITTED)		\
	X(attached, ATTACHED)		\
	X(abandoned, ABANDONED)		\
	X(unplaced, UNPLACED)		\
	X(reserved, RESERVED)		\
	X(acknowledged, ACKNOWLEDGED)	\
	X(expired, EXPIRED)		\
	X(closed, CLOSED)		\
	X(lost, LOST)			\
	X(waiting, WAITING)

#define IPOS_CLUSTER_EVENTS(E, LAST)	\
	E(joined, JOINED)		\
	E(restarted, RESTARTED)		\
	E(moved, MOVED)			\
	E(stale, STALE)			\
	E(fresh, FRESH)			\
	E(gone, GONE)			\
	E(left, LEFT)			\
	E(listening, LISTENING)		\
	E(closed, CLOSED)		\
	E(starting, STARTING)		\
	E(running, RUNNING)		\
	LAST(failed, FAILED)

/**
 * struct ipos_event - what is told of a step
 * @key: the connection
 * @handoff_id: 0 where there is no hand-off
 * @peer: Server IP of the other board, 0 where there is none
 * @role: enum ipos_handoff_role, of this board
 * @reason: enum ipos_handoff_reason
 */
struct ipos_event {
	struct ipos_key	key;
	u64		handoff_id;
	__be32		peer;
	u8		role;
	u8		reason;
};

/**
 * struct ipos_news - what is told of a board, or of a program on it
 * @event: what happened
 * @server: Server IP of the board, 0 = this one
 * @addr: the program is bound to, 0 = any
 * @port: it listens on, 0 = this is about the board
 * @proto: enum ipos_protocol
 * @pid: process id, 0 = not known
 * @name: of the process, "" = not known
 */
struct ipos_news {
	enum ipos_cluster_event	event;
	__be32			server;
	__be32			addr;
	__be16			port;
	u8			proto;
	u32			pid;
	const char		*name;
};

/**
 * struct ipos_observer - who is told besides the tracepoints
 * @wanted: whether anybody listens to steps in this namespace
 * @tell: called for each step then; must not sleep; locks are held, that of
 *	the flow, or of a socket
 * @news: called for whatever happens to a board; must not sleep
 * @agent: whether somebody is there who starts applications
 * @start: called for each that is to be started; must not sleep; false when
 *	nobody heard it
 */
struct ipos_observer {
	bool (*wanted)(struct net *net);
	void (*tell)(struct net *net, enum ipos_handoff_step step,
		     const struct ipos_event *event);
	void (*news)(struct net *net, const struct ipos_news *news);
	bool (*agent)(struct net *net);
	bool (*start)(struct net *net, const char *name, bool unit,
		      const char *command);
};

bool ipos_event_wanted(struct net *net);
void ipos_event_tell(struct net *net, enum ipos_handoff_step step,
		     const struct ipos_event *event);
void ipos_event_news(struct net *net, const struct ipos_news *news);
bool ipos_event_agent(struct net *net);
bool ipos_event_start(struct net *net, const char *name, bool unit,
		      const char *command);
void ipos_event_observe(const struct ipos_observer *observer);

#endif /* IPOS_BASE_EVENT_H */
