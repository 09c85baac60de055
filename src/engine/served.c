// SPDX-License-Identifier: GPL-2.0
#include "endpoint/datagram.h"
#include "engine/event.h"
#include "engine/packet.h"
#include "engine/quote.h"
#include "engine/served.h"
#include "link/rewrite.h"
#include "link/segment.h"

/* A reservation that no datagram has followed ends after this. */
#define UNUSED_S	8

/*
 * Where a program hears the client: at the service's address, if it is bound to
 * just that; at this board's own towards the client, which is also what a
 * socket bound to any replies from; at the Server IP.
 */
static __be32 find(struct ipos_engine *engine, const struct ipos_key *key,
		   __be16 port, int ifindex)
{
	struct net *net = engine->net;
	__be32 own;

	if (ipos_udp_reaches(net, key, port, ifindex))
		return key->saddr;
	own = ipos_segment_source(net, key->caddr);
	if (ipos_udp_bound(net, key, own, port, ifindex))
		return own;
	own = READ_ONCE(engine->settings.server_ip);
	return ipos_udp_bound(net, key, own, port, ifindex) ? own : 0;
}

/**
 * ipos_served_listens() - whether a program of this board hears a client
 * @engine: the namespace
 * @key: the flow, as the client sees it
 * @port: the program's, network byte order
 * @ifindex: of the device the client's datagrams arrive at
 *
 * Any context.
 *
 * Return: whether one does.
 */
bool ipos_served_listens(struct ipos_engine *engine,
			 const struct ipos_key *key, __be16 port, int ifindex)
{
	return find(engine, key, port, ifindex);
}

/**
 * ipos_served_find() - have a program of this board serve a flow
 * @engine: the namespace
 * @flow: its lock held
 * @port: the program's, network byte order
 * @ifindex: of the device the flow's datagrams arrive at
 *
 * Return: 0, -ENOENT nobody listens, -EEXIST its replies could not be told
 * from those to another flow, -ENOMEM.
 */
int ipos_served_find(struct ipos_engine *engine, struct ipos_flow *flow,
		     __be16 port, int ifindex)
{
	__be32 addr = find(engine, &flow->key, port, ifindex);

	if (!addr)
		return -ENOENT;
	return ipos_flow_reply(&engine->flows, flow, addr, port);
}

static bool is_elsewhere(const struct ipos_flow *flow)
{
	return flow->laddr != flow->key.saddr || flow->lport != flow->key.sport;
}

/**
 * ipos_served_alive() - whether the program that was found is still there
 * @engine: the namespace
 * @flow: served here
 * @ifindex: of the device its datagrams arrive at
 *
 * Return: whether it is, or another has taken its place. Any context.
 */
bool ipos_served_alive(struct ipos_engine *engine,
		       const struct ipos_flow *flow, int ifindex)
{
	return ipos_udp_bound(engine->net, &flow->key, flow->laddr,
			      flow->lport, ifindex);
}

/**
 * ipos_served_end() - a flow is not served here any more
 * @engine: the namespace
 * @flow: Reserved or Local, its lock held
 */
void ipos_served_end(struct ipos_engine *engine, struct ipos_flow *flow)
{
	struct ipos_flow_table *flows = &engine->flows;

	if (ipos_flow_remove(flows, flow, IPOS_FLOW_RESERVED))
		ipos_bound_give(&flows->bound[IPOS_FLOW_LOCAL]);
	else if (ipos_flow_remove(flows, flow, IPOS_FLOW_LOCAL) &&
		 flow->flags & IPOS_FLOW_TARGET)
		atomic_dec(&flows->taken);
}

static void left(struct ipos_engine *engine, struct ipos_flow *flow)
{
	ipos_count(engine->counters, udp_left);
	spin_lock_bh(&flow->lock);
	if (ipos_flow_state(flow) == IPOS_FLOW_LOCAL)
		ipos_event(engine, closed,
			   ipos_event_of(flow, LISTENER_CLOSED));
	ipos_served_end(engine, flow);
	spin_unlock_bh(&flow->lock);
}

/**
 * ipos_served_request() - a client's datagram for a program of this board
 * @engine: the namespace
 * @flow: Reserved or Local
 * @skb: data at the IP header, a whole datagram
 * @ifindex: of the device it arrived at
 *
 * Softirq or bottom halves off.
 *
 * Return: what became of it.
 */
