// SPDX-License-Identifier: GPL-2.0
#include <linux/ktime.h>
#include "control/netlink.h"

/* Those who listen learn of it as of a full buffer of their own: ENOBUFS. */
static void lost(struct net *net, enum ipos_group group)
{
	ipos_count(ipos_board(net)->engine.counters, drop_event);
	genl_set_err(&ipos_family, net, 0, group, -ENOBUFS);
}

/*
 * Sends it to all who listen, or frees it and says that it is lost. False when
 * nobody listens.
 */
static bool multicast(struct net *net, enum ipos_group group,
		      struct sk_buff *skb, void *hdr, bool complete, gfp_t gfp)
{
	if (!complete) {
		nlmsg_free(skb);
		lost(net, group);
		return true;
	}
	genlmsg_end(skb, hdr);
	/* Whose buffer is full is told by the core. */
	return genlmsg_multicast_netns(&ipos_family, net, skb, 0, group,
				       gfp) != -ESRCH;
}

static bool put_handoff(struct sk_buff *skb, enum ipos_handoff_step step,
			const struct ipos_event *event)
{
	const struct ipos_key *key = &event->key;

	return !nla_put_u8(skb, IPOS_A_HANDOFF_STEP, step) &&
	       !nla_put_u8(skb, IPOS_A_HANDOFF_ROLE, event->role) &&
	       (!event->reason ||
		!nla_put_u8(skb, IPOS_A_HANDOFF_REASON, event->reason)) &&
	       (!event->handoff_id ||
		!nla_put_u64_64bit(skb, IPOS_A_HANDOFF_ID, event->handoff_id,
				   IPOS_A_HANDOFF_PAD)) &&
	       !nla_put_u8(skb, IPOS_A_HANDOFF_PROTO, key->proto) &&
	       !nla_put_in_addr(skb, IPOS_A_HANDOFF_SRC_IP, key->caddr) &&
	       !nla_put_be16(skb, IPOS_A_HANDOFF_SRC_PORT, key->cport) &&
	       !nla_put_in_addr(skb, IPOS_A_HANDOFF_SERVICE_IP, key->saddr) &&
	       !nla_put_be16(skb, IPOS_A_HANDOFF_SERVICE_PORT, key->sport) &&
	       (!event->peer ||
		!nla_put_in_addr(skb, IPOS_A_HANDOFF_PEER, event->peer)) &&
	       !nla_put_u64_64bit(skb, IPOS_A_HANDOFF_TIME,
				  ktime_get_real_ns(), IPOS_A_HANDOFF_PAD);
}

static bool wanted(struct net *net)
{
	return genl_has_listeners(&ipos_family, net, IPOS_GROUP_HANDOFF);
}

static void tell(struct net *net, enum ipos_handoff_step step,
		 const struct ipos_event *event)
{
	struct sk_buff *skb = genlmsg_new(256, GFP_ATOMIC);
	void *hdr;

	if (!skb) {
		lost(net, IPOS_GROUP_HANDOFF);
		return;
	}
	hdr = genlmsg_put(skb, 0, 0, &ipos_family, 0, IPOS_CMD_HANDOFF_NTF);
	multicast(net, IPOS_GROUP_HANDOFF, skb, hdr,
		  hdr && put_handoff(skb, step, event), GFP_ATOMIC);
}

static bool put_news(struct sk_buff *skb, const struct ipos_news *news)
{
	if (nla_put_u64_64bit(skb, IPOS_A_CLUSTER_TIME, ktime_get_real_ns(),
			      IPOS_A_CLUSTER_PAD) ||
	    nla_put_u8(skb, IPOS_A_CLUSTER_EVENT, news->event) ||
	    (news->server &&
	     nla_put_in_addr(skb, IPOS_A_CLUSTER_SERVER, news->server)))
		return false;
	if (!news->port)
		return true;
	return !nla_put_u8(skb, IPOS_A_CLUSTER_PROTO, news->proto) &&
	       !nla_put_in_addr(skb, IPOS_A_CLUSTER_ADDR, news->addr) &&
	       !nla_put_be16(skb, IPOS_A_CLUSTER_PORT, news->port) &&
	       (!news->pid ||
		!nla_put_u32(skb, IPOS_A_CLUSTER_PID, news->pid)) &&
	       (!*news->name ||
		!nla_put_string(skb, IPOS_A_CLUSTER_PROCESS, news->name));
}

