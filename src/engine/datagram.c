// SPDX-License-Identifier: GPL-2.0
#include <linux/icmp.h>
#include <linux/netdevice.h>
#include "endpoint/datagram.h"
#include "engine/datagram.h"
#include "engine/here.h"
#include "engine/packet.h"
#include "engine/place.h"
#include "engine/served.h"

/* Of one flow, while its board has not answered. */
#define HELD_BYTES	(256U << 10)
#define HELD_COUNT	64

/* Figure 11c: nothing else is known of a flow, so nothing else is told. */
static void capture(const struct ipos_endpoint *ep, struct ipos_conn *conn)
{
	const struct ipos_key *key = &ep->pending.flow->key;

	*conn = (struct ipos_conn){
		.server_ip = key->saddr, .server_port = key->sport,
	};
}

/* What was held comes in once more, and finds the flow Local. */
static void deliver_held(struct ipos_endpoint *ep)
{
	struct ipos_engine *engine = ep->pending.engine;
	struct net_device *dev = dev_get_by_index_rcu(engine->net,
						      ep->ifindex);
	struct sk_buff *skb;

	atomic_long_sub(ep->hold.bytes, &engine->held_bytes);
	ep->hold.bytes = 0;
	while ((skb = __skb_dequeue(&ep->hold.list))) {
		if (!dev) {
			ipos_count(engine->counters, drop_no_route);
			kfree_skb(skb);
			continue;
		}
		skb->dev = dev;
		netif_rx(skb);
	}
}

static bool here(struct ipos_endpoint *ep)
{
	struct ipos_engine *engine = ep->pending.engine;
	struct ipos_flow *flow = ep->pending.flow;
	int err;

	err = ipos_served_find(engine, flow, ep->service->target_port,
			       ep->ifindex);
	if (err) {
		ipos_here_refused(engine, err);
		return false;
	}
	ipos_flow_unbind(&engine->flows, flow);
	if (ipos_place_local(ep))
		deliver_held(ep);
	ipos_pending_detach(flow);
	return true;
}

static void unplaced(struct ipos_endpoint *ep)
{
	struct ipos_engine *engine = ep->pending.engine;
	struct sk_buff *skb;

	skb_queue_walk(&ep->hold.list, skb)
		ipos_udp_unreachable(engine->net, skb, ICMP_PORT_UNREACH, 0);
}

/* The held datagrams were the commit; they are all that is needed. */
static void moved(struct ipos_endpoint *ep, bool sent)
{
}

static const struct ipos_endpoint_ops datagram_ops = {
	.capture = capture,
	.here = here,
	.unplaced = unplaced,
	.moved = moved,
};

static void expire(struct ipos_pending *pending)
{
	struct ipos_endpoint *ep = ipos_endpoint_of(pending);

	if (ep->stage == IPOS_STAGE_WAITING)
		ipos_place_retry(ep);
	else
		ipos_place_expire(ep);
}

static const struct ipos_pending_ops pending_ops = {
	.expire = expire,
	.free = ipos_unattached_free,
};

/* Numbered as they come: the first of them is what the board is chosen for. */
static void hold(struct ipos_endpoint *ep, struct sk_buff *skb,
		 const struct ipos_packet *packet)
{
	struct ipos_engine *engine = ep->pending.engine;
	struct ipos_packet numbered = *packet;
	u32 bytes = ep->hold.bytes;

	if (bytes > HELD_BYTES ||
	    skb_queue_len(&ep->hold.list) >= HELD_COUNT ||
	    atomic_long_read(&engine->held_bytes) > IPOS_HELD_ALL) {
		ipos_count(engine->counters, drop_udp_held);
		kfree_skb(skb);
		return;
	}
	numbered.seq = ep->hold.nxt++;
	numbered.end = ep->hold.nxt;
	ipos_hold_insert_consume(&ep->hold, skb, &numbered);
	atomic_long_add(ep->hold.bytes - bytes, &engine->held_bytes);
	ipos_count(engine->counters, held);
}

