// SPDX-License-Identifier: GPL-2.0
#include <net/sock.h>
#include "control/netlink.h"

static int fill(struct sk_buff *skb, struct netlink_callback *cb,
		const void *obj)
{
	const struct ipos_app *app = obj;

	if (nla_put_u32(skb, IPOS_A_APP_PID, app->pid) ||
	    nla_put_string(skb, IPOS_A_APP_NAME, app->name) ||
	    nla_put_u64_64bit(skb, IPOS_A_APP_MEMORY, READ_ONCE(app->memory),
			      IPOS_A_APP_PAD) ||
	    nla_put_u32(skb, IPOS_A_APP_CPU, READ_ONCE(app->cpu)))
		return -EMSGSIZE;
	return 0;
}

/**
 * ipos_app_get_dumpit() - IPOS_CMD_APP_GET
 * @skb: the answer
 * @cb: the dump
 *
 * Return: what a dumpit callback returns. Process context.
 */
int ipos_app_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct ipos_board *board = ipos_board(sock_net(skb->sk));

	return ipos_dump_table(skb, cb, &board->engine.apps.ht, fill);
}
