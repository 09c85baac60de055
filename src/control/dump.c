// SPDX-License-Identifier: GPL-2.0
#include <linux/module.h>
#include <linux/slab.h>
#include "control/netlink.h"

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

static struct ipos_cursor *begin(struct netlink_callback *cb,
				 struct rhashtable *ht)
{
	struct ipos_cursor *cursor = (void *)cb->args[0];

	if (!cursor) {
		cursor = kmalloc(sizeof(*cursor), GFP_KERNEL);
		if (!cursor)
			return NULL;
		ipos_cursor_enter(cursor, ht);
		cb->args[0] = (long)cursor;
	}
	return cursor;
}

struct dump {
	struct sk_buff *skb;
	struct netlink_callback *cb;
	struct ipos_cursor *cursor;
	ipos_fill_t fill;
};

static int dump_each(void *row, void *arg)
{
	struct dump *dump = arg;

	/* Not 0, which would mean that nobody looks at it. */
	dump->cb->seq = 1 + dump->cursor->resized;
	return ipos_dump_row(dump->skb, dump->cb, dump->fill, row);
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
	struct dump dump = {
		.skb = skb, .cb = cb, .cursor = begin(cb, ht), .fill = fill,
	};
	int err;

	if (!dump.cursor)
		return -ENOMEM;
	err = ipos_cursor_walk(dump.cursor, dump_each, &dump);
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
	struct ipos_cursor *cursor = (void *)cb->args[0];

	if (cursor) {
		ipos_cursor_exit(cursor);
		kfree(cursor);
	}
	return 0;
}
