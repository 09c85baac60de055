// SPDX-License-Identifier: GPL-2.0
#include <net/sock.h>
#include "control/netlink.h"

struct row {
	const char	*name;
	const char	*text;
	u64		value;
	u32		limit;		/* 0: has none */
};

static struct row read_row(struct ipos_engine *engine, int i)
{
	const struct ipos_bound_desc *desc;
	struct ipos_bound *bound;

	if (i < IPOS_N_MAX)
		return (struct row){
			.name = ipos_count_name(i),
			.text = ipos_count_text(i),
			.value = ipos_count_sum(engine->counters, i),
		};
	desc = &ipos_bounds[i - IPOS_N_MAX];
	bound = ipos_bound_of(engine, desc);
	return (struct row){
		.name = desc->name,
		.text = desc->text,
		.value = ipos_bound_count(bound),
		.limit = READ_ONCE(bound->limit),
	};
}

static int fill(struct sk_buff *skb, struct netlink_callback *cb,
		const void *obj)
{
	const struct row *row = obj;

	if (nla_put_string(skb, IPOS_A_STATS_NAME, row->name) ||
	    nla_put_string(skb, IPOS_A_STATS_TEXT, row->text) ||
	    nla_put_u64_64bit(skb, IPOS_A_STATS_VALUE, row->value,
			      IPOS_A_STATS_PAD) ||
	    (row->limit && nla_put_u32(skb, IPOS_A_STATS_LIMIT, row->limit)))
		return -EMSGSIZE;
	return 0;
}

/**
 * ipos_stats_get_dumpit() - IPOS_CMD_STATS_GET
 * @skb: the answer
 * @cb: the dump; args[0] is the next row
 *
 * Return: what a dumpit callback returns. Process context.
 */
int ipos_stats_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct ipos_board *board = ipos_board(sock_net(skb->sk));
	struct row row;

	for (; cb->args[0] < IPOS_N_MAX + IPOS_BOUNDS; cb->args[0]++) {
		row = read_row(&board->engine, cb->args[0]);
		if (ipos_dump_row(skb, cb, fill, &row))
			break;
	}
	return skb->len;
}