static void tell_news(struct net *net, const struct ipos_news *news)
{
	struct sk_buff *skb;
	void *hdr;

	if (!genl_has_listeners(&ipos_family, net, IPOS_GROUP_CLUSTER))
		return;
	skb = genlmsg_new(256, GFP_ATOMIC);
	if (!skb) {
		lost(net, IPOS_GROUP_CLUSTER);
		return;
	}
	hdr = genlmsg_put(skb, 0, 0, &ipos_family, 0, IPOS_CMD_CLUSTER_NTF);
	multicast(net, IPOS_GROUP_CLUSTER, skb, hdr,
		  hdr && put_news(skb, news), GFP_ATOMIC);
}

/* The core asks for all namespaces at once: here there may be none. */
static bool has_agent(struct net *net)
{
	return genl_has_listeners(&ipos_family, net, IPOS_GROUP_AGENT);
}

/* An agent that learns of a loss asks for what it has missed. */
static bool tell_start(struct net *net, const char *name, bool unit,
		       const char *command)
{
	struct sk_buff *skb = genlmsg_new(NLMSG_GOODSIZE, GFP_ATOMIC);
	void *hdr;

	if (!skb) {
		lost(net, IPOS_GROUP_AGENT);
		return true;
	}
	hdr = genlmsg_put(skb, 0, 0, &ipos_family, 0, IPOS_CMD_APP_NTF);
	return multicast(net, IPOS_GROUP_AGENT, skb, hdr,
			 hdr && !nla_put_string(skb, IPOS_A_APP_LABEL, name) &&
			 !nla_put_string(skb, unit ? IPOS_A_APP_UNIT :
						     IPOS_A_APP_EXEC, command),
			 GFP_ATOMIC);
}

/* Tells those who listen of the steps of endpoints, and of boards. */
const struct ipos_observer ipos_control_observer = {
	.wanted = wanted,
	.tell = tell,
	.news = tell_news,
	.agent = has_agent,
	.start = tell_start,
};

static bool put_change(struct sk_buff *skb, const struct genl_info *info,
		       u16 nest_type, u16 max)
{
	struct nlattr *nest;
	u16 i;

	if (nla_put_u64_64bit(skb, IPOS_A_CONFIG_TIME, ktime_get_real_ns(),
			      IPOS_A_CONFIG_PAD) ||
	    nla_put_u8(skb, IPOS_A_CONFIG_COMMAND, info->genlhdr->cmd))
		return false;
	nest = nla_nest_start(skb, nest_type);
	if (!nest)
		return false;
	for (i = 1; i <= max; i++) {
		const struct nlattr *attr = info->attrs[i];

		if (attr && nla_put(skb, i, nla_len(attr), nla_data(attr)))
			return false;
	}
	nla_nest_end(skb, nest);
	return true;
}

/**
 * ipos_config_changed() - tell those who listen of a change
 * @info: the request, which was granted
 * @nest: IPOS_A_CONFIG_*: where its attributes go
 * @max: the last of them that there may be, 0 where there is none
 *
 * Process context.
 */
void ipos_config_changed(struct genl_info *info, u16 nest, u16 max)
{
	struct net *net = genl_info_net(info);
	struct sk_buff *skb;
	void *hdr;

	if (!genl_has_listeners(&ipos_family, net, IPOS_GROUP_CONFIG))
		return;
	skb = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	if (!skb) {
		lost(net, IPOS_GROUP_CONFIG);
		return;
	}
	hdr = genlmsg_put(skb, 0, 0, &ipos_family, 0, IPOS_CMD_CONFIG_NTF);
	multicast(net, IPOS_GROUP_CONFIG, skb, hdr,
		  hdr && put_change(skb, info, nest, max), GFP_KERNEL);
}
