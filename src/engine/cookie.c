// SPDX-License-Identifier: GPL-2.0
#include <linux/ip.h>
#include <net/tcp.h>
#include "endpoint/deliver.h"
#include "engine/cookie.h"
#include "engine/out.h"

/*
 * The low bits of the SYN-ACK's TSval, which the client echoes, in the layout
 * of the kernel's own cookies: window shift, SACK, ECN.
 */
#define OPTION_BITS	6
#define OPTION_MASK	GENMASK(OPTION_BITS - 1, 0)
#define WSCALE_MASK	GENMASK(3, 0)
#define NO_WSCALE	WSCALE_MASK
#define SACK		BIT(4)
#define ECN		BIT(5)

static bool many(const struct ipos_engine *engine)
{
	switch (READ_ONCE(engine->net->ipv4.sysctl_tcp_syncookies)) {
	case 0:
		return false;
	case 1:
		return ipos_bound_count(&engine->flows.bound[IPOS_FLOW_TEMPORARY]) >=
		       READ_ONCE(engine->settings.syn_cookies_threshold);
	default:
		return true;
	}
}

/**
 * ipos_cookie_wanted() - whether a SYN is to be answered without an entry
 * @engine: the namespace
 * @syn: what it says; no live socket has its 4-tuple
 *
 * As the kernel has it: the namespace's tcp_syncookies decides, and a SYN on a
 * TIME_WAIT gets its entry, which the final ACK must find before that.
 *
 * Return: see there. Softirq.
 */
bool ipos_cookie_wanted(const struct ipos_engine *engine,
			const struct ipos_packet *syn)
{
	return IS_ENABLED(CONFIG_SYN_COOKIES) && many(engine) &&
	       ipos_socket_find(engine->net, &syn->key) == IPOS_SOCKET_NONE;
}

/*
 * The kernel's secret outlives this module, and a client may send its first
 * segment again after a restart: no cookie of a former life is valid.
 */
static struct iphdr salted(const struct ipos_engine *engine,
			   const struct sk_buff *skb)
{
	struct iphdr iph = *ip_hdr(skb);

	iph.saddr ^= (__force __be32)engine->cookie_salt;
	return iph;
}

static u32 encode(const struct ipos_endpoint *ep, u32 clock)
{
	u32 options = ep->wscale ? ep->snd_wscale : NO_WSCALE;
	u32 coded;

	if (ep->sack)
		options |= SACK;
	if (ep->ecn)
		options |= ECN;
	coded = (clock & ~OPTION_MASK) | options;
	/* What follows must not be less. */
	return options > (clock & OPTION_MASK) ? coded - BIT(OPTION_BITS) :
						 coded;
}

/* False: an option that is switched off here, so it is no TSval of ours. */
static bool decode(const struct net *net, u32 options,
		   struct tcp_options_received *opt, bool *ecn)
{
	*ecn = options & ECN && READ_ONCE(net->ipv4.sysctl_tcp_ecn);
	opt->sack_ok = options & SACK ? TCP_SACK_SEEN : 0;
	if (opt->sack_ok && !READ_ONCE(net->ipv4.sysctl_tcp_sack))
		return false;
	if ((options & WSCALE_MASK) == NO_WSCALE)
		return true;
	opt->wscale_ok = 1;
	opt->snd_wscale = options & WSCALE_MASK;
	return READ_ONCE(net->ipv4.sysctl_tcp_window_scaling);
}

/**
 * ipos_cookie_send() - answer a SYN so that nothing need be remembered
 * @ep: numbered and agreed, in no table; gets the cookie as its ISS
 * @skb: as parsed
 * @syn: what it says
 */
