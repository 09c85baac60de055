// SPDX-License-Identifier: GPL-2.0
#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include "engine/dispatch.h"
#include "hook/dev.h"
#include "hook/hook.h"
#include "link/frame.h"

static unsigned int code(enum ipos_verdict verdict)
{
	return verdict == IPOS_PASS ? NF_ACCEPT : NF_STOLEN;
}

static unsigned int frame(struct ipos_engine *engine,
			  const struct ipos_dev *d, struct sk_buff *skb)
{
	if (d->role & IPOS_ROLE_FABRIC)
		return code(ipos_dispatch_frame(engine, d->dev, skb));
	ipos_count(engine->counters, drop_frame_role);
	kfree_skb(skb);
	return NF_STOLEN;
}

/* Advertisements come to the group of all boards. */
static bool is_ours(const struct sk_buff *skb)
{
	return skb->pkt_type == PACKET_HOST ||
	       (skb->pkt_type == PACKET_MULTICAST &&
		ether_addr_equal(eth_hdr(skb)->h_dest, ipos_frame_group));
}

/**
 * ipos_hook_ingress() - every packet that arrives on a device with a role
 * @priv: the struct ipos_hooked
 * @skb: data after the Ethernet header
 * @state: of the hook
 *
 * Softirq, RCU held.
 *
 * Return: NF_ACCEPT for what is not ours or goes up, NF_STOLEN.
 */
unsigned int ipos_hook_ingress(void *priv, struct sk_buff *skb,
			       const struct nf_hook_state *state)
{
	const struct ipos_hooked *hooked = priv;
	struct ipos_engine *engine = hooked->engine;
	const struct ipos_dev *d = &hooked->dev;

	if (!is_ours(skb) || skb_vlan_tag_present(skb))
		return NF_ACCEPT;
	/*
	 * A type below 0x0600 reads as a length: skb->protocol says nothing
	 * of it, only the header itself does.
	 */
	if (eth_hdr(skb)->h_proto == READ_ONCE(engine->settings.ethertype))
		return frame(engine, d, skb);
	if (skb->protocol != htons(ETH_P_IP) ||
	    skb->pkt_type != PACKET_HOST || !(d->role & IPOS_ROLE_CLIENT))
		return NF_ACCEPT;
	return code(ipos_dispatch_client(engine, d->dev, skb));
}
