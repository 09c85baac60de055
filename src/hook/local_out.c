// SPDX-License-Identifier: GPL-2.0
#include <linux/ip.h>
#include <linux/netfilter_ipv4.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>
#include "board/board.h"
#include "endpoint/deliver.h"
#include "engine/learn.h"
#include "engine/outgoing.h"
#include "engine/served.h"
#include "hook/hook.h"

/**
 * struct outgoing - the hook of one namespace
 * @work: registers it, or takes it back
 * @net: the namespace
 */
struct outgoing {
	struct work_struct	work;
	struct net		*net;
};

static unsigned int outgoing_id;

static void response(struct ipos_engine *engine, const struct sk_buff *skb)
{
	if (READ_ONCE(engine->outgoing.learns) &&
	    ipos_socket_begins(skb, IPOS_LEARN_BYTES))
		ipos_learn_response(engine, skb);
}

/* What this host sends, whole: it is fragmented and segmented later. */
static unsigned int local_out(void *priv, struct sk_buff *skb,
			      const struct nf_hook_state *state)
{
	struct ipos_engine *engine = &ipos_board(state->net)->engine;

	if (ip_hdr(skb)->protocol == IPPROTO_TCP) {
		response(engine, skb);
		return NF_ACCEPT;
	}
	if (ipos_served_reply(engine, skb))
		return NF_ACCEPT;
	ipos_count(engine->counters, drop_no_memory);
	return NF_DROP;
}

static const struct nf_hook_ops local_out_ops = {
	.hook = local_out,
	.pf = NFPROTO_IPV4,
	.hooknum = NF_INET_LOCAL_OUT,
	/*
	 * Last: what is read here is what leaves; filters and connection
	 * tracking see what the program sent.
	 */
	.priority = NF_IP_PRI_LAST,
};

/* Where it cannot be registered, the next review tries again. */
static void change(struct work_struct *work)
{
	struct outgoing *out = container_of(work, struct outgoing, work);
	struct ipos_engine *engine = &ipos_board(out->net)->engine;
	bool wanted = ipos_outgoing_wanted(engine);

	if (wanted && !engine->outgoing.is_on) {
		if (!nf_register_net_hook(out->net, &local_out_ops))
			WRITE_ONCE(engine->outgoing.is_on, true);
	} else if (!wanted && engine->outgoing.is_on) {
		nf_unregister_net_hook(out->net, &local_out_ops);
		WRITE_ONCE(engine->outgoing.is_on, false);
	}
}

static void changed(struct ipos_engine *engine)
{
	struct outgoing *out = net_generic(engine->net, outgoing_id);

	schedule_work(&out->work);
}

/**
 * ipos_hook_local_out_get() - UDP flows may be served here from now on
 * @net: the namespace
 *
 * The first of them comes in softirq, where no hook can be registered, and its
 * first reply must not leave as it is. So the hook is there before a UDP
 * service or a fabric device is. May sleep, also with RTNL held.
 *
 * Return: 0 or -ENOMEM.
 */
int ipos_hook_local_out_get(struct net *net)
{
	struct ipos_engine *engine = &ipos_board(net)->engine;
	struct outgoing *out = net_generic(net, outgoing_id);

	atomic_inc(&engine->outgoing.users);
	schedule_work(&out->work);
	flush_work(&out->work);
	if (READ_ONCE(engine->outgoing.is_on))
		return 0;
	atomic_dec(&engine->outgoing.users);
	return -ENOMEM;
}

/**
 * ipos_hook_local_out_put() - the mirror
 * @net: the namespace
 *
 * Flows that are still served keep the hook. Any context.
 */
void ipos_hook_local_out_put(struct net *net)
{
	struct ipos_engine *engine = &ipos_board(net)->engine;

	atomic_dec(&engine->outgoing.users);
	ipos_outgoing_review(engine);
}

static int __net_init init_net_hook(struct net *net)
{
	struct outgoing *out = net_generic(net, outgoing_id);

	out->net = net;
	INIT_WORK(&out->work, change);
	WRITE_ONCE(ipos_board(net)->engine.outgoing.changed, changed);
	return 0;
}

static void __net_exit exit_net_hook(struct net *net)
{
	struct outgoing *out = net_generic(net, outgoing_id);
	struct ipos_engine *engine = &ipos_board(net)->engine;

	WRITE_ONCE(engine->outgoing.changed, NULL);
	synchronize_rcu();
	cancel_work_sync(&out->work);
	if (engine->outgoing.is_on)
		nf_unregister_net_hook(net, &local_out_ops);
}

static struct pernet_operations hook_ops = {
	.init = init_net_hook,
	.exit = exit_net_hook,
	.id = &outgoing_id,
	.size = sizeof(struct outgoing),
};

/**
 * ipos_hook_local_out_init() - be there when what this host sends is to be read
 *
 * Nothing is registered where no service has a cookie, and no UDP flow can be
 * served: it costs nothing.
 *
 * Return: 0 or a negative error. Process context.
 */
int __init ipos_hook_local_out_init(void)
{
	return register_pernet_subsys(&hook_ops);
}

/**
 * ipos_hook_local_out_exit() - the mirror
 */
void ipos_hook_local_out_exit(void)
{
	unregister_pernet_subsys(&hook_ops);
}
