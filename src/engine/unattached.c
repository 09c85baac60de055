// SPDX-License-Identifier: GPL-2.0
#include <linux/ip.h>
#include <linux/log2.h>
#include <linux/slab.h>
#include <net/tcp.h>
#include "compat/tcp.h"
#include "engine/out.h"
#include "engine/packet.h"
#include "engine/unattached.h"

/**
 * ipos_unattached_flow() - a Temporary entry, not yet in the table
 * @engine: the namespace
 * @key: as the client sees it
 *
 * Return: the entry, or NULL: why is counted. Any context.
 */
struct ipos_flow *ipos_unattached_flow(struct ipos_engine *engine,
				       const struct ipos_key *key)
{
	struct ipos_flow *flow;

	flow = ipos_flow_new(&engine->flows, key, IPOS_FLOW_TEMPORARY);
	if (!IS_ERR(flow))
		return flow;
	if (PTR_ERR(flow) == -ENOSPC)
		ipos_count(engine->counters, drop_limit_temporary);
	else
		ipos_count(engine->counters, drop_no_memory);
	return NULL;
}

/**
 * ipos_unattached_new() - memory for one endpoint
 * @engine: the namespace
 * @service: borrowed under RCU; a reference is taken
 * @ops: of its protocol
 *
 * Return: zeroed but for these, or NULL.
 */
struct ipos_endpoint *
ipos_unattached_new(struct ipos_engine *engine, struct ipos_service *service,
		    const struct ipos_endpoint_ops *ops)
{
	const struct ipos_service_cookie *cookie;
	struct ipos_endpoint *ep;

	ep = kzalloc(sizeof(*ep), GFP_ATOMIC);
	if (!ep)
		return NULL;
	ep->service = ipos_service_get(service);
	if (!ep->service) {
		kfree(ep);
		return NULL;
	}
	ep->pending.engine = engine;
	ep->ops = ops;
	ipos_hold_init(&ep->hold, 0);
	ipos_inspector_init(&ep->inspector, READ_ONCE(service->inspect));
	cookie = rcu_dereference(service->cookie);
	if (cookie)
		ipos_inspector_want_cookie(&ep->inspector, cookie->name);
	return ep;
}

/**
 * ipos_unattached_free() - struct ipos_pending_ops.free of an endpoint
 * @pending: of an endpoint that has a place, or none
 */
void ipos_unattached_free(struct ipos_pending *pending)
{
	struct ipos_endpoint *ep = ipos_endpoint_of(pending);

	if (ep->waits)
		ipos_bound_give(&pending->engine->waiting);
	atomic_long_sub(ep->hold.bytes, &pending->engine->held_bytes);
	ipos_hold_purge(&ep->hold);
	ipos_service_put(ep->service);
	kfree(ep);
}

static u32 now_ms(void)
{
	return div_u64(ktime_get_ns(), NSEC_PER_MSEC);
}

static u64 hash(const struct ipos_engine *engine, const struct ipos_key *key)
{
	return siphash(key, sizeof(*key), &engine->isn_key);
}

/**
 * ipos_unattached_ts_offset() - from this host's clock to a client's
 * @engine: the namespace
 * @key: the connection
 *
 * Return: TSval less the milliseconds of the clock, host order. Any context.
 */
u32 ipos_unattached_ts_offset(const struct ipos_engine *engine,
			      const struct ipos_key *key)
{
	return hash(engine, key) >> 32;
}

static void number(struct ipos_endpoint *ep, const struct ipos_packet *packet,
		   u32 irs, u32 iss)
{
	ep->iss = iss;
	ep->ts_offset = ipos_unattached_ts_offset(ep->pending.engine,
						  &packet->key);
	ep->irs = irs;
	ep->rcv_nxt = irs + 1;
	ep->snd_wl1 = irs;
	ep->window = packet->window;
	ipos_hold_init(&ep->hold, ep->rcv_nxt);
}

/**
 * ipos_unattached_number() - choose ISS and timestamp offset (RFC 6528, 7323)
 * @ep: the endpoint
 * @syn: the client's SYN
 *
 * Keyed by the 4-tuple and advanced by the clock, so that a new connection of
 * the same 4-tuple is beyond the old one.
 */
void ipos_unattached_number(struct ipos_endpoint *ep,
			    const struct ipos_packet *syn)
{
	number(ep, syn, syn->seq, (u32)hash(ep->pending.engine, &syn->key) +
				  (u32)(ktime_get_real_ns() >> 6));
}

