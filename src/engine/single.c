// SPDX-License-Identifier: GPL-2.0
#include <linux/icmp.h>
#include <linux/netdevice.h>
#include <linux/slab.h>
#include "endpoint/datagram.h"
#include "engine/here.h"
#include "engine/out.h"
#include "engine/packet.h"
#include "engine/place.h"
#include "engine/select.h"
#include "engine/served.h"
#include "engine/single.h"
#include "engine/start.h"

/**
 * struct single - a datagram, as an endpoint that a board is chosen for
 * @ep: in no table, without a timer
 * @flow: likewise
 * @skb: data at the IP header
 * @dev: where it arrived
 * @verdict: what became of it
 */
struct single {
	struct ipos_endpoint	ep;
	struct ipos_flow	flow;
	struct sk_buff		*skb;
	struct net_device	*dev;
	enum ipos_verdict	verdict;
};

static struct ipos_engine *engine_of(const struct single *s)
{
	return s->ep.pending.engine;
}

/**
 * ipos_single_is_next() - whether the next datagram gets a board of its own
 * @engine: the namespace
 * @flow: Local: this board has served one before
 *
 * Return: whether it does.
 */
bool ipos_single_is_next(struct ipos_engine *engine,
			 const struct ipos_flow *flow)
{
	const struct ipos_service *service;

	if (!(READ_ONCE(flow->flags) & IPOS_FLOW_SINGLE))
		return false;
	service = ipos_service_peek(&engine->services, flow->key.proto,
				    flow->key.saddr, flow->key.sport);
	return service && service->one_packet;
}

/* An answer that comes could be taken for one about another flow. */
static bool is_used(struct ipos_engine *engine, const struct ipos_hdr *hdr,
		    const struct ipos_server *server)
{
	if (!ipos_withdrawn_has(&engine->withdrawn, hdr) &&
	    !ipos_flow_peek_binding(&engine->flows, hdr, server->ip))
		return false;
	ipos_count(engine->counters, handoff_header_used);
	return true;
}

/*
 * The offer tells the board what it must know, the datagram follows at once:
 * nobody waits for the answer, which finds nothing.
 */
static bool there(struct single *s, __be32 ip)
{
	struct ipos_engine *engine = engine_of(s);
	const struct ipos_key *key = &s->flow.key;
	const struct ipos_conn conn = {
		.server_ip = key->saddr, .server_port = key->sport,
	};
	struct ipos_hdr hdr = {
		.src_ip = key->caddr, .src_port = key->cport, .dst_ip = ip,
		.dst_port = READ_ONCE(s->ep.service->target_port),
		.type = IPOS_TYPE_CONNECT, .protocol = key->proto,
	};
	struct ipos_server *server = ipos_place_reachable(engine, ip);

	if (!server || is_used(engine, &hdr, server))
		return false;
	ipos_out_conn(engine, server, &hdr, &conn);
	ipos_wire_build_packet_hdr(&hdr);
	ipos_out_packet_consume(engine, server, &hdr, s->skb);
	s->verdict = IPOS_CONSUMED;
	return true;
}

/*
 * Until it is complete the entry is Temporary: whoever finds it waits for its
 * lock. Takes the place in the Local Table that the caller has, or gives it back.
 */
static int insert(struct single *s, struct ipos_flow *flow)
{
	struct ipos_flow_table *flows = &engine_of(s)->flows;
	int err;

	flow->flags |= IPOS_FLOW_SINGLE;
	flow->timeout = READ_ONCE(s->ep.service->timeout);
	err = ipos_flow_insert(flows, flow);
	if (err) {
		ipos_bound_give(&flows->bound[IPOS_FLOW_TEMPORARY]);
		ipos_bound_give(&flows->bound[IPOS_FLOW_LOCAL]);
		/* Its twin on another CPU was first. */
		return err == -EEXIST ? 0 : err;
	}
	err = ipos_served_find(engine_of(s), flow,
			       READ_ONCE(s->ep.service->target_port),
			       s->dev->ifindex);
	if (err) {
		ipos_flow_remove(flows, flow, IPOS_FLOW_TEMPORARY);
		ipos_bound_give(&flows->bound[IPOS_FLOW_LOCAL]);
	} else {
		ipos_flow_move(flows, flow, IPOS_FLOW_TEMPORARY,
			       IPOS_FLOW_LOCAL);
	}
	return err;
}

