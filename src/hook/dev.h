/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Devices with a role, and the ingress hook on each.
 */
#ifndef IPOS_HOOK_DEV_H
#define IPOS_HOOK_DEV_H

#include <linux/list.h>
#include <linux/netdevice.h>
#include <linux/netfilter.h>

struct ipos_engine;

#define IPOS_ROLE_CLIENT	BIT(0)	/* packets of clients arrive here */
#define IPOS_ROLE_FABRIC	BIT(1)	/* ipOS frames travel here */

/**
 * struct ipos_dev - a device that has a role
 * @list: in the namespace's list, RCU
 * @dev: the device, referenced
 * @engine: of the device's namespace; outlives the hook
 * @dev_tracker: of that reference
 * @role: IPOS_ROLE_*
 * @ops: the ingress hook
 * @rcu: freed after a grace period
 */
struct ipos_dev {
	struct list_head	list;
	struct net_device	*dev;
	struct ipos_engine	*engine;
	netdevice_tracker	dev_tracker;
	u8			role;
	struct nf_hook_ops	ops;
	struct rcu_head		rcu;
};

/* All five: RTNL held. */
int ipos_dev_add(struct net *net, struct net_device *dev, u8 role);
int ipos_dev_del(struct net *net, struct net_device *dev);
void ipos_dev_del_all(struct net *net);
/* Calls fn for each device until it returns non-zero, and returns that. */
int ipos_dev_each(struct net *net, int (*fn)(const struct ipos_dev *dev,
					     void *arg), void *arg);
/* The only fabric device, or NULL when there is none or more than one. */
struct net_device *ipos_dev_fabric(struct net *net);

int ipos_dev_init(void);
void ipos_dev_exit(void);

#endif /* IPOS_HOOK_DEV_H */