/**
 * ipos_unattached_renumber() - the numbers of a handshake not remembered
 * @ep: the endpoint
 * @ack: acknowledges the SYN-ACK; the client's first segment after its SYN
 */
void ipos_unattached_renumber(struct ipos_endpoint *ep,
			      const struct ipos_packet *ack)
{
	number(ep, ack, ack->seq - 1, ack->ack - 1);
}

/**
 * ipos_unattached_ecn_offered() - whether ECN is to be agreed on (RFC 3168)
 * @net: the namespace
 * @skb: a SYN, as parsed
 *
 * As the kernel does it for its own listeners. A SYN that is itself marked was
 * tampered with on its way, unless it asks for more than RFC 3168 knows.
 *
 * Return: see there. Any context.
 */
bool ipos_unattached_ecn_offered(const struct net *net,
				 const struct sk_buff *skb)
{
	const struct tcphdr *th = tcp_hdr(skb);
	bool marked = !INET_ECN_is_not_ect(ip_hdr(skb)->tos);

	return th->ece && th->cwr && READ_ONCE(net->ipv4.sysctl_tcp_ecn) &&
	       (!marked || tcp_flag_word(th) & TCP_RESERVED_BITS);
}

/* A full segment of the client must fit the fabric with 16 bytes before it. */
static u16 advertised_mss(const struct ipos_endpoint *ep,
			  const struct net_device *dev)
{
	u32 fabric = READ_ONCE(ep->pending.engine->mtu);
	u32 mtu = READ_ONCE(dev->mtu);

	if (fabric > IPOS_HDR_LEN)
		mtu = min(mtu, fabric - IPOS_HDR_LEN);
	mtu = clamp_t(u32, mtu, TCP_MIN_MSS + 40, 65535);
	return mtu - sizeof(struct iphdr) - sizeof(struct tcphdr);
}

/* What a new socket of the host has room for. */
static u32 space(const struct net *net)
{
	return ipos_compat_win_from_space(net,
					  READ_ONCE(net->ipv4.sysctl_tcp_rmem[1]));
}

/* As the kernel's own sockets choose it: full segments, less their options. */
static u32 window(const struct ipos_endpoint *ep)
{
	const struct net *net = ep->pending.engine->net;
	u32 mss = ep->adv_mss - (ep->timestamps ? TCPOLEN_TSTAMP_ALIGNED : 0);
	u32 room = space(net);

	if (room > mss)
		room = rounddown(room, mss);
	if (READ_ONCE(net->ipv4.sysctl_tcp_workaround_signed_windows))
		return min_t(u32, room, MAX_TCP_WINDOW);
	return min_t(u32, room, U16_MAX);
}

/* As the kernel's own sockets choose it: room for the largest buffer. */
static u8 window_shift(const struct net *net)
{
	u32 space = max_t(u32, READ_ONCE(net->ipv4.sysctl_tcp_rmem[2]),
			  READ_ONCE(sysctl_rmem_max));

	return clamp_t(int, ilog2(max(space, 1U)) - 15, 0, TCP_MAX_WSCALE);
}

/**
 * ipos_unattached_agree() - settle the options as the client offered them
 * @ep: numbered
 * @opt: the SYN's options, as the kernel parses them
 * @dev: where the SYN arrived
 */
void ipos_unattached_agree(struct ipos_endpoint *ep,
			   const struct tcp_options_received *opt,
			   struct net_device *dev)
{
	struct net *net = ep->pending.engine->net;

	ep->ifindex = dev->ifindex;
	ep->timestamps = opt->saw_tstamp;
	ep->sack = opt->sack_ok;
	ep->wscale = opt->wscale_ok;
	ep->snd_wscale = opt->wscale_ok ? opt->snd_wscale : 0;
	ep->rcv_wscale = opt->wscale_ok ? window_shift(net) : 0;
	ep->adv_mss = advertised_mss(ep, dev);
	/* The fabric carries nothing towards the client. */
	ep->snd_mss = max_t(u16, opt->mss_clamp, TCP_MIN_SND_MSS);
	ep->rcv_wnd = window(ep);
	ep->ts_recent = opt->saw_tstamp ? opt->rcv_tsval : 0;
	ep->ts_recent_at = jiffies;
	ep->ts_echo = ep->ts_recent;
}

static struct ipos_segment segment(const struct ipos_endpoint *ep, u8 flags)
{
	return (struct ipos_segment){
		.seq = ep->iss + 1,
		.ack = ep->rcv_nxt,
		.window = DIV_ROUND_UP(ep->rcv_wnd, 1U << ep->rcv_wscale),
		.flags = flags,
		.wscale = -1,
		.timestamps = ep->timestamps && !(flags & TCPHDR_RST),
		.tsval = now_ms() + ep->ts_offset,
		.tsecr = ep->ts_echo,
	};
}

