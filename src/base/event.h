/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The steps of an endpoint's life that are told: to tracepoints, and to one
 * observer above (control/, for netlink). One list; the words are those of
 * docs/netlink/ipos.yaml.
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
	X(lost, LOST)

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
 * struct ipos_observer - who is told besides the tracepoints
 * @wanted: whether anybody listens in this namespace
 * @tell: called for each step then; must not sleep; locks are held, that of
 *	the flow, or of a socket
 */
struct ipos_observer {
	bool (*wanted)(struct net *net);
	void (*tell)(struct net *net, enum ipos_handoff_step step,
		     const struct ipos_event *event);
};

bool ipos_event_wanted(struct net *net);
void ipos_event_tell(struct net *net, enum ipos_handoff_step step,
		     const struct ipos_event *event);
void ipos_event_observe(const struct ipos_observer *observer);

#endif /* IPOS_BASE_EVENT_H */
