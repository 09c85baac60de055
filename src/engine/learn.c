// SPDX-License-Identifier: GPL-2.0
#include <linux/ip.h>
#include <linux/slab.h>
#include <linux/tcp.h>
#include <net/tcp.h>
#include "engine/learn.h"
#include "engine/tell.h"
#include "inspect/setcookie.h"
#include "table/cookiename.h"

/**
 * struct ipos_watch - a response that is being read
 * @lock: a socket sends from one place at a time; its memory is ours, though
 * @begin: sequence number of its first byte
 * @nxt: of the next one that was not read yet
 * @setcookie: how far it was understood
 * @rcu: freed after a grace period
 */
struct ipos_watch {
	spinlock_t		lock;
	u32			begin;
	u32			nxt;
	struct ipos_setcookie	setcookie;
	struct rcu_head		rcu;
};

/* Nothing of the entry's response has been sent yet. */
static void watch(struct ipos_engine *engine, struct ipos_flow *flow,
		  const char *name, u32 seq)
{
	struct ipos_watch *watch = kmalloc(sizeof(*watch), GFP_ATOMIC);

	if (!watch) {
		ipos_count(engine->counters, drop_no_memory);
		return;
	}
	spin_lock_init(&watch->lock);
	watch->begin = seq;
	watch->nxt = seq;
	ipos_setcookie_init(&watch->setcookie, name);
	rcu_assign_pointer(flow->watch, watch);
}

/**
 * ipos_learn_here() - an endpoint is about to be attached where it arrived
 * @engine: the namespace
 * @flow: the endpoint's, not Local yet; its lock held
 * @service: its service
 * @seq: SND.NXT
 *
 * RCU held.
 */
void ipos_learn_here(struct ipos_engine *engine, struct ipos_flow *flow,
		     const struct ipos_service *service, u32 seq)
{
	const struct ipos_service_cookie *cookie;

	cookie = rcu_dereference(service->cookie);
	if (cookie)
		watch(engine, flow, cookie->name, seq);
}

/**
 * ipos_learn_taken() - an endpoint of another board is about to be attached
 * @engine: the namespace
 * @flow: reserved, its SND.NXT known; its lock held
 *
 * What its cookie is called this board knows by a service of its own, or was
 * told by the origin. RCU held.
 */
void ipos_learn_taken(struct ipos_engine *engine, struct ipos_flow *flow)
{
	const struct ipos_key *key = &flow->key;
	const struct ipos_cookiename *name;
	const struct ipos_service *service;

	service = ipos_service_peek(&engine->services, key->proto, key->saddr,
				    key->sport);
	if (service && rcu_access_pointer(service->cookie)) {
		ipos_learn_here(engine, flow, service, flow->snd_nxt);
		return;
	}
	name = ipos_cookiename_peek(flow->peer, key->saddr, key->sport);
	if (name)
		watch(engine, flow, name->text, flow->snd_nxt);
}

/**
 * ipos_learn_refused() - counts why a row did not get into the Cookie Map
 * @engine: this board's
 * @err: what ipos_cookiemap_claim() returned, negative
 *
 * Context: any.
 */
void ipos_learn_refused(struct ipos_engine *engine, int err)
{
	switch (err) {
	case -EEXIST:
		ipos_count(engine->counters, drop_map_static);
		break;
	case -EBUSY:
		ipos_count(engine->counters, drop_map_held);
		break;
	case -ENOSPC:
		ipos_count(engine->counters, drop_limit_cookie);
		break;
	default:
		ipos_count(engine->counters, drop_no_memory);
	}
}

/* Told before the response leaves: whoever reads it finds the others know. */
static void learn(struct ipos_engine *engine,
		  const struct ipos_cookieval *value)
{
	int err = ipos_cookiemap_claim(&engine->cookies, value->text,
				       value->len, NULL,
				       IPOS_COOKIEMAP_LEARNED);

	if (err < 0)
		ipos_learn_refused(engine, err);
	if (err <= 0)
		return;
	ipos_count(engine->counters, cookies_learned);
	ipos_tell_learned(engine, value->text, value->len);
}