static void send(const struct ipos_endpoint *ep, const struct ipos_segment *s)
{
	ipos_out_segment(ep->pending.engine, &ep->pending.flow->key, s);
}

/**
 * ipos_unattached_syn_ack_segment() - the SYN-ACK
 * @ep: agreed
 *
 * Return: what it says.
 */
struct ipos_segment
ipos_unattached_syn_ack_segment(const struct ipos_endpoint *ep)
{
	struct ipos_segment s = segment(ep, TCPHDR_SYN | TCPHDR_ACK |
					    (ep->ecn ? TCPHDR_ECE : 0));

	s.seq = ep->iss;
	s.window = ep->rcv_wnd;
	s.mss = ep->adv_mss;
	s.sack = ep->sack;
	s.wscale = ep->wscale ? ep->rcv_wscale : -1;
	return s;
}

/**
 * ipos_unattached_syn_ack() - answer the SYN, once more if need be
 * @ep: agreed
 */
void ipos_unattached_syn_ack(struct ipos_endpoint *ep)
{
	struct ipos_segment s = ipos_unattached_syn_ack_segment(ep);

	send(ep, &s);
	ep->syn_ack_at = ep->tries ? 0 : ktime_get_ns();
	ipos_count(ep->pending.engine->counters, syn_ack_sent);
}

/**
 * ipos_unattached_ack() - acknowledge what is held in order
 * @ep: established
 *
 * From here on the board owns the bytes it acknowledged. As they take the
 * place of others, the window ends where it ended, unless little is left of it.
 */
void ipos_unattached_ack(struct ipos_endpoint *ep)
{
	u32 new = ep->hold.nxt - ep->rcv_nxt;

	if (new > ep->rcv_wnd || ep->rcv_wnd - new < window(ep) / 2)
		ep->rcv_wnd = max(ep->rcv_wnd, window(ep));
	else
		ep->rcv_wnd -= new;
	ep->rcv_nxt = ep->hold.nxt;
	ipos_unattached_challenge(ep);
}

/**
 * ipos_unattached_may_answer() - whether something invalid may be answered
 * @ep: the endpoint
 *
 * As often as the kernel's own sockets do it: net.ipv4.tcp_invalid_ratelimit.
 *
 * Return: see there; it counts as answered then.
 */
bool ipos_unattached_may_answer(struct ipos_endpoint *ep)
{
	const struct net *net = ep->pending.engine->net;
	s32 since = tcp_jiffies32 - ep->answered_at;

	if (ep->answered_at && since >= 0 &&
	    since < READ_ONCE(net->ipv4.sysctl_tcp_invalid_ratelimit)) {
		ipos_count(ep->pending.engine->counters, answer_limited);
		return false;
	}
	ep->answered_at = tcp_jiffies32;
	return true;
}

/**
 * ipos_unattached_challenge() - say where we are (RFC 5961), and no more
 * @ep: the endpoint
 */
void ipos_unattached_challenge(struct ipos_endpoint *ep)
{
	struct ipos_segment s = segment(ep, TCPHDR_ACK);

	/* The window that a handshake told is taken down to what fits. */
	if (ep->stage == IPOS_STAGE_SYN_RECEIVED)
		s.window = ep->rcv_wnd >> ep->rcv_wscale;
	else
		ep->rcv_wnd = round_up(ep->rcv_wnd, 1U << ep->rcv_wscale);
	if (ep->sack)
		ipos_sacked_tell(&ep->sacked, &s);
	send(ep, &s);
}

/**
 * ipos_unattached_reset() - tell the client that nobody can serve it
 * @ep: established
 */
void ipos_unattached_reset(struct ipos_endpoint *ep)
{
	struct ipos_segment s = segment(ep, TCPHDR_RST | TCPHDR_ACK);

	send(ep, &s);
}

/**
 * ipos_unattached_options() - what a segment's options say
 * @ep: the endpoint
 * @skb: as parsed
 * @opt: filled, as far as it was agreed on
 */
void ipos_unattached_options(const struct ipos_endpoint *ep,
			     const struct sk_buff *skb,
			     struct tcp_options_received *opt)
{
	*opt = (struct tcp_options_received){ .tstamp_ok = 1 };
	if (ep->timestamps)
		tcp_parse_options(ep->pending.engine->net, skb, opt, 1, NULL);
}

