// SPDX-License-Identifier: GPL-2.0
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include "control/netlink.h"

/* How many rows one RCU read section may visit. */
#define STRETCH 256

/* family.c adds what it can do. resv_start_op stays 0: all is strict. */
struct genl_family ipos_family __ro_after_init = {
	.name = IPOS_FAMILY_NAME,
	.version = IPOS_FAMILY_VERSION,
	.netnsok = true,
	.module = THIS_MODULE,
};

/**
 * ipos_dump_row() - one message of a dump
 * @skb: the answer being filled
 * @cb: the dump
 * @fill: puts the row's attributes
 * @row: handed to @fill
 *
 * Return: 0, also when @fill did not want the row, or -EMSGSIZE.
 */
int ipos_dump_row(struct sk_buff *skb, struct netlink_callback *cb,
		  ipos_fill_t fill, const void *row)
{
	const struct genlmsghdr *request = nlmsg_data(cb->nlh);
	void *hdr;
	int err;

	hdr = genlmsg_put(skb, NETLINK_CB(cb->skb).portid, cb->nlh->nlmsg_seq,
			  &ipos_family, NLM_F_MULTI, request->cmd);
	if (!hdr)
		return -EMSGSIZE;
	genl_dump_check_consistent(cb, hdr);
	err = fill(skb, cb, row);
	if (err) {
		genlmsg_cancel(skb, hdr);
		return err < 0 ? err : 0;
	}
	genlmsg_end(skb, hdr);
	return 0;
}

static struct rhashtable_iter *begin(struct netlink_callback *cb,
				     struct rhashtable *ht)
{
	struct rhashtable_iter *iter = (void *)cb->args[0];

	if (!iter) {
		iter = kmalloc(sizeof(*iter), GFP_KERNEL);
		if (!iter)
			return NULL;
		rhashtable_walk_enter(ht, iter);
		cb->args[0] = (long)iter;
		/* Not 0, which would mean that nobody looks at it. */
		cb->seq = 1;
	}
	return iter;
}

static void resume(struct netlink_callback *cb, struct rhashtable_iter *iter)
	__acquires(RCU)
{
	/* Resized meanwhile: it begins anew. */
	if (rhashtable_walk_start_check(iter))
		cb->seq++;
}

/*
 * After a pause the row at hand is looked at again, never the one after it: if
 * it was removed, another one has its place, and would be left out.
 */
static int walk(struct sk_buff *skb, struct netlink_callback *cb,
		struct rhashtable_iter *iter, ipos_fill_t fill)
{
	void *row = rhashtable_walk_peek(iter);
	unsigned int n = 0;
	int err;

	while (row) {
		if (++n % STRETCH == 0) {
			rhashtable_walk_stop(iter);
			cond_resched();
			resume(cb, iter);
			row = rhashtable_walk_peek(iter);
			continue;
		}
		if (IS_ERR(row)) {
			cb->seq++;
		} else {
			err = ipos_dump_row(skb, cb, fill, row);
			if (err)
				return err;
		}
		row = rhashtable_walk_next(iter);
	}
	return 0;
}

/**
 * ipos_dump_table() - fill one answer of a dump from a hash table
 * @skb: the answer
 * @cb: the dump; args[0] is used; ends with ipos_dump_table_done()
 * @ht: the table; the namespace and the module are held by the dump
 * @fill: puts a row's attributes, called under RCU
 *
 * Rows may come and go meanwhile. A resize may repeat some: it marks the
 * messages by NLM_F_DUMP_INTR. Process context, sleeps between stretches.
 *
 * Return: what a dumpit callback returns.
 */
int ipos_dump_table(struct sk_buff *skb, struct netlink_callback *cb,
		    struct rhashtable *ht, ipos_fill_t fill)
{
	struct rhashtable_iter *iter = begin(cb, ht);
	int err;

	if (!iter)
		return -ENOMEM;
	resume(cb, iter);
	err = walk(skb, cb, iter, fill);
	rhashtable_walk_stop(iter);
	if (err && !skb->len)
		return err;
	return skb->len;
}

/**
 * ipos_dump_table_done() - the dump is over, or its reader went away
 * @cb: the dump
 *
 * Return: 0. Process context.
 */
int ipos_dump_table_done(struct netlink_callback *cb)
{
	struct rhashtable_iter *iter = (void *)cb->args[0];

	if (iter) {
		rhashtable_walk_exit(iter);
		kfree(iter);
	}
	return 0;
}
