// SPDX-License-Identifier: GPL-2.0
#include <net/sock.h>
#include "control/netlink.h"
#include "control/row.h"
#include "endpoint/deliver.h"

static_assert((int)IPOS_ENDPOINT_STATE_TEMPORARY == IPOS_FLOW_TEMPORARY);
static_assert((int)IPOS_ENDPOINT_STATE_FORWARD_CONNECT ==
	      IPOS_FLOW_FORWARD_CONNECT);
static_assert((int)IPOS_ENDPOINT_STATE_FORWARD == IPOS_FLOW_FORWARD);
static_assert((int)IPOS_ENDPOINT_STATE_LOCAL == IPOS_FLOW_LOCAL);
static_assert((int)IPOS_ENDPOINT_STATE_RESERVED == IPOS_FLOW_RESERVED);
static_assert((int)IPOS_ENDPOINT_STATE_CLOSED == IPOS_FLOW_CLOSED);

/* The table that shows a state. */
static const u8 table_of[IPOS_FLOW_STATES] = {
	[IPOS_FLOW_TEMPORARY] = IPOS_TABLE_TEMPORARY,
	[IPOS_FLOW_FORWARD_CONNECT] = IPOS_TABLE_FORWARD_CONNECT,
	[IPOS_FLOW_RESERVED] = IPOS_TABLE_FORWARD_CONNECT,
	[IPOS_FLOW_FORWARD] = IPOS_TABLE_FORWARD,
	[IPOS_FLOW_LOCAL] = IPOS_TABLE_LOCAL,
	[IPOS_FLOW_CLOSED] = IPOS_TABLE_LOCAL,
};

const struct nla_policy ipos_flow_get_policy[IPOS_A_FLOW_MAX + 1] = {
	[IPOS_A_FLOW_TABLE] = { .type = NLA_U8 },
	[IPOS_A_FLOW_SRC_IP] = { .type = NLA_U32 },
	[IPOS_A_FLOW_SRC_PORT] = { .type = NLA_U16 },
	[IPOS_A_FLOW_STATE] = { .type = NLA_U8 },
	[IPOS_A_FLOW_PEER] = { .type = NLA_U32 },
};

static u32 flags_of(u16 flags)
{
	return (flags & IPOS_FLOW_TARGET ? IPOS_ENDPOINT_FLAG_TARGET : 0) |
	       (flags & IPOS_FLOW_CLOSING ? IPOS_ENDPOINT_FLAG_CLOSING : 0) |
	       (flags & IPOS_FLOW_RESET ? IPOS_ENDPOINT_FLAG_RESET : 0) |
	       (flags & IPOS_FLOW_LOST ? IPOS_ENDPOINT_FLAG_LOST : 0);
}

/**
 * ipos_flow_row() - what is shown of a flow
 * @flow: in the table, borrowed under RCU
 *
 * Return: a consistent copy. Process context.
 */
struct ipos_flow_row ipos_flow_row(struct ipos_flow *flow)
{
	u32 used = READ_ONCE(flow->used);
	u32 now = (u32)jiffies;
	struct ipos_flow_row row;

	spin_lock_bh(&flow->lock);
	row = (struct ipos_flow_row){
		.key = flow->key,
		.dst_ip = flow->hdr.dst_ip,
		.dst_port = flow->hdr.dst_port,
		.peer = flow->peer ? flow->peer->ip : 0,
		.state = ipos_flow_state(flow),
		.flags = flags_of(flow->flags),
		.age = now - flow->created,
		.idle = now - used,
		.handoff_id = flow->handoff_id,
	};
	spin_unlock_bh(&flow->lock);
	if (row.state != IPOS_FLOW_FORWARD) {
		row.dst_ip = row.key.saddr;
		row.dst_port = row.key.sport;
	}
	return row;
}

static bool wanted(const struct ipos_key *key, u32 state,
		   struct nlattr **filter)
{
	if (state >= IPOS_FLOW_STATES ||
	    table_of[state] != nla_get_u8(filter[IPOS_A_FLOW_TABLE]))
		return false;
	/* Tombstones are no endpoints: shown when asked for only. */
	if (filter[IPOS_A_FLOW_STATE] ?
	    state != nla_get_u8(filter[IPOS_A_FLOW_STATE]) :
	    state == IPOS_FLOW_CLOSED)
		return false;
	if (filter[IPOS_A_FLOW_SRC_IP] &&
	    key->caddr != nla_get_in_addr(filter[IPOS_A_FLOW_SRC_IP]))
		return false;
	return !filter[IPOS_A_FLOW_SRC_PORT] ||
	       key->cport == nla_get_be16(filter[IPOS_A_FLOW_SRC_PORT]);
}