/**
 * ipos_unattached_opens_window() - whether a segment's window counts
 * @ep: the endpoint
 * @packet: acceptable; acknowledges what all do
 *
 * Return: whether it is later than the window that is known, or larger.
 */
bool ipos_unattached_opens_window(const struct ipos_endpoint *ep,
				  const struct ipos_packet *packet)
{
	return after(packet->seq, ep->snd_wl1) ||
	       (packet->seq == ep->snd_wl1 && packet->window > ep->window);
}

/**
 * ipos_unattached_heard() - remember what a segment says beside its data
 * @ep: the endpoint
 * @packet: acceptable
 * @opt: its options
 *
 * Our own segments echo what RFC 7323 calls TS.Recent: of the latest segment
 * that began at or before what was acknowledged. Who gets the endpoint gets
 * it as it was when the first one was held: it sees all of them anew, and those
 * that came before the latest would fail PAWS there, though they were
 * acknowledged and the client will never send them again. Its own TS.Recent
 * grows by them.
 */
void ipos_unattached_heard(struct ipos_endpoint *ep,
			   const struct ipos_packet *packet,
			   const struct tcp_options_received *opt)
{
	if (ipos_unattached_opens_window(ep, packet)) {
		ep->snd_wl1 = packet->seq;
		ep->window = packet->window;
	}
	if (opt->saw_tstamp && !after(packet->seq, ep->rcv_nxt) &&
	    (!ep->ts_echo || !before(opt->rcv_tsval, ep->ts_echo)))
		ep->ts_echo = opt->rcv_tsval;
	if (skb_queue_empty(&ep->hold.list)) {
		ep->ts_recent = ep->ts_echo;
		ep->ts_recent_at = jiffies;
	}
}

static u16 flags(const struct ipos_endpoint *ep)
{
	return IPOS_TCB_UNATTACHED |
	       (ep->timestamps ? IPOS_TCB_TIMESTAMPS : 0) |
	       (ep->sack ? IPOS_TCB_SACK : 0) |
	       (ep->wscale ? IPOS_TCB_WSCALE : 0) |
	       (ep->ecn ? IPOS_TCB_ECN : 0);
}

/**
 * ipos_unattached_rto() - the retransmission timeout (RFC 6298)
 * @ep: the endpoint
 *
 * As the kernel has it after a handshake, whose round trip it measures, too.
 *
 * Return: microseconds.
 */
u32 ipos_unattached_rto(const struct ipos_endpoint *ep)
{
	if (!ep->srtt)
		return jiffies_to_usecs(TCP_TIMEOUT_INIT);
	return ep->srtt + max(2 * ep->srtt, jiffies_to_usecs(TCP_RTO_MIN));
}

/**
 * ipos_unattached_capture() - the control block (figure 11d)
 * @ep: established
 * @conn: filled
 *
 * What an unattached endpoint never measured (congestion window, threshold)
 * stays 0: the target's own initial values.
 */
void ipos_unattached_capture(const struct ipos_endpoint *ep,
			     struct ipos_conn *conn)
{
	const struct ipos_flow *flow = ep->pending.flow;

	*conn = (struct ipos_conn){
		.server_ip = flow->key.saddr,
		.server_port = flow->key.sport,
		.tcb = {
			.version = IPOS_TCB_VERSION,
			.state = TCP_ESTABLISHED,
			.flags = flags(ep),
			.handoff_id = flow->handoff_id,
			.iss = ep->iss,
			.irs = ep->irs,
			.snd_una = ep->iss + 1,
			.snd_nxt = ep->iss + 1,
			.snd_wnd = (u32)ep->window << ep->snd_wscale,
			.snd_wl1 = ep->snd_wl1,
			.rcv_nxt = ep->rcv_nxt,
			.rcv_wnd = ep->rcv_wnd,
			.rcv_wup = ep->rcv_nxt,
			.snd_mss = ep->snd_mss,
			.adv_mss = ep->adv_mss,
			.snd_wscale = ep->snd_wscale,
			.rcv_wscale = ep->rcv_wscale,
			.ttl = ep->ttl,
			.tos = ep->tos,
			.ts_recent = ep->ts_recent,
			.ts_recent_age =
				jiffies_to_msecs(jiffies - ep->ts_recent_at),
			.tsval = ep->timestamps ? now_ms() + ep->ts_offset : 0,
			.srtt = ep->srtt,
			.rttvar = ep->srtt / 2,
			.rto = ipos_unattached_rto(ep),
			.window_clamp = (u32)U16_MAX << ep->rcv_wscale,
			.rcvq_len = ep->rcv_nxt - ep->irs - 1,
		},
	};
}