static void begin(struct ipos_engine *engine, struct ipos_flow *flow,
		  struct ipos_endpoint *ep, struct net_device *dev,
		  struct sk_buff *skb, const struct ipos_packet *packet)
{
	ipos_pending_attach(engine, flow, &ep->pending, &pending_ops);
	ep->ifindex = dev->ifindex;
	ipos_count(engine->counters, udp_begun);
	atomic_long_inc(&ep->service->connections);
	hold(ep, skb, packet);
	ipos_place(ep, false);
}

static int insert(struct ipos_engine *engine, struct ipos_service *service,
		  struct ipos_flow *flow, struct net_device *dev,
		  struct sk_buff *skb, const struct ipos_packet *packet)
{
	struct ipos_endpoint *ep;
	int err;

	ep = ipos_unattached_new(engine, service, &datagram_ops);
	if (!ep)
		return -ENOMEM;
	spin_lock_bh(&flow->lock);
	flow->timeout = READ_ONCE(service->timeout);
	err = ipos_flow_insert(&engine->flows, flow);
	if (!err)
		begin(engine, flow, ep, dev, skb, packet);
	spin_unlock_bh(&flow->lock);
	if (err)
		ipos_unattached_free(&ep->pending);
	return err;
}

static bool begin_consume(struct ipos_engine *engine,
			  struct ipos_service *service, struct net_device *dev,
			  struct sk_buff *skb,
			  const struct ipos_packet *packet)
{
	struct ipos_flow *flow;
	int err;

	flow = ipos_unattached_flow(engine, &packet->key);
	if (!flow) {
		kfree_skb(skb);
		return true;
	}
	err = insert(engine, service, flow, dev, skb, packet);
	if (!err) {
		ipos_flow_put(flow);
		return true;
	}
	ipos_flow_discard(&engine->flows, flow);
	if (err == -EEXIST)	/* its twin on another CPU was first */
		return false;
	ipos_count(engine->counters, drop_no_memory);
	kfree_skb(skb);
	return true;
}

/**
 * ipos_datagram_new_consume() - a datagram to a service, of no flow
 * @engine: the namespace
 * @service: borrowed under RCU
 * @dev: where it arrived
 * @skb: data at the IP header; consumed
 * @packet: what it says
 *
 * Return: false when the flow has an entry by now: nothing was consumed, and
 * the caller looks again.
 */
bool ipos_datagram_new_consume(struct ipos_engine *engine,
			       struct ipos_service *service,
			       struct net_device *dev, struct sk_buff *skb,
			       const struct ipos_packet *packet)
{
	if (!ipos_packet_checksum_ok(skb, packet)) {
		ipos_count(engine->counters, drop_packet_checksum);
		kfree_skb(skb);
		return true;
	}
	return begin_consume(engine, service, dev, skb, packet);
}

/**
 * ipos_datagram_hold_consume() - one more of a flow whose board has not answered yet
 * @engine: the namespace
 * @flow: borrowed under RCU
 * @skb: data at the IP header; consumed
 * @packet: what it says
 *
 * Return: false when the flow had found its place meanwhile: nothing was
 * consumed, and the caller looks again.
 */
bool ipos_datagram_hold_consume(struct ipos_engine *engine,
				struct ipos_flow *flow, struct sk_buff *skb,
				const struct ipos_packet *packet)
{
	bool ours;

	spin_lock_bh(&flow->lock);
	ours = flow->pending &&
	       (ipos_flow_state(flow) == IPOS_FLOW_TEMPORARY ||
		ipos_flow_state(flow) == IPOS_FLOW_FORWARD_CONNECT);
	if (ours)
		hold(ipos_endpoint_of(flow->pending), skb, packet);
	spin_unlock_bh(&flow->lock);
	return ours;
}