/* The program's replies are to have the service's address. */
static void enter(struct single *s)
{
	struct ipos_engine *engine = engine_of(s);
	struct ipos_bound *local = &engine->flows.bound[IPOS_FLOW_LOCAL];
	struct ipos_flow *flow;
	int err;

	if (!ipos_bound_take(local)) {
		ipos_count(engine->counters, drop_limit_local);
		return;
	}
	flow = ipos_flow_new(&engine->flows, &s->flow.key,
			     IPOS_FLOW_TEMPORARY);
	if (IS_ERR(flow)) {
		ipos_bound_give(local);
		ipos_here_refused(engine, PTR_ERR(flow));
		return;
	}
	spin_lock_bh(&flow->lock);
	err = insert(s, flow);
	spin_unlock_bh(&flow->lock);
	ipos_flow_put(flow);
	if (err)
		ipos_here_refused(engine, err);
}

static bool here(struct single *s)
{
	struct ipos_engine *engine = engine_of(s);
	struct ipos_flow *flow = ipos_flow_peek(&engine->flows, &s->flow.key);

	if (!flow) {
		enter(s);
		flow = ipos_flow_peek(&engine->flows, &s->flow.key);
	}
	if (!flow || ipos_flow_state(flow) != IPOS_FLOW_LOCAL)
		return false;
	switch (ipos_served_request(engine, flow, s->skb, s->dev->ifindex)) {
	case IPOS_SERVED_GONE:
		return false;
	case IPOS_SERVED_DROPPED:
		s->verdict = IPOS_CONSUMED;
		return true;
	default:
		s->verdict = IPOS_PASS;
		return true;
	}
}

/* Nobody keeps it until then: the client will ask again. */
static bool starts(struct single *s)
{
	struct ipos_endpoint *ep = &s->ep;

	if (!ep->starts ||
	    !ipos_start_here(engine_of(s), s->flow.key.proto,
			     READ_ONCE(ep->service->target_port)))
		return false;
	ipos_count(engine_of(s)->counters, drop_starting);
	kfree_skb(s->skb);
	s->verdict = IPOS_CONSUMED;
	return true;
}

static bool placed(struct single *s)
{
	struct ipos_endpoint *ep = &s->ep;
	__be32 ip;

	ipos_select(ep, false);
	while (ep->next < ep->n_candidates || ipos_select_more(ep)) {
		ip = ep->candidates[ep->next++];
		if (ip == IPOS_HERE ? here(s) || starts(s) : there(s, ip))
			return true;
		ipos_count(engine_of(s)->counters, next_candidate);
	}
	return false;
}

static enum ipos_verdict place(struct single *s)
{
	struct ipos_engine *engine = engine_of(s);

	ipos_count(engine->counters, udp_single);
	atomic_long_inc(&s->ep.service->connections);
	if (placed(s))
		return s->verdict;
	ipos_count(engine->counters, unplaced);
	ipos_udp_unreachable(engine->net, s->skb, ICMP_PORT_UNREACH, 0);
	kfree_skb(s->skb);
	return IPOS_CONSUMED;
}

/**
 * ipos_single() - choose a board for one datagram, and for no other
 * @engine: the namespace
 * @service: borrowed under RCU
 * @dev: where it arrived
 * @skb: data at the IP header
 * @packet: what it says
 *
 * Return: IPOS_PASS: a program of this board gets it; or IPOS_CONSUMED.
 */
enum ipos_verdict ipos_single(struct ipos_engine *engine,
			      struct ipos_service *service,
			      struct net_device *dev, struct sk_buff *skb,
			      const struct ipos_packet *packet)
{
	enum ipos_verdict verdict;
	struct single *s;

	if (!ipos_packet_checksum_ok(skb, packet)) {
		ipos_count(engine->counters, drop_packet_checksum);
		goto drop;
	}
	s = kzalloc(sizeof(*s), GFP_ATOMIC);
	if (!s) {
		ipos_count(engine->counters, drop_no_memory);
		goto drop;
	}
	s->ep.pending.engine = engine;
	s->ep.pending.flow = &s->flow;
	s->ep.service = service;
	s->flow.key = packet->key;
	s->skb = skb;
	s->dev = dev;
	s->ep.ifindex = dev->ifindex;
	ipos_inspector_init(&s->ep.inspector, IPOS_MODE_NONE);
	verdict = place(s);
	kfree(s);
	return verdict;
drop:
	kfree_skb(skb);
	return IPOS_CONSUMED;
}
