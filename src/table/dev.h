/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The devices with a role. hook/ makes and removes the rows, with the hook on
 * each; whoever sends to all of the fabric, or samples devices, reads them.
 */
#ifndef IPOS_TABLE_DEV_H
#define IPOS_TABLE_DEV_H

#include <linux/netdevice.h>
#include <linux/rculist.h>
#include <linux/rtnetlink.h>

#define IPOS_ROLE_CLIENT	BIT(0)	/* packets of clients arrive here */
#define IPOS_ROLE_FABRIC	BIT(1)	/* ipOS frames travel here */

/**
 * struct ipos_dev_load - host/'s: what passed a device until its last sample
 * @rx_bytes: received
 * @tx_bytes: sent
 * @rate: of the direction that has more, kbit/s
 * @speed: of the link, Mbit/s, 0 = not known
 * @sampled: there was a sample
 */
struct ipos_dev_load {
	u64	rx_bytes;
	u64	tx_bytes;
	u64	rate;
	u32	speed;
	bool	sampled;
};

/**
 * struct ipos_dev - a device that has a role
 * @list: in the namespace's list, RCU
 * @dev: the device, referenced
 * @dev_tracker: of that reference
 * @role: IPOS_ROLE_*
 * @learn: boards that advertise here, and are not known, become known
 * @load: of the last sample
 * @rcu: freed after a grace period
 */
struct ipos_dev {
	struct list_head	list;
	struct net_device	*dev;
	netdevice_tracker	dev_tracker;
	u8			role;
	bool			learn;
	struct ipos_dev_load	load;
	struct rcu_head		rcu;
};

/**
 * struct ipos_dev_table - of one network namespace
 * @list: struct ipos_dev; changed under RTNL, read under RTNL or RCU
 */
struct ipos_dev_table {
	struct list_head	list;
};

static inline void ipos_dev_table_init(struct ipos_dev_table *table)
{
	INIT_LIST_HEAD(&table->list);
}

/* RTNL or RCU held. */
#define ipos_dev_table_each(d, table)					\
	list_for_each_entry_rcu(d, &(table)->list, list,		\
				lockdep_rtnl_is_held())

struct ipos_dev *ipos_dev_peek(const struct ipos_dev_table *table,
			       const struct net_device *dev);

#endif /* IPOS_TABLE_DEV_H */
