/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The flow table: one hash whose entries' states are the Temporary,
 * Forward-Connect, Forward and Local Tables. A packet costs one look-up, a
 * transition is one atomic change of state.
 */
#ifndef IPOS_TABLE_FLOW_H
#define IPOS_TABLE_FLOW_H

#include <linux/jiffies.h>
#include <linux/llist.h>
#include <linux/refcount.h>
#include <linux/spinlock.h>
#include "base/key.h"
#include "table/server.h"
#include "table/table.h"

enum ipos_flow_state {
	IPOS_FLOW_TEMPORARY,		/* unattached endpoint of this board */
	IPOS_FLOW_FORWARD_CONNECT,	/* offered, not acknowledged yet */
	IPOS_FLOW_FORWARD,		/* another board's: forward */
	IPOS_FLOW_LOCAL,		/* attached to a socket of this host */
	IPOS_FLOW_RESERVED,		/* another board's offer, not committed */
	IPOS_FLOW_CLOSED,		/* tombstone: handed to us, or a cookie's */
	IPOS_FLOW_DEAD,			/* out of the table */
	IPOS_FLOW_STATES = IPOS_FLOW_DEAD
};

/* Bits of struct ipos_flow.flags, changed under the lock only. */
#define IPOS_FLOW_BOUND		BIT(0)	/* in the table of bindings */
#define IPOS_FLOW_TARGET	BIT(1)	/* @peer is the origin, not the target */
#define IPOS_FLOW_CLOSING	BIT(2)	/* Forward: 0x81 closed was heard */
#define IPOS_FLOW_RESET		BIT(3)	/* Forward: answer the client by RST */
#define IPOS_FLOW_LOST		BIT(4)	/* Closed: never reached accept() */
#define IPOS_FLOW_DOOMED	BIT(5)	/* Local, Closed: aborted by this board */
#define IPOS_FLOW_COOKIE	BIT(6)	/* a cookie may begin it once more */
#define IPOS_FLOW_REPLY		BIT(7)	/* in the table of replies */
#define IPOS_FLOW_SINGLE	BIT(8)	/* Local: for this datagram, not the next */

#define IPOS_FLOW_ENDED		(IPOS_FLOW_CLOSING | IPOS_FLOW_RESET)

struct ipos_pending;
struct ipos_watch;

/**
 * struct ipos_flow - one endpoint this board knows of
 * @node: in the table, key @key
 * @key: the 4-tuple as the client sees it
 * @hdr: header of type 2 frames towards @peer, ready to send; its addresses,
 *	ports and protocol with @peer's Server IP name the binding: what 11i
 *	and the notices repeat
 * @bind_node: in the table of bindings
 * @peer: the other board, referenced; set before the state that uses it
 * @pending: engine/'s: what an unfinished endpoint needs; under @lock
 * @handoff_id: of the hand-off under way or done, 0 when none
 * @lock: pending, flags and every transition but those of a closing socket
 * @refs: the table's, a timer's, a walker's
 * @state: enum ipos_flow_state
 * @flags: IPOS_FLOW_*
 * @window: the client's window as its last segment before the move told it
 * @timeout: of UDP in its place: seconds without a datagram that end it
 * @used: jiffies when a packet last passed, or when a closing entry began
 * @created: jiffies
 * @rcv_nxt: RCV.NXT at the hand-off, host order
 * @snd_nxt: SND.NXT at the hand-off, host order
 * @laddr: of UDP in their place: where its program gets the datagrams on this
 *	board, and sends its replies from
 * @lport: likewise
 * @watch: engine/'s: what of a Local entry's response is still to be read;
 *	goes with the entry; RCU
 * @doomed: in the list of sockets to abort; has a reference of its own
 * @reply_node: of UDP in its place: in the table of replies
 * @rcu: freed after a grace period
 */
