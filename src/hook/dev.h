/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Devices with a role, and the ingress hook on each.
 */
#ifndef IPOS_HOOK_DEV_H
#define IPOS_HOOK_DEV_H

#include <linux/netfilter.h>
#include "table/dev.h"

struct ipos_engine;

/**
 * struct ipos_hooked - a device that has a role, and its hook
 * @dev: the row that others see
 * @engine: of the device's namespace; outlives the hook
 * @ops: the ingress hook
 */
struct ipos_hooked {
	struct ipos_dev		dev;
	struct ipos_engine	*engine;
	struct nf_hook_ops	ops;
};

/* All six: RTNL held. */
int ipos_dev_add(struct net *net, struct net_device *dev, u8 role);
int ipos_dev_set_learn(struct net *net, struct net_device *dev, bool learn);
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
