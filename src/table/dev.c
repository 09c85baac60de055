// SPDX-License-Identifier: GPL-2.0
#include "table/dev.h"

/**
 * ipos_dev_peek() - what is known of a device
 * @table: the namespace's devices
 * @dev: the device
 *
 * RTNL or RCU held.
 *
 * Return: its row, borrowed, or NULL when it has no role.
 */
struct ipos_dev *ipos_dev_peek(const struct ipos_dev_table *table,
			       const struct net_device *dev)
{
	struct ipos_dev *d;

	ipos_dev_table_each(d, table)
		if (d->dev == dev)
			return d;
	return NULL;
}
