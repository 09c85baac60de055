// SPDX-License-Identifier: GPL-2.0
#include <net/sock.h>
#include "control/netlink.h"

const struct nla_policy ipos_listen_get_policy[IPOS_A_LISTEN_MAX + 1] = {
	[IPOS_A_LISTEN_SERVER] = { .type = NLA_U32 },
	[IPOS_A_LISTEN_PORT] = { .type = NLA_U16 },
};

/* This board's own rows go by its Server IP, if it has one. */
static __be32 server_of(struct net *net, const struct ipos_listen *row)
{
	return row->key.server ?:
	       READ_ONCE(ipos_board(net)->engine.settings.server_ip);
}

/* Of what a board could start: the application's name, and what it needs. */
static bool put_startable(struct sk_buff *skb, const struct ipos_listener *what)
{
	u8 state = what->flags & IPOS_LISTENER_STARTING ?
		   IPOS_LISTEN_STATE_STARTING : IPOS_LISTEN_STATE_STARTABLE;

	return !nla_put_u8(skb, IPOS_A_LISTEN_STATE, state) &&
	       !nla_put_u64_64bit(skb, IPOS_A_LISTEN_REQUIRED, what->pid,
				  IPOS_A_LISTEN_PAD) &&
	       !nla_put_string(skb, IPOS_A_LISTEN_NAME, what->name);
}

static bool put_process(struct sk_buff *skb, const struct ipos_listener *what)
{
	if (what->proto & IPOS_LISTENER_STARTABLE)
		return put_startable(skb, what);
	return !nla_put_u8(skb, IPOS_A_LISTEN_STATE,
			   IPOS_LISTEN_STATE_LISTENING) &&
	       (!what->pid ||
		(!nla_put_u32(skb, IPOS_A_LISTEN_PID, what->pid) &&
		 !nla_put_string(skb, IPOS_A_LISTEN_NAME, what->name)));
}

static int fill(struct sk_buff *skb, struct netlink_callback *cb,
		const void *obj)
{
	struct nlattr **filter = ipos_compat_dump_attrs(cb);
	const struct ipos_listen *row = obj;
	const struct ipos_listener *what = &row->what;
	__be32 server = server_of(sock_net(skb->sk), row);

	if (filter[IPOS_A_LISTEN_SERVER] &&
	    server != nla_get_in_addr(filter[IPOS_A_LISTEN_SERVER]))
		return 1;
	if (filter[IPOS_A_LISTEN_PORT] &&
	    what->port != nla_get_be16(filter[IPOS_A_LISTEN_PORT]))
		return 1;
	if ((server && nla_put_in_addr(skb, IPOS_A_LISTEN_SERVER, server)) ||
	    nla_put_u8(skb, IPOS_A_LISTEN_PROTO,
		       what->proto & ~IPOS_LISTENER_STARTABLE) ||
	    nla_put_in_addr(skb, IPOS_A_LISTEN_ADDR, what->addr) ||
	    nla_put_be16(skb, IPOS_A_LISTEN_PORT, what->port) ||
	    !put_process(skb, what))
		return -EMSGSIZE;
	return 0;
}

/**
 * ipos_listen_get_dumpit() - IPOS_CMD_LISTEN_GET
 * @skb: the answer
 * @cb: the dump
 *
 * Return: what a dumpit callback returns. Process context.
 */
int ipos_listen_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct ipos_board *board = ipos_board(sock_net(skb->sk));

	return ipos_dump_table(skb, cb, &board->engine.listens.rows, fill);
}
