// SPDX-License-Identifier: GPL-2.0
#include <linux/netdevice.h>
#include <linux/netfilter_ipv4.h>
#include <net/net_namespace.h>
#include "board/board.h"
#include "endpoint/deliver.h"
#include "engine/dispatch.h"
#include "engine/served.h"
#include "hook/hook.h"

/*
 * What came by another way: reassembled fragments, a device without a role.
 * What this host says to itself is its own affair.
 */
static unsigned int local_in(void *priv, struct sk_buff *skb,
			     const struct nf_hook_state *state)
{
	struct ipos_engine *engine = &ipos_board(state->net)->engine;

	if (state->in->flags & IFF_LOOPBACK ||
	    (!ipos_bound_count(&engine->services.bound) &&
	     ipos_flow_table_empty(&engine->flows)))
		return NF_ACCEPT;
	if (ipos_socket_has(skb) || ipos_served_has(engine, skb))
		return NF_ACCEPT;
	if (ipos_dispatch_client(engine, state->in, skb) == IPOS_PASS)
		return NF_ACCEPT;
	ipos_count(engine->counters, local_in);
	return NF_STOLEN;
}

static const struct nf_hook_ops local_in_ops = {
	.hook = local_in,
	.pf = NFPROTO_IPV4,
	.hooknum = NF_INET_LOCAL_IN,
	/* After the filter: what an operator drops, no board answers. */
	.priority = NF_IP_PRI_SECURITY,
};

static int __net_init init_net_hook(struct net *net)
{
	return nf_register_net_hook(net, &local_in_ops);
}

static void __net_exit exit_net_hook(struct net *net)
{
	nf_unregister_net_hook(net, &local_in_ops);
}

static struct pernet_operations hook_ops = {
	.init = init_net_hook,
	.exit = exit_net_hook,
};

/**
 * ipos_hook_local_in_init() - catch what the devices' hooks did not see
 *
 * Return: 0 or a negative error. Process context.
 */
int __init ipos_hook_local_in_init(void)
{
	return register_pernet_subsys(&hook_ops);
}

/**
 * ipos_hook_local_in_exit() - the mirror
 */
void ipos_hook_local_in_exit(void)
{
	unregister_pernet_subsys(&hook_ops);
}
