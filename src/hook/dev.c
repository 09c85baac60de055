// SPDX-License-Identifier: GPL-2.0
#include <linux/if_arp.h>
#include <linux/rtnetlink.h>
#include <linux/slab.h>
#include <net/net_namespace.h>
#include "board/board.h"
#include "engine/announce.h"
#include "engine/leave.h"
#include "hook/dev.h"
#include "hook/hook.h"
#include "link/frame.h"

static struct ipos_dev_table *devs_of(const struct net *net)
{
	return &ipos_board(net)->engine.devs;
}

/* The least MTU counts: an endpoint may go to any board. */
static void update_mtu(struct net *net)
{
	struct ipos_dev *d;
	u32 mtu = 0;

	list_for_each_entry(d, &devs_of(net)->list, list)
		if (d->role & IPOS_ROLE_FABRIC && (!mtu || d->dev->mtu < mtu))
			mtu = d->dev->mtu;
	WRITE_ONCE(ipos_board(net)->engine.mtu, mtu);
}

/*
 * What multicast goes to all boards is to reach this one; and what they offer
 * may be UDP flows, whose replies leave by another device.
 */
static int join(struct net *net, struct ipos_dev *d)
{
	int err;

	if (!(d->role & IPOS_ROLE_FABRIC))
		return 0;
	err = ipos_hook_local_out_get(net);
	if (err)
		return err;
	err = dev_mc_add(d->dev, ipos_frame_group);
	if (err)
		ipos_hook_local_out_put(net);
	return err;
}

static void unjoin(struct net *net, struct ipos_dev *d)
{
	if (!(d->role & IPOS_ROLE_FABRIC))
		return;
	dev_mc_del(d->dev, ipos_frame_group);
	ipos_hook_local_out_put(net);
}

/* What arrives at it is the other device's: the address, too, is there. */
static bool is_port(const struct net_device *dev)
{
	return netif_is_bridge_port(dev) || netif_is_lag_port(dev) ||
	       netif_is_ovs_port(dev);
}

/**
 * ipos_dev_add() - give a device a role
 * @net: the namespace
 * @dev: in that namespace
 * @role: IPOS_ROLE_*, not 0
 *
 * RTNL held.
 *
 * Return: 0, -EEXIST it has a role, -EOPNOTSUPP not an Ethernet device,
 * -EBUSY a port of another device, -ENOMEM.
 */
int ipos_dev_add(struct net *net, struct net_device *dev, u8 role)
{
	struct ipos_hooked *hooked;
	int err;

	if (dev->type != ARPHRD_ETHER || dev->flags & IFF_LOOPBACK)
		return -EOPNOTSUPP;
	if (is_port(dev))
		return -EBUSY;
	if (ipos_dev_peek(devs_of(net), dev))
		return -EEXIST;
	hooked = kzalloc(sizeof(*hooked), GFP_KERNEL);
	if (!hooked)
		return -ENOMEM;
	hooked->dev.dev = dev;
	hooked->dev.role = role;
	hooked->engine = &ipos_board(net)->engine;
	hooked->ops.hook = ipos_hook_ingress;
	hooked->ops.priv = hooked;
	hooked->ops.dev = dev;
	hooked->ops.pf = NFPROTO_NETDEV;
	hooked->ops.hooknum = NF_NETDEV_INGRESS;
	/* First: what we take must not be seen half done by anyone else. */
	hooked->ops.priority = INT_MIN;
	err = join(net, &hooked->dev);
	if (err)
		goto free;
	err = nf_register_net_hook(net, &hooked->ops);
	if (err)
		goto unjoin;
	netdev_hold(dev, &hooked->dev.dev_tracker, GFP_KERNEL);
	list_add_tail_rcu(&hooked->dev.list, &devs_of(net)->list);
	update_mtu(net);
	ipos_announce_changed(hooked->engine);
	return 0;
unjoin:
	unjoin(net, &hooked->dev);
free:
	kfree(hooked);
	return err;
}

/**
 * ipos_dev_set_learn() - whether boards that advertise there become known
 * @net: the namespace
 * @dev: the device
 * @learn: whether they do
 *
 * What was learned stays. RTNL held.
 *
 * Return: 0, -ENOENT it has no role, -EINVAL it is not a fabric device.
 */
int ipos_dev_set_learn(struct net *net, struct net_device *dev, bool learn)
{
	struct ipos_dev *d = ipos_dev_peek(devs_of(net), dev);

	if (!d)
		return -ENOENT;
	if (!(d->role & IPOS_ROLE_FABRIC))
		return -EINVAL;
	WRITE_ONCE(d->learn, learn);
	return 0;
}