void ipos_cookie_send(struct ipos_endpoint *ep, const struct sk_buff *skb,
		      const struct ipos_packet *syn)
{
	struct ipos_engine *engine = ep->pending.engine;
	const struct iphdr iph = salted(engine, skb);
	u64 until = get_jiffies_64() + IPOS_COOKIE_VALID;
	struct ipos_segment segment;

	/* Written once a second: the line stays shared between CPUs. */
	if (time_after64(until, READ_ONCE(engine->cookies_until) + HZ))
		WRITE_ONCE(engine->cookies_until, until);
	ep->iss = ipos_compat_cookie_make(&iph, tcp_hdr(skb), &ep->snd_mss);
	ep->ecn = ep->ecn && ep->timestamps;
	segment = ipos_unattached_syn_ack_segment(ep);
	segment.tsval = encode(ep, segment.tsval - ep->ts_offset) +
			ep->ts_offset;
	ipos_out_segment(engine, &syn->key, &segment);
	ipos_count(engine->counters, syn_ack_sent);
	ipos_count(engine->counters, syn_cookies_sent);
}

/**
 * ipos_cookie_expected() - whether a cookie may be under way
 * @engine: the namespace
 *
 * Return: false when none that was sent is still valid: nobody can find one
 * by trying.
 */
bool ipos_cookie_expected(const struct ipos_engine *engine)
{
	return time_before64(get_jiffies_64(),
			     READ_ONCE(engine->cookies_until) + HZ);
}

/**
 * ipos_cookie_read() - what the cookie that a segment acknowledges tells
 * @engine: the namespace
 * @skb: as parsed, checksum verified
 * @packet: what it says
 * @opt: zeroed; gets the options of the SYN as far as they are known
 * @ecn: filled: ECN was agreed on
 *
 * Return: false for what is no cookie of this life of the board, or too old.
 */
bool ipos_cookie_read(const struct ipos_engine *engine,
		      const struct sk_buff *skb,
		      const struct ipos_packet *packet,
		      struct tcp_options_received *opt, bool *ecn)
{
	const struct iphdr iph = salted(engine, skb);
	int mss = ipos_compat_cookie_check(&iph, tcp_hdr(skb));
	u32 offset;

	*ecn = false;
	if (!mss)
		return false;
	tcp_parse_options(engine->net, skb, opt, 0, NULL);
	opt->mss_clamp = mss;
	if (!opt->saw_tstamp) {
		tcp_clear_options(opt);
		return true;
	}
	offset = ipos_unattached_ts_offset(engine, &packet->key);
	return decode(engine->net, opt->rcv_tsecr - offset, opt, ecn);
}

/**
 * ipos_cookie_remove() - take a flow out of the table, but not a cookie's
 * @engine: the namespace
 * @flow: its lock held, unless it is Local; without pending, or that is about
 *	to be detached
 * @from: the state it must be in
 *
 * As long as the cookie that began it is valid, the client's first segment,
 * sent again, would begin it once more and replay the request: a tombstone
 * stands in the way. Of a board that leaves, too: it may be started again
 * within that time, and its salt is the same then.
 *
 * Return: false when it was in another state, which ends nothing.
 */
bool ipos_cookie_remove(struct ipos_engine *engine, struct ipos_flow *flow,
			enum ipos_flow_state from)
{
	struct ipos_flow_table *flows = &engine->flows;

	if (!(READ_ONCE(flow->flags) & IPOS_FLOW_COOKIE) ||
	    READ_ONCE(engine->stopping))
		return ipos_flow_remove(flows, flow, from);
	WRITE_ONCE(flow->used, (u32)jiffies);
	if (!ipos_bound_take(&flows->bound[IPOS_FLOW_CLOSED])) {
		ipos_count(engine->counters, drop_limit_closed);
		return ipos_flow_remove(flows, flow, from);
	}
	if (!ipos_flow_move(flows, flow, from, IPOS_FLOW_CLOSED)) {
		ipos_bound_give(&flows->bound[IPOS_FLOW_CLOSED]);
		return false;
	}
	ipos_flow_unbind(flows, flow);
	return true;
}
