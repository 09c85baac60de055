// SPDX-License-Identifier: GPL-2.0
#include <linux/netfilter_ipv4.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>
#include "board/board.h"
#include "endpoint/deliver.h"
#include "engine/learn.h"
#include "hook/hook.h"

/**
 * struct outgoing - the hook of one namespace
 * @work: registers it, or takes it back
 * @net: the namespace
 * @is_on: it is registered
 */
struct outgoing {
	struct work_struct	work;
	struct net		*net;
	bool			is_on;
};

static unsigned int outgoing_id;

/* Most of what this host sends ends at the first question. */
static unsigned int local_out(void *priv, struct sk_buff *skb,
			      const struct nf_hook_state *state)
{
	if (ipos_socket_begins(skb, IPOS_LEARN_BYTES))
		ipos_learn_response(&ipos_board(state->net)->engine, skb);
	return NF_ACCEPT;
}

static const struct nf_hook_ops local_out_ops = {
	.hook = local_out,
	.pf = NFPROTO_IPV4,
	.hooknum = NF_INET_LOCAL_OUT,
	/* Last: what is read here is what leaves. */
	.priority = NF_IP_PRI_LAST,
};

static void change(struct work_struct *work)
{
	struct outgoing *out = container_of(work, struct outgoing, work);
	struct ipos_engine *engine = &ipos_board(out->net)->engine;
	bool wanted = READ_ONCE(engine->outgoing.wanted);

	if (wanted && !out->is_on) {
		out->is_on = !nf_register_net_hook(out->net, &local_out_ops);
		/* The next review tries again. */
		if (!out->is_on)
			WRITE_ONCE(engine->outgoing.wanted, false);
	} else if (!wanted && out->is_on) {
		nf_unregister_net_hook(out->net, &local_out_ops);
		out->is_on = false;
	}
}

static void changed(struct ipos_engine *engine)
{
	struct outgoing *out = net_generic(engine->net, outgoing_id);

	schedule_work(&out->work);
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

	WRITE_ONCE(ipos_board(net)->engine.outgoing.changed, NULL);
	synchronize_rcu();
	cancel_work_sync(&out->work);
	if (out->is_on)
		nf_unregister_net_hook(net, &local_out_ops);
}

static struct pernet_operations hook_ops = {
	.init = init_net_hook,
	.exit = exit_net_hook,
	.id = &outgoing_id,
	.size = sizeof(struct outgoing),
};

/**
 * ipos_hook_local_out_init() - be there when responses are to be read
 *
 * Nothing is registered while no service has a cookie: it costs nothing.
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
