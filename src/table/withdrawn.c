// SPDX-License-Identifier: GPL-2.0
#include <linux/slab.h>
#include "table/withdrawn.h"

#define LIMIT 65536

/* What 11i repeats of an offer; compared as bytes. */
struct binding {
	__be32	src_ip;
	__be32	dst_ip;
	__be16	src_port;
	__be16	dst_port;
	u32	protocol;
};

struct withdrawn {
	struct rhash_head	node;
	struct binding		binding;
	unsigned long		deadline;
	struct rcu_head		rcu;
};

static const struct rhashtable_params params = {
	.key_len = sizeof(struct binding),
	.key_offset = offsetof(struct withdrawn, binding),
	.head_offset = offsetof(struct withdrawn, node),
	.automatic_shrinking = true,
};

static struct binding binding_of(const struct ipos_hdr *hdr)
{
	return (struct binding){
		.src_ip = hdr->src_ip, .dst_ip = hdr->dst_ip,
		.src_port = hdr->src_port, .dst_port = hdr->dst_port,
		.protocol = hdr->protocol,
	};
}

/**
 * ipos_withdrawn_table_init() - make an empty table
 * @table: zeroed memory
 *
 * Return: 0 or -ENOMEM. Process context.
 */
int ipos_withdrawn_table_init(struct ipos_withdrawn_table *table)
{
	ipos_bound_init(&table->bound, LIMIT);
	return rhashtable_init(&table->ht, &params);
}

static void free_each(void *obj, void *arg)
{
	kfree(obj);
}

/**
 * ipos_withdrawn_table_destroy() - empty the table and free it
 * @table: nobody uses it any more
 *
 * Process context.
 */
void ipos_withdrawn_table_destroy(struct ipos_withdrawn_table *table)
{
	rhashtable_free_and_destroy(&table->ht, free_each, NULL);
}

/**
 * ipos_withdrawn_add() - remember an offer taken back
 * @table: the table
 * @hdr: the offer's addresses, ports and protocol
 * @lifetime: jiffies after which no reservation of it can be left
 *
 * Any context.
 *
 * Return: false when there is no place or memory for it.
 */
bool ipos_withdrawn_add(struct ipos_withdrawn_table *table,
			const struct ipos_hdr *hdr, unsigned long lifetime)
{
	struct withdrawn *row;

	if (!ipos_bound_take(&table->bound))
		return false;
	row = kzalloc(sizeof(*row), GFP_ATOMIC);
	if (!row)
		goto give;
	row->binding = binding_of(hdr);
	row->deadline = jiffies + lifetime;
	if (rhashtable_lookup_insert_fast(&table->ht, &row->node, params))
		goto free;
	return true;
free:
	kfree(row);
give:
	ipos_bound_give(&table->bound);
	return false;
}

/**
 * ipos_withdrawn_has() - may this header not be offered now?
 * @table: the table
 * @hdr: addresses, ports and protocol of an offer to be made
 *
 * RCU held.
 *
 * Return: true while an offer with this header is not known to be forgotten.
 */
bool ipos_withdrawn_has(struct ipos_withdrawn_table *table,
			const struct ipos_hdr *hdr)
{
	struct binding binding = binding_of(hdr);

	return ipos_bound_count(&table->bound) &&
	       rhashtable_lookup(&table->ht, &binding, params);
}

static void forget(struct ipos_withdrawn_table *table, struct withdrawn *row)
{
	if (rhashtable_remove_fast(&table->ht, &row->node, params))
		return;
	ipos_bound_give(&table->bound);
	kfree_rcu(row, rcu);
}

static bool expire_each(void *obj, void *arg)
{
	struct withdrawn *row = obj;

	if (time_after_eq(jiffies, row->deadline))
		forget(arg, row);
	return true;
}

/**
 * ipos_withdrawn_expire() - forget what no target can remember any more
 * @table: the table
 *
 * Process context.
 */
void ipos_withdrawn_expire(struct ipos_withdrawn_table *table)
{
	if (ipos_bound_count(&table->bound))
		ipos_table_walk(&table->ht, expire_each, table);
}