/* Of what the segment brings that is new; a gap ends the reading. */
static enum ipos_inspect read_segment(struct ipos_watch *watch,
				      const struct sk_buff *skb, u32 offset,
				      u32 seq, u32 len)
{
	enum ipos_inspect result = IPOS_INSPECT_NEED_MORE;
	u32 known = watch->nxt - seq;
	u8 chunk[128];
	u32 n;

	if (after(seq, watch->nxt))
		return IPOS_INSPECT_NONE;
	if (known >= len)
		return IPOS_INSPECT_NEED_MORE;
	len = min_t(u32, len - known,
		    watch->begin + IPOS_LEARN_BYTES - watch->nxt);
	offset += known;
	for (; len && result == IPOS_INSPECT_NEED_MORE; len -= n, offset += n) {
		n = min_t(u32, len, sizeof(chunk));
		if (skb_copy_bits(skb, offset, chunk, n))
			return IPOS_INSPECT_NONE;
		watch->nxt += n;
		result = ipos_setcookie_feed(&watch->setcookie, chunk, n);
	}
	if (watch->nxt - watch->begin == IPOS_LEARN_BYTES)
		return result ?: IPOS_INSPECT_NONE;
	return result;
}

static void read_watched(struct ipos_engine *engine, struct ipos_flow *flow,
			 struct ipos_watch *watch, const struct sk_buff *skb,
			 u32 offset, u32 seq, u32 len)
{
	const struct ipos_setcookie *s = &watch->setcookie;

	/* Another CPU may have been first, and is done with it. */
	if (rcu_access_pointer(flow->watch) != watch)
		return;
	switch (read_segment(watch, skb, offset, seq, len)) {
	case IPOS_INSPECT_NEED_MORE:
		return;
	case IPOS_INSPECT_FOUND:
		if (s->value.len)
			learn(engine, &s->value);
		else if (s->unfit)
			ipos_count(engine->counters, cookies_unfit);
		break;
	case IPOS_INSPECT_NONE:
		break;
	}
	RCU_INIT_POINTER(flow->watch, NULL);
	kfree_rcu(watch, rcu);
}

/**
 * ipos_learn_response() - a segment that a socket of this host sends
 * @engine: the namespace
 * @skb: data at the IP header, before it is segmented; not changed
 *
 * RCU held, any context; the socket's lock may be held: takes none of a flow.
 */
void ipos_learn_response(struct ipos_engine *engine, const struct sk_buff *skb)
{
	const struct tcphdr *th = tcp_hdr(skb);
	const struct iphdr *ip = ip_hdr(skb);
	struct ipos_watch *watch;
	struct ipos_flow *flow;
	struct ipos_key key;
	u32 offset;

	if (skb_transport_offset(skb) + sizeof(*th) > skb_headlen(skb))
		return;
	offset = skb_transport_offset(skb) + __tcp_hdrlen(th);
	if (offset >= skb->len)
		return;
	key = ipos_key_init(IPOS_PROTO_TCP, ip->daddr, th->dest, ip->saddr,
			    th->source);
	flow = ipos_flow_peek(&engine->flows, &key);
	watch = flow ? rcu_dereference(flow->watch) : NULL;
	if (!watch)
		return;
	spin_lock_bh(&watch->lock);
	read_watched(engine, flow, watch, skb, offset, ntohl(th->seq),
		     skb->len - offset);
	spin_unlock_bh(&watch->lock);
}

/**
 * ipos_learn_any() - whether there is anything to be learned at all
 * @engine: the namespace
 *
 * Any context.
 *
 * Return: whether a service of this board, or of another, has a cookie.
 */
bool ipos_learn_any(struct ipos_engine *engine)
{
	const struct ipos_server *server;
	bool any = atomic_read(&engine->services.cookies);

	rcu_read_lock();
	list_for_each_entry_rcu(server, &engine->servers.list, list)
		any |= READ_ONCE(server->n_names) > 0;
	rcu_read_unlock();
	return any;
}
