// SPDX-License-Identifier: GPL-2.0
/*
 * The route that lets this host take packets for another board's address.
 *
 * A packet with a route on it is not routed again, so one local route per
 * namespace serves every address: none becomes local, and this host can still
 * talk to the boards that own them.
 */
#include <net/dst.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>
#include <net/route.h>
#include "endpoint/deliver.h"

/**
 * struct deliver_net - a namespace's local route
 * @local: the route, or NULL until it is needed
 * @lock: renewing @local
 * @closed: the namespace goes: a new route would hold its loopback device
 */
struct deliver_net {
	struct rtable __rcu	*local;
	spinlock_t		lock;	/* see above */
	bool			closed;
};

static unsigned int deliver_net_id;

/* The stack throws routes of an earlier generation away. */
static bool is_current(const struct rtable *rt, const struct net *net)
{
	return rt && rt->rt_genid == rt_genid_ipv4(net);
}

static struct rtable *renew(struct deliver_net *dn, struct net *net)
{
	struct rtable *rt, *old;

	spin_lock_bh(&dn->lock);
	old = rcu_dereference_protected(dn->local, lockdep_is_held(&dn->lock));
	rt = old;
	if (dn->closed || is_current(old, net))
		goto out;
	rt = rt_dst_alloc(net->loopback_dev, RTCF_LOCAL, RTN_LOCAL, false);
	if (!rt)
		goto out;
	rt->rt_is_input = 1;
	rcu_assign_pointer(dn->local, rt);
	if (old)
		ip_rt_put(old);
out:
	spin_unlock_bh(&dn->lock);
	return rt;
}

/**
 * ipos_deliver_dst() - the local route of a namespace
 * @net: network namespace
 *
 * Context: any, under RCU.
 * Return: a route that lives as long as the RCU read section, or NULL: no
 * memory, or the namespace is going.
 */
struct dst_entry *ipos_deliver_dst(struct net *net)
{
	struct deliver_net *dn = net_generic(net, deliver_net_id);
	struct rtable *rt = rcu_dereference(dn->local);

	if (!is_current(rt, net))
		rt = renew(dn, net);
	return rt ? &rt->dst : NULL;
}

/**
 * ipos_deliver_prepare() - ready a packet for ip_rcv()
 * @net: network namespace
 * @skb: the packet, data at the IP header; CHECKSUM_COMPLETE must have been
 * adjusted to that (skb_pull_rcsum)
 *
 * Neither trims nor moves data: ip_rcv() takes the padding off.
 *
 * Context: softirq; the RCU read section must last until the packet has been
 * handed up, its route has no reference.
 * Return: 0 or -ENOMEM; the packet stays the caller's.
 */
int ipos_deliver_prepare(struct net *net, struct sk_buff *skb)
{
	struct dst_entry *dst = ipos_deliver_dst(net);

	if (!dst)
		return -ENOMEM;
	skb_dst_drop(skb);
	skb_dst_set_noref(skb, dst);
	skb->protocol = htons(ETH_P_IP);
	skb_reset_network_header(skb);
	skb_reset_transport_header(skb);
	return 0;
}

static int __net_init deliver_net_init(struct net *net)
{
	struct deliver_net *dn = net_generic(net, deliver_net_id);

	spin_lock_init(&dn->lock);
	return 0;
}

/* Before any exit: the loopback device goes first, and waits for its users. */
static void __net_exit deliver_net_pre_exit(struct net *net)
{
	struct deliver_net *dn = net_generic(net, deliver_net_id);
	struct rtable *rt;

	spin_lock_bh(&dn->lock);
	dn->closed = true;
	rt = rcu_replace_pointer(dn->local, NULL, lockdep_is_held(&dn->lock));
	spin_unlock_bh(&dn->lock);
	if (rt)
		ip_rt_put(rt);
}

static struct pernet_operations deliver_net_ops = {
	.init = deliver_net_init,
	.pre_exit = deliver_net_pre_exit,
	.id = &deliver_net_id,
	.size = sizeof(struct deliver_net),
};

/**
 * ipos_deliver_init() - begin to keep a local route per namespace
 *
 * Context: process. Before anything of this folder is used.
 * Return: 0 or a negative error.
 */
int __init ipos_deliver_init(void)
{
	return register_pernet_subsys(&deliver_net_ops);
}

/**
 * ipos_deliver_exit() - drop the local routes
 *
 * Context: process, when nothing of this folder can be called any more.
 * Sockets and packets that still use a route keep it: nothing in it is ours.
 */
void ipos_deliver_exit(void)
{
	unregister_pernet_subsys(&deliver_net_ops);
}