struct ipos_flow {
	struct rhash_head	node;
	struct ipos_key		key;
	struct ipos_hdr		hdr;
	struct ipos_server	*peer;
	u32			state;
	u32			used;
	u16			flags;
	union {
		u16		window;
		u16		timeout;
	};
	refcount_t		refs;
	struct rhash_head	bind_node;
	struct ipos_pending	*pending;
	u64			handoff_id;
	spinlock_t		lock;
	u32			created;
	union {
		struct {
			u32	rcv_nxt;
			u32	snd_nxt;
		};
		struct {
			__be32	laddr;
			__be16	lport;
		};
	};
	struct ipos_watch __rcu	*watch;
	union {
		struct llist_node	doomed;
		struct rhash_head	reply_node;
	};
	struct rcu_head		rcu;
};

/**
 * struct ipos_flow_table - one network namespace's flows
 * @by_key: all of them
 * @by_binding: those that answers of other boards may speak of
 * @by_reply: UDP flows whose program is on this board, by what it replies
 * @bound: rows of each state
 * @ended: rows of the Forward Table whose connection is over
 * @taken: rows of the Local Table that other boards handed over
 */
struct ipos_flow_table {
	struct rhashtable	by_key;
	struct rhashtable	by_binding;
	struct rhashtable	by_reply;
	struct ipos_bound	bound[IPOS_FLOW_STATES];
	atomic_t		ended;
	atomic_t		taken;
};

int ipos_flow_init(void);
void ipos_flow_exit(void);

int ipos_flow_table_init(struct ipos_flow_table *table);
void ipos_flow_table_destroy(struct ipos_flow_table *table);

static inline bool ipos_flow_table_empty(const struct ipos_flow_table *table)
{
	return !atomic_read(&table->by_key.nelems);
}

static inline enum ipos_flow_state ipos_flow_state(const struct ipos_flow *flow)
{
	/* Pairs with cmpxchg(): what a state needs was written before it. */
	return smp_load_acquire(&flow->state);
}

struct ipos_flow *ipos_flow_new(struct ipos_flow_table *table,
				const struct ipos_key *key,
				enum ipos_flow_state state);
int ipos_flow_insert(struct ipos_flow_table *table, struct ipos_flow *flow);
void ipos_flow_discard(struct ipos_flow_table *table, struct ipos_flow *flow);
struct ipos_flow *ipos_flow_peek(struct ipos_flow_table *table,
				 const struct ipos_key *key);
struct ipos_flow *ipos_flow_peek_binding(struct ipos_flow_table *table,
					 const struct ipos_hdr *hdr,
					 __be32 peer_ip);
void ipos_flow_put(struct ipos_flow *flow);

int ipos_flow_bind(struct ipos_flow_table *table, struct ipos_flow *flow,
		   const struct ipos_hdr *hdr, struct ipos_server *peer);
void ipos_flow_unbind(struct ipos_flow_table *table, struct ipos_flow *flow);

int ipos_flow_reply(struct ipos_flow_table *table, struct ipos_flow *flow,
		    __be32 laddr, __be16 lport);
struct ipos_flow *ipos_flow_peek_reply(struct ipos_flow_table *table,
				       const struct ipos_key *key);

bool ipos_flow_move(struct ipos_flow_table *table, struct ipos_flow *flow,
		    enum ipos_flow_state from, enum ipos_flow_state to);
bool ipos_flow_remove(struct ipos_flow_table *table, struct ipos_flow *flow,
		      enum ipos_flow_state from);

/* Whether another board handed it to this one, and it was that board. */
static inline bool ipos_flow_is_from(const struct ipos_flow *flow,
				     const struct ipos_server *origin)
{
	return flow->flags & IPOS_FLOW_TARGET && flow->peer &&
	       flow->peer->ip == origin->ip;
}

/* Writes only when a jiffy has passed: the line stays shared between CPUs. */
static inline void ipos_flow_touch(struct ipos_flow *flow)
{
	u32 now = (u32)jiffies;

	if (READ_ONCE(flow->used) != now)
		WRITE_ONCE(flow->used, now);
}

#endif /* IPOS_TABLE_FLOW_H */