static bool put_addresses(struct sk_buff *skb, const struct ipos_flow_row *row)
{
	return !nla_put_in_addr(skb, IPOS_A_FLOW_SRC_IP, row->key.caddr) &&
	       !nla_put_be16(skb, IPOS_A_FLOW_SRC_PORT, row->key.cport) &&
	       !nla_put_in_addr(skb, IPOS_A_FLOW_DST_IP, row->dst_ip) &&
	       !nla_put_be16(skb, IPOS_A_FLOW_DST_PORT, row->dst_port) &&
	       !nla_put_u8(skb, IPOS_A_FLOW_PROTO, row->key.proto) &&
	       !nla_put_in_addr(skb, IPOS_A_FLOW_SERVICE_IP, row->key.saddr) &&
	       !nla_put_be16(skb, IPOS_A_FLOW_SERVICE_PORT, row->key.sport);
}

static bool put_socket(struct sk_buff *skb, const struct ipos_flow_row *row)
{
	u64 inode;

	if (row->state != IPOS_FLOW_LOCAL ||
	    row->key.proto != IPOS_PROTO_TCP)
		return true;
	inode = ipos_socket_inode(sock_net(skb->sk), &row->key);
	return !inode || !nla_put_u64_64bit(skb, IPOS_A_FLOW_INODE, inode,
					    IPOS_A_FLOW_PAD);
}

static bool put_state(struct sk_buff *skb, const struct ipos_flow_row *row)
{
	return !nla_put_u8(skb, IPOS_A_FLOW_TABLE, table_of[row->state]) &&
	       !nla_put_u8(skb, IPOS_A_FLOW_STATE, row->state) &&
	       !nla_put_u32(skb, IPOS_A_FLOW_FLAGS, row->flags) &&
	       !nla_put_u64_64bit(skb, IPOS_A_FLOW_AGE,
				  jiffies64_to_msecs(row->age),
				  IPOS_A_FLOW_PAD) &&
	       !nla_put_u64_64bit(skb, IPOS_A_FLOW_IDLE,
				  jiffies64_to_msecs(row->idle),
				  IPOS_A_FLOW_PAD);
}

static bool put_peer(struct sk_buff *skb, const struct ipos_flow_row *row)
{
	if (row->handoff_id &&
	    nla_put_u64_64bit(skb, IPOS_A_FLOW_HANDOFF_ID, row->handoff_id,
			      IPOS_A_FLOW_PAD))
		return false;
	return !row->peer || !nla_put_in_addr(skb, IPOS_A_FLOW_PEER, row->peer);
}

static int fill(struct sk_buff *skb, struct netlink_callback *cb,
		const void *obj)
{
	struct nlattr **filter = ipos_compat_dump_attrs(cb);
	struct ipos_flow *flow = (struct ipos_flow *)obj;
	struct ipos_flow_row row;

	/* Most rows end here, without their lock. */
	if (!wanted(&flow->key, ipos_flow_state(flow), filter))
		return 1;
	row = ipos_flow_row(flow);
	/* It may have moved on meanwhile: then another table shows it. */
	if (!wanted(&row.key, row.state, filter))
		return 1;
	if (filter[IPOS_A_FLOW_PEER] &&
	    nla_get_in_addr(filter[IPOS_A_FLOW_PEER]) != row.peer)
		return 1;
	if (!put_addresses(skb, &row) || !put_socket(skb, &row) ||
	    !put_state(skb, &row) || !put_peer(skb, &row))
		return -EMSGSIZE;
	return 0;
}

static int check(struct netlink_callback *cb)
{
	struct nlattr **filter = ipos_compat_dump_attrs(cb);
	const struct nlattr *table = filter[IPOS_A_FLOW_TABLE];
	const struct nlattr *state = filter[IPOS_A_FLOW_STATE];

	if (!table) {
		NL_SET_ERR_MSG_MOD(cb->extack, "table is missing");
		return -EINVAL;
	}
	if (nla_get_u8(table) > IPOS_TABLE_LOCAL)
		return ipos_refuse(cb->extack, table, -ERANGE,
				   "table must be temporary, forward-connect, forward or local");
	if (state && (nla_get_u8(state) >= IPOS_FLOW_STATES ||
		      table_of[nla_get_u8(state)] != nla_get_u8(table)))
		return ipos_refuse(cb->extack, state, -EINVAL,
				   "table has no rows in this state");
	return 0;
}

/**
 * ipos_flow_get_dumpit() - IPOS_CMD_FLOW_GET
 * @skb: the answer
 * @cb: the dump
 *
 * Return: what a dumpit callback returns. Process context.
 */
int ipos_flow_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct ipos_board *board = ipos_board(sock_net(skb->sk));
	int err;

	err = check(cb);
	if (err)
		return err;
	return ipos_dump_table(skb, cb, &board->engine.flows.by_key, fill);
}
