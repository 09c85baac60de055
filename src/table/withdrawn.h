/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Offers taken back, for as long as a target or a frame under way may remember
 * them. While one is kept, nothing with the same 11b header is offered to that target:
 * a late acknowledgement could not be told apart (docs/protocol.md).
 */
#ifndef IPOS_TABLE_WITHDRAWN_H
#define IPOS_TABLE_WITHDRAWN_H

#include <linux/ipos_wire.h>
#include "table/table.h"

struct ipos_withdrawn_table {
	struct rhashtable	ht;
	struct ipos_bound	bound;
};

int ipos_withdrawn_table_init(struct ipos_withdrawn_table *table);
void ipos_withdrawn_table_destroy(struct ipos_withdrawn_table *table);

bool ipos_withdrawn_add(struct ipos_withdrawn_table *table,
			const struct ipos_hdr *hdr, unsigned long lifetime);
/* Whether one more could be remembered: only then may anything be offered. */
static inline bool
ipos_withdrawn_may_add(const struct ipos_withdrawn_table *table)
{
	return ipos_bound_count(&table->bound) < READ_ONCE(table->bound.limit);
}

bool ipos_withdrawn_has(struct ipos_withdrawn_table *table,
			const struct ipos_hdr *hdr);
void ipos_withdrawn_expire(struct ipos_withdrawn_table *table);

#endif /* IPOS_TABLE_WITHDRAWN_H */
