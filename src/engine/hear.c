// SPDX-License-Identifier: GPL-2.0
#include <linux/etherdevice.h>
#include "engine/abort.h"
#include "engine/event.h"
#include "engine/forward.h"
#include "engine/hear.h"
#include "engine/place.h"
#include "engine/reserve.h"
#include "engine/served.h"
#include "engine/tell.h"
#include "table/cookiename.h"
#include "table/news.h"
#include "table/presence.h"
#include "wire/advert.h"

/* What a board shared with this one in its former life is over. */
static void end_locked(struct ipos_engine *engine, struct ipos_flow *flow)
{
	switch (ipos_flow_state(flow)) {
	case IPOS_FLOW_FORWARD_CONNECT:
		if (flow->pending)
			ipos_place_restarted(ipos_endpoint_of(flow->pending));
		break;
	case IPOS_FLOW_FORWARD:
		if (!(flow->flags & IPOS_FLOW_ENDED))
			ipos_forward_lost(engine, flow,
					  IPOS_HANDOFF_REASON_RESTARTED);
		break;
	case IPOS_FLOW_RESERVED:
		if (!flow->pending)
			break;
		ipos_count(engine->counters, handoff_expired);
		ipos_event(engine, expired, ipos_event_of(flow, RESTARTED));
		ipos_reserve_end(engine, flow);
		break;
	case IPOS_FLOW_LOCAL:
		/* No packet of its client comes any more. */
		if (!(flow->flags & IPOS_FLOW_TARGET))
			break;
		if (flow->key.proto == IPOS_PROTO_UDP)
			ipos_served_end(engine, flow);
		else
			ipos_abort(engine, flow);
		break;
	default:
		break;
	}
}

static bool end_each(void *obj, void *arg)
{
	struct ipos_flow *flow = obj;

	spin_lock_bh(&flow->lock);
	if (flow->peer && READ_ONCE(flow->peer->dead))
		end_locked(arg, flow);
	spin_unlock_bh(&flow->lock);
	return true;
}

static void end_restarted(struct work_struct *work)
{
	struct ipos_engine *engine = container_of(work, struct ipos_engine,
						  restarts);

	/* Whoever found the old row has bound its flow to it by then. */
	synchronize_rcu();
	ipos_table_walk(&engine->flows.by_key, end_each, engine);
}

static void act(struct ipos_engine *engine, __be32 ip, u32 news)
{
	int event;

	for (event = 0; news >> event; event++)
		if (news & BIT(event))
			ipos_cluster_event(engine->net, event, ip, NULL);
	if (news & (IPOS_PRESENCE_RESTARTED | IPOS_PRESENCE_GONE |
		    IPOS_PRESENCE_LEFT))
		ipos_listen_forget(&engine->listens, ip);
	if (news & IPOS_PRESENCE_RESTARTED)
		queue_work(system_unbound_wq, &engine->restarts);
	if (news & (IPOS_PRESENCE_RESTARTED | IPOS_PRESENCE_JOINED))
		ipos_tell_joined(engine);
}

/* Returns why not all of them were taken, 0 when they were. */
static int hear_listeners(struct ipos_engine *engine,
			  const struct ipos_presence *p, const void *body)
{
	const struct ipos_advert *advert = p->advert;
	struct ipos_listener listener;
	int err, failed = 0;
	unsigned int i;

	for (i = 0; i < advert->listeners; i++) {
		if (!ipos_advert_parse_listener(body, i, &listener))
			continue;
		err = ipos_listen_heard(&engine->listens, p->ip, &listener,
					advert->snapshot);
		if (err)
			failed = err;
	}
	if (p->complete)
		ipos_listen_complete(&engine->listens, p->ip,
				     advert->snapshot);
	return failed;
}

static const enum ipos_counter drop_of[] = {
	[IPOS_PRESENCE_SENDER]		= IPOS_N_drop_frame_sender,
	[IPOS_PRESENCE_UNTRUSTED]	= IPOS_N_drop_advert_untrusted,
	[IPOS_PRESENCE_EPOCH]		= IPOS_N_drop_advert_epoch,
	[IPOS_PRESENCE_REPLAYED]	= IPOS_N_drop_advert_replayed,
	[IPOS_PRESENCE_LENGTH]		= IPOS_N_drop_advert_length,
	[IPOS_PRESENCE_LIMIT]		= IPOS_N_drop_advert_limit,
	[IPOS_PRESENCE_MEMORY]		= IPOS_N_drop_no_memory,
};

/* One after the other: a snapshot's end must not overtake the next's parts. */
static void hear(struct ipos_engine *engine, struct ipos_presence *p,
		 const void *body)
{
	enum ipos_presence_verdict verdict;
	int err = 0;

	spin_lock_bh(&engine->servers.hearing);
	verdict = ipos_presence_hear(&engine->servers, p);
	if (verdict == IPOS_PRESENCE_TAKEN && p->server) {
		act(engine, p->ip, p->news);
		if (!(p->advert->flags & IPOS_ADVERT_LEAVING))
			err = hear_listeners(engine, p, body);
	}
	spin_unlock_bh(&engine->servers.hearing);
	if (verdict != IPOS_PRESENCE_TAKEN)
		ipos_count_index(engine->counters, drop_of[verdict]);
	else if (err == -ENOMEM)
		ipos_count(engine->counters, drop_no_memory);
	else if (err)
		ipos_count(engine->counters, drop_advert_limit);
}