enum ipos_served ipos_served_request(struct ipos_engine *engine,
				     struct ipos_flow *flow,
				     struct sk_buff *skb, int ifindex)
{
	if (!ipos_served_alive(engine, flow, ifindex)) {
		left(engine, flow);
		return IPOS_SERVED_GONE;
	}
	ipos_flow_touch(flow);
	if (!is_elsewhere(flow) ||
	    ipos_rewrite_dest(skb, flow->laddr, flow->lport))
		return IPOS_SERVED;
	ipos_count(engine->counters, drop_no_memory);
	kfree_skb(skb);
	return IPOS_SERVED_DROPPED;
}

/**
 * ipos_served_idle() - end a flow that nobody uses
 * @engine: the namespace
 * @flow: Reserved or Local
 * @idle_s: seconds since its last datagram, either way
 *
 * A flow of another board ends after that board's own entry: whoever still
 * forwards would lose a datagram.
 */
void ipos_served_idle(struct ipos_engine *engine, struct ipos_flow *flow,
		      u32 idle_s)
{
	u32 most = READ_ONCE(flow->timeout);

	if (ipos_flow_state(flow) == IPOS_FLOW_RESERVED)
		most = UNUSED_S;
	else if (READ_ONCE(flow->flags) & IPOS_FLOW_TARGET)
		most = READ_ONCE(engine->settings.udp_s);
	if (idle_s < most)
		return;
	spin_lock_bh(&flow->lock);
	if (ipos_flow_state(flow) == IPOS_FLOW_LOCAL) {
		ipos_count(engine->counters, udp_idle);
		ipos_event(engine, closed, ipos_event_of(flow, IDLE));
	} else if (ipos_flow_state(flow) == IPOS_FLOW_RESERVED) {
		ipos_count(engine->counters, handoff_expired);
		ipos_event(engine, expired, ipos_event_of(flow, UNANSWERED));
	}
	ipos_served_end(engine, flow);
	spin_unlock_bh(&flow->lock);
}

static bool any(const struct ipos_engine *engine)
{
	return atomic_read(&engine->flows.by_reply.nelems);
}

/**
 * ipos_served_has() - whether a datagram is on its way to a program already
 * @engine: the namespace
 * @skb: data at the IP header; may be moved
 *
 * With the address that it was given here it may look like one to another
 * service.
 *
 * Return: whether it is. Any context.
 */
bool ipos_served_has(struct ipos_engine *engine, struct sk_buff *skb)
{
	struct ipos_packet packet;

	return any(engine) && ipos_packet_parse(skb, &packet) &&
	       packet.key.proto == IPOS_PROTO_UDP &&
	       ipos_flow_peek_reply(&engine->flows, &packet.key);
}

static struct ipos_flow *replied_to(struct ipos_engine *engine,
				    const struct ipos_key *from)
{
	const struct ipos_key key = ipos_key_init(from->proto, from->saddr,
						  from->sport, from->caddr,
						  from->cport);

	return ipos_flow_peek_reply(&engine->flows, &key);
}

/* An error of ours about what was rewritten: as if it never had been. */
static bool error(struct ipos_engine *engine, struct sk_buff *skb)
{
	struct ipos_flow *flow;
	struct ipos_key key;

	if (!ipos_quote_request(skb, &key))
		return true;
	flow = ipos_flow_peek_reply(&engine->flows, &key);
	if (!flow || !is_elsewhere(flow))
		return true;
	if (!ipos_rewrite_error_source(skb, flow->key.saddr, flow->key.sport))
		return false;
	ipos_count(engine->counters, icmp_replies);
	return true;
}

/**
 * ipos_served_reply() - what this host sends, before it is fragmented
 * @engine: the namespace
 * @skb: data at the IP header; GSO or not
 *
 * A reply to a flow that is served here gets the source that its client knows.
 *
 * Return: false when it must not go out, for want of memory. Any context.
 */
bool ipos_served_reply(struct ipos_engine *engine, struct sk_buff *skb)
{
	struct ipos_packet packet;
	struct ipos_flow *flow;

	if (!any(engine))
		return true;
	if (!ipos_packet_parse(skb, &packet))
		return error(engine, skb);
	if (packet.key.proto != IPOS_PROTO_UDP)
		return true;
	flow = replied_to(engine, &packet.key);
	if (!flow)
		return true;
	ipos_flow_touch(flow);
	if (!is_elsewhere(flow))
		return true;
	if (!ipos_rewrite_source(skb, flow->key.saddr, flow->key.sport))
		return false;
	ipos_count(engine->counters, replies);
	return true;
}