static void remove(struct net *net, struct ipos_dev *d)
{
	struct ipos_hooked *hooked = container_of(d, struct ipos_hooked, dev);
	struct ipos_engine *engine = hooked->engine;

	/* From here on no board comes to be known by it. */
	if (d->learn) {
		WRITE_ONCE(d->learn, false);
		synchronize_net();
	}
	/* While it can still be said by this device. */
	if (d->role & IPOS_ROLE_FABRIC && !READ_ONCE(engine->leaving))
		ipos_announce_leave(engine, d->dev);
	if (ipos_server_dev_leave(&engine->servers, d->dev))
		ipos_leave_peers(engine);
	nf_unregister_net_hook(net, &hooked->ops);
	list_del_rcu(&d->list);
	update_mtu(net);
	/* A row may have moved here while its hook still ran. */
	synchronize_net();
	unjoin(net, d);
	ipos_server_dev_gone(&engine->servers, d->dev);
	netdev_put(d->dev, &d->dev_tracker);
	kfree_rcu(hooked, dev.rcu);
}

/**
 * ipos_dev_del() - take a device's role, and the servers behind it, away
 * @net: the namespace
 * @dev: the device
 *
 * RTNL held.
 *
 * Return: 0 or -ENOENT.
 */
int ipos_dev_del(struct net *net, struct net_device *dev)
{
	struct ipos_dev *d = ipos_dev_peek(devs_of(net), dev);

	if (!d)
		return -ENOENT;
	remove(net, d);
	return 0;
}

/**
 * ipos_dev_del_all() - take all roles away
 * @net: the namespace
 *
 * RTNL held.
 */
void ipos_dev_del_all(struct net *net)
{
	struct ipos_dev *d, *next;

	list_for_each_entry_safe(d, next, &devs_of(net)->list, list)
		remove(net, d);
}

/**
 * ipos_dev_each() - visit every device with a role
 * @net: the namespace
 * @fn: called until it returns non-zero
 * @arg: handed to @fn
 *
 * RTNL held.
 *
 * Return: what @fn returned last, or 0.
 */
int ipos_dev_each(struct net *net,
		  int (*fn)(const struct ipos_dev *dev, void *arg), void *arg)
{
	struct ipos_dev *d;
	int ret;

	list_for_each_entry(d, &devs_of(net)->list, list) {
		ret = fn(d, arg);
		if (ret)
			return ret;
	}
	return 0;
}

/**
 * ipos_dev_fabric() - the device to take where none was named
 * @net: the namespace
 *
 * RTNL held.
 *
 * Return: the only fabric device, or NULL when there is none or several.
 */
struct net_device *ipos_dev_fabric(struct net *net)
{
	struct net_device *only = NULL;
	struct ipos_dev *d;

	list_for_each_entry(d, &devs_of(net)->list, list) {
		if (!(d->role & IPOS_ROLE_FABRIC))
			continue;
		if (only)
			return NULL;
		only = d->dev;
	}
	return only;
}

static int device_event(struct notifier_block *nb, unsigned long event,
			void *ptr)
{
	struct net_device *dev = netdev_notifier_info_to_dev(ptr);
	struct net *net = dev_net(dev);

	switch (event) {
	case NETDEV_UNREGISTER:
		ipos_dev_del(net, dev);
		break;
	case NETDEV_CHANGEMTU:
		update_mtu(net);
		break;
	}
	return NOTIFY_DONE;
}

static struct notifier_block notifier = { .notifier_call = device_event };

/* A namespace that ends has no devices left; a module that ends may. */
static void __net_exit exit_net_devs(struct net *net)
{
	rtnl_lock();
	ipos_dev_del_all(net);
	rtnl_unlock();
}

static struct pernet_operations devs_ops = {
	.exit = exit_net_devs,
};

/**
 * ipos_dev_init() - watch devices come and go
 *
 * Return: 0 or a negative error. Process context.
 */
int __init ipos_dev_init(void)
{
	int err = register_pernet_subsys(&devs_ops);

	if (err)
		return err;
	err = register_netdevice_notifier(&notifier);
	if (err)
		unregister_pernet_subsys(&devs_ops);
	return err;
}

/**
 * ipos_dev_exit() - the mirror
 */
void ipos_dev_exit(void)
{
	unregister_netdevice_notifier(&notifier);
	unregister_pernet_subsys(&devs_ops);
}