/* Whether it can concern us at all, before anything is computed. */
static bool may_hear(struct ipos_engine *engine, const struct net_device *dev,
		     const struct sk_buff *skb, bool *learn)
{
	const struct ipos_dev *d = ipos_dev_peek(&engine->devs, dev);

	*learn = d && READ_ONCE(d->learn);
	return *learn || ipos_server_sender(&engine->servers, dev,
					    eth_hdr(skb)->h_source);
}

/**
 * ipos_hear_check() - ipos_wire_check() of what is for all boards
 * @engine: the namespace
 * @skb: data at the encapsulation header; made linear
 * @hdr: filled
 * @body_len: likewise, in bytes
 * @malformed: counted where its length is absurd
 *
 * Return: whether it is a frame; what is wrong was counted. Softirq.
 */
bool ipos_hear_check(struct ipos_engine *engine, struct sk_buff *skb,
		     struct ipos_hdr *hdr, size_t *body_len,
		     enum ipos_counter malformed)
{
	if (skb_linearize(skb)) {
		ipos_count(engine->counters, drop_no_memory);
		return false;
	}
	switch (ipos_wire_check(skb->data, skb->len, hdr, body_len)) {
	case IPOS_WIRE_OK:
		return true;
	case IPOS_WIRE_CHECKSUM:
		ipos_count(engine->counters, drop_frame_checksum);
		break;
	case IPOS_WIRE_PROTOCOL:
		ipos_count(engine->counters, drop_frame_protocol);
		break;
	case IPOS_WIRE_SHORT:
		ipos_count(engine->counters, drop_frame_short);
		break;
	default:
		ipos_count_index(engine->counters, malformed);
	}
	return false;
}

/**
 * ipos_hear_frame() - type 0x83 on a fabric device
 * @engine: the namespace
 * @dev: where it arrived
 * @skb: data at the encapsulation header, which is linear, MAC header set; not
 *	consumed
 *
 * Softirq, RCU held.
 */
void ipos_hear_frame(struct ipos_engine *engine, struct net_device *dev,
		     struct sk_buff *skb)
{
	struct ipos_advert advert;
	struct ipos_presence p = { .dev = dev, .advert = &advert };
	struct ipos_hdr hdr;
	size_t body_len;

	ipos_count(engine->counters, adverts_received);
	if (!may_hear(engine, dev, skb, &p.learn)) {
		ipos_count(engine->counters, drop_frame_sender);
		return;
	}
	if (!ipos_hear_check(engine, skb, &hdr, &body_len,
			     IPOS_N_drop_advert_length))
		return;
	p.ip = hdr.dst_ip;
	p.lladdr = eth_hdr(skb)->h_source;
	if (!ipos_is_unicast(p.ip) || !is_valid_ether_addr(p.lladdr) ||
	    ipos_advert_parse(skb->data + IPOS_HDR_LEN, body_len, &advert)) {
		ipos_count(engine->counters, drop_advert_length);
		return;
	}
	if (p.ip == READ_ONCE(engine->settings.server_ip) ||
	    ether_addr_equal(p.lladdr, dev->dev_addr)) {
		ipos_count(engine->counters, drop_advert_untrusted);
		return;
	}
	hear(engine, &p, skb->data + IPOS_HDR_LEN);
}

/**
 * ipos_hear_age() - who, and what, was not heard of for too long
 * @engine: the namespace
 *
 * Process context.
 */
void ipos_hear_age(struct ipos_engine *engine)
{
	struct ipos_server *server;
	u32 news;

	rcu_read_lock();
	list_for_each_entry_rcu(server, &engine->servers.list, list) {
		if (ipos_server_fresh(server) && !READ_ONCE(server->n_names))
			continue;
		spin_lock_bh(&engine->servers.hearing);
		ipos_cookiename_expire(server, READ_ONCE(engine->settings.cookie_s));
		news = ipos_presence_age(&engine->servers, server);
		act(engine, server->ip, news);
		spin_unlock_bh(&engine->servers.hearing);
	}
	rcu_read_unlock();
}

/**
 * ipos_hear_silent() - whether a flow's board was silent for too long
 * @engine: the namespace
 * @flow: a Forward entry, borrowed under RCU
 *
 * One that never advertised is not waited for, nor one that advertises more
 * rarely than this board has patience.
 *
 * Return: true when the connection is given up. Any context.
 */
bool ipos_hear_silent(const struct ipos_engine *engine,
		      const struct ipos_flow *flow)
{
	u32 s = READ_ONCE(engine->settings.peer_s);
	const struct ipos_server *peer = flow->peer;

	return s && READ_ONCE(peer->heard.presence) != IPOS_SERVER_UNHEARD &&
	       !ipos_server_within(peer, IPOS_SERVER_GONE_INTERVALS) &&
	       time_after(jiffies, READ_ONCE(peer->heard.at) + s * HZ);
}

static void forgotten(struct ipos_server_table *table, __be32 ip)
{
	struct ipos_engine *engine = container_of(table, struct ipos_engine,
						  servers);

	ipos_listen_forget(&engine->listens, ip);
}

/**
 * ipos_hear_init() - nobody was heard yet
 * @engine: its tables are there
 */
void ipos_hear_init(struct ipos_engine *engine)
{
	INIT_WORK(&engine->restarts, end_restarted);
	engine->servers.forgotten = forgotten;
}

/**
 * ipos_hear_stop() - all that restarted until now has ended
 * @engine: no packet reaches it any more
 *
 * May sleep.
 */
void ipos_hear_stop(struct ipos_engine *engine)
{
	cancel_work_sync(&engine->restarts);
	engine->servers.forgotten = NULL;
}
