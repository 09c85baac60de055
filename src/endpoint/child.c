// SPDX-License-Identifier: GPL-2.0
/*
 * The way of SYN cookies: a connection request is made up from what the other
 * side is known to have agreed to, and the listener makes its child from it.
 */
#include <linux/bpf.h>
#include <linux/jhash.h>
#include <linux/security.h>
#include <linux/slab.h>
#include <net/ip.h>
#include <net/request_sock.h>
#include <net/route.h>
#include <net/tcp.h>
#include "compat/tcp.h"
#include "endpoint/child.h"
#include "endpoint/deliver.h"
#include "endpoint/inject.h"

#ifdef CONFIG_TCP_MD5SIG
static struct tcp_md5sig_key *no_md5(const struct sock *sk,
				     const struct sock *addr_sk)
{
	return NULL;
}
#endif

/* Asked while the child is made, and never again: see forget_us(). */
static const struct tcp_request_sock_ops request_ops = {
#ifdef CONFIG_TCP_MD5SIG
	.req_md5_lookup	= no_md5,
#endif
};

/* The request lives on in the accept queue, maybe longer than this module. */
static void forget_us(struct request_sock *req)
{
	tcp_rsk(req)->af_specific = NULL;
}

/*
 * What the client still may send, counted from the first byte to get; it can
 * have been told no more than a header can say.
 */
static u32 receive_window(const struct ipos_tcb *tcb, u32 most)
{
	return tcb->rcv_wup + min(tcb->rcv_wnd, most) - ipos_inject_start(tcb);
}

/* From this host's clock to the one that the client has seen, in ms ticks. */
static u32 timestamp_offset(const struct ipos_tcb *tcb)
{
	return tcb->tsval - (u32)div_u64(tcp_clock_ns(), NSEC_PER_MSEC);
}

static void fill_addresses(struct request_sock *req, struct sock *listener,
			   const struct ipos_key *key, struct sk_buff *ack)
{
	struct inet_request_sock *ireq = inet_rsk(req);

	sk_rcv_saddr_set(req_to_sk(req), key->saddr);
	sk_daddr_set(req_to_sk(req), key->caddr);
	ireq->ir_num = ntohs(key->sport);
	ireq->ir_rmt_port = key->cport;
	ireq->ir_mark = inet_request_mark(listener, ack);
	ireq->ir_iif = inet_request_bound_dev_if(listener, ack);
}

static void fill_options(struct request_sock *req, const struct sock *listener,
			 const struct ipos_tcb *tcb)
{
	struct inet_request_sock *ireq = inet_rsk(req);
	u32 clamp = READ_ONCE(tcp_sk(listener)->window_clamp);
	u32 most = U16_MAX;

	if (tcb->flags & IPOS_TCB_WSCALE) {
		ireq->wscale_ok = 1;
		ireq->snd_wscale = tcb->snd_wscale;
		ireq->rcv_wscale = tcb->rcv_wscale;
		most <<= tcb->rcv_wscale;
	}
	/* Not below what setsockopt() allows. */
	if (tcb->window_clamp)
		clamp = min_not_zero(clamp, max_t(u32, tcb->window_clamp,
						  SOCK_MIN_RCVBUF / 2));
	req->rsk_window_clamp = min_not_zero(clamp, most);
	req->rsk_rcv_wnd = receive_window(tcb, most);
	req->mss = tcb->snd_mss ?: TCP_MSS_DEFAULT;
	ireq->sack_ok = !!(tcb->flags & IPOS_TCB_SACK);
	ireq->ecn_ok = !!(tcb->flags & IPOS_TCB_ECN);
	if (tcb->flags & IPOS_TCB_TIMESTAMPS) {
		ireq->tstamp_ok = 1;
		req->ts_recent = tcb->ts_recent;
		tcp_rsk(req)->ts_off = timestamp_offset(tcb);
	}
}

static struct request_sock *make_request(struct sock *listener,
					 const struct ipos_key *key,
					 const struct ipos_tcb *tcb,
					 struct sk_buff *ack)
{
	const struct request_sock_ops *ops = tcp_prot.rsk_prot;
	struct request_sock *req;

	req = inet_reqsk_alloc(ops, listener, false);
	if (!req)
		return ERR_PTR(-ENOMEM);
	/* It comes with whatever lay in memory; kernels differ in the rest. */
	memset(req + 1, 0, ops->obj_size - sizeof(*req));
	req->dl_next = NULL;
	req->syncookie = 0;
	req->ts_recent = 0;
	req->secid = 0;
	req->peer_secid = 0;
	tcp_rsk(req)->af_specific = &request_ops;
	tcp_rsk(req)->txhash = net_tx_rndhash();
	tcp_rsk(req)->rcv_isn = ipos_inject_start(tcb) - 1;
	tcp_rsk(req)->rcv_nxt = ipos_inject_start(tcb);
	tcp_rsk(req)->snt_isn = tcb->snd_una - 1;
	tcp_rsk(req)->syn_tos = tcb->tos;
	fill_addresses(req, listener, key, ack);
	fill_options(req, listener, tcb);
	if (security_inet_conn_request(listener, ack, req)) {
		reqsk_free(req);
		return ERR_PTR(-ENOENT);
	}
	return req;
}

/* The stack's own look-up for a child would refuse a source not local. */
static struct dst_entry *route(const struct sock *listener,
			       struct request_sock *req, struct flowi4 *fl4)
{
	const struct inet_request_sock *ireq = inet_rsk(req);
	struct rtable *rt;

	flowi4_init_output(fl4, ireq->ir_iif, ireq->ir_mark,
			   ip_sock_rt_tos(listener), ip_sock_rt_scope(listener),
			   IPPROTO_TCP,
			   inet_sk_flowi_flags(listener) | FLOWI_FLAG_ANYSRC,
			   ireq->ir_rmt_addr, ireq->ir_loc_addr,
			   ireq->ir_rmt_port, htons(ireq->ir_num),
			   listener->sk_uid);
	security_req_classify_flow(req, flowi4_to_flowi_common(fl4));
	rt = ip_route_output_key(sock_net(listener), fl4);
	if (IS_ERR(rt))
		return NULL;
	if (rt->rt_type != RTN_UNICAST && rt->rt_type != RTN_LOCAL) {
		ip_rt_put(rt);
		return NULL;
	}
	return &rt->dst;
}

/* A choice of the route, of the listening program or of the host is not ours. */
static bool names_congestion_control(const struct sock *listener,
				     const struct dst_entry *dst,
				     const char *name)
{
	const struct net *net = sock_net(listener);
	const struct tcp_congestion_ops *usual;

	usual = rcu_dereference(net->ipv4.tcp_congestion_control);
	return name[0] && strcmp(name, usual->name) &&
	       !inet_csk(listener)->icsk_ca_setsockopt &&
	       !dst_metric(dst, RTAX_CC_ALGO);
}

/*
 * tcp_set_congestion_control() is not exported and setsockopt() sleeps; a
 * route may name the algorithm, too, and that way is open: by its key. So the
 * child is made with such a copy of the route, and keeps the true one, for a
 * copy would never hear that the path's MTU has become smaller.
 *
 * Returns the copy, or another reference to the route.
 */
static struct dst_entry *congestion_route(const struct sock *listener,
					  struct dst_entry *dst,
					  const struct ipos_tcb *tcb)
{
	char name[TCP_CA_NAME_MAX] = {};
	struct dst_metrics *metrics;
	struct rtable *copy;

	BUILD_BUG_ON(TCP_CA_NAME_MAX < IPOS_CONGESTION_LEN);
	memcpy(name, tcb->congestion, IPOS_CONGESTION_LEN);
	name[sizeof(name) - 1] = '\0';
	if (!names_congestion_control(listener, dst, name))
		return dst_clone(dst);
	metrics = kmalloc(sizeof(*metrics), GFP_ATOMIC);
	copy = rt_dst_clone(dst->dev, (struct rtable *)dst);
	if (!metrics || !copy) {
		kfree(metrics);
		dst_release(copy ? &copy->dst : NULL);
		return dst_clone(dst);
	}
	memcpy(metrics->metrics, DST_METRICS_PTR(dst), sizeof(metrics->metrics));
	metrics->metrics[RTAX_CC_ALGO - 1] = jhash(name, sizeof(name),
						   strlen(name));
	/* This adds the copy's reference, which will be the only one. */
	refcount_set(&metrics->refcnt, 1);
	ip_dst_init_metrics(&copy->dst, metrics);
	refcount_dec(&metrics->refcnt);
	return &copy->dst;
}

/* Written in BPF, it is counted in a way that modules cannot. */
static bool is_bpf(const struct tcp_congestion_ops *ca)
{
#ifdef BPF_MODULE_OWNER
	return ca->owner == BPF_MODULE_OWNER;
#else
	return false;
#endif
}

/*
 * What a program without privileges may not choose, another board may not. The
 * child has not begun to work with it yet.
 */
static void refuse_restricted(struct sock *child)
{
	const struct net *net = sock_net(child);
	const struct tcp_congestion_ops *usual, *named;

	usual = rcu_dereference(net->ipv4.tcp_congestion_control);
	named = inet_csk(child)->icsk_ca_ops;
	if (named == usual || named->flags & TCP_CONG_NON_RESTRICTED ||
	    is_bpf(named) || is_bpf(usual) || !try_module_get(usual->owner))
		return;
	WRITE_ONCE(inet_csk(child)->icsk_ca_ops, usual);
	module_put(named->owner);
}

/* Stored so long ago, but not before the clock began: 0 is none. */
static void age_timestamp(struct tcp_sock *tp, u32 age_ms)
{
	int age = age_ms / MSEC_PER_SEC;

	tp->rx_opt.ts_recent_stamp = max(tp->rx_opt.ts_recent_stamp - age, 1);
}

/*
 * Consumes the route. The child comes locked, as the stack hands it out, which
 * sparse cannot see.
 */
static struct sock *make_child(struct sock *listener, struct request_sock *req,
			       struct sk_buff *ack, struct dst_entry *dst,
			       const struct ipos_tcb *tcb)
{
	struct dst_entry *first = congestion_route(listener, dst, tcb);
	struct sock *child;

	child = ipos_compat_syn_recv_sock(listener, ack, req, first);
	if (child && first != dst) {
		refuse_restricted(child);
		sk_setup_caps(child, dst);
	} else {
		dst_release(dst);
	}
	return child;
}

/* RFC 6298's estimators in the kernel's units: SRTT times 8, RTTVAR times 4. */
static void set_rtt(struct sock *child, const struct ipos_tcb *tcb)
{
	const u32 most = jiffies_to_usecs(TCP_RTO_MAX);
	struct tcp_sock *tp = tcp_sk(child);
	u32 rto;

	if (!tcb->srtt)
		return;
	tp->srtt_us = max(min(tcb->srtt, most) << 3, 1U);
	tp->mdev_us = min(tcb->rttvar, most) << 2;
	tp->rttvar_us = max(tp->mdev_us, tcp_rto_min_us(child));
	tp->mdev_max_us = tp->rttvar_us;
	tp->rtt_seq = tp->snd_nxt;
	rto = tcb->rto ? usecs_to_jiffies(min(tcb->rto, most)) :
			 __tcp_set_rto(tp);
	inet_csk(child)->icsk_rto = clamp_t(u32, rto, TCP_RTO_MIN, TCP_RTO_MAX);
}

static void set_parameters(struct sock *child, const struct ipos_tcb *tcb,
			   const struct flowi4 *fl4)
{
	struct tcp_sock *tp = tcp_sk(child);

	ipos_compat_set_transparent(child);
	/* ip_queue_xmit() takes the addresses from here. */
	inet_sk(child)->cork.fl.u.ip4 = *fl4;
	if (tcb->adv_mss)
		tp->advmss = min(tp->advmss, tcb->adv_mss);
	if (tcb->flags & IPOS_TCB_TIMESTAMPS)
		age_timestamp(tp, tcb->ts_recent_age);
	set_rtt(child, tcb);
	/* The listener's SO_KEEPALIVE has started it: no probe may leave yet. */
	inet_csk_delete_keepalive_timer(child);
}

/* The stack tells only that it made no child. */
static int why_none(struct sock *listener, const struct ipos_key *key)
{
	if (inet_sk_state_load(listener) != TCP_LISTEN)
		return -ENOENT;
	if (sk_acceptq_is_full(listener))
		return -ENOBUFS;
	if (ipos_socket_find(sock_net(listener), key) != IPOS_SOCKET_NONE)
		return -EEXIST;
	return -ENOMEM;
}

/**
 * ipos_child_create() - build the socket of a connection
 * @listener: the listening socket, held
 * @key: the connection's 4-tuple
 * @tcb: its control block
 * @ack: the handshake's ACK, from ipos_inject_ack(); stays the caller's
 * @reqp: the connection request, for the accept queue
 *
 * The child has the client's port even where the listener has another one. It
 * is hashed in SYN_RECV, with no timer running.
 *
 * Context: bottom halves off, under RCU.
 * Return: the child, unlocked and referenced, or -ENOMEM, -EEXIST, -ENOBUFS,
 * -ENETUNREACH, -ENOENT (the listener left, or security forbids it).
 */
struct sock *ipos_child_create(struct sock *listener,
			       const struct ipos_key *key,
			       const struct ipos_tcb *tcb,
			       struct sk_buff *ack, struct request_sock **reqp)
{
	struct request_sock *req;
	struct dst_entry *dst;
	struct sock *child;
	struct flowi4 fl4;

	req = make_request(listener, key, tcb, ack);
	if (IS_ERR(req))
		return ERR_CAST(req);
	dst = route(listener, req, &fl4);
	if (!dst) {
		reqsk_free(req);
		return ERR_PTR(-ENETUNREACH);
	}
	child = make_child(listener, req, ack, dst, tcb);
	if (!child) {
		reqsk_free(req);
		return ERR_PTR(why_none(listener, key));
	}
	__acquire(&child->sk_lock.slock);
	forget_us(req);
	refcount_set(&req->rsk_refcnt, 1);
	set_parameters(child, tcb, &fl4);
	bh_unlock_sock(child);
	*reqp = req;
	return child;
}

/**
 * ipos_child_established() - what the stack resets when a child is born
 * @child: the child, ESTABLISHED or beyond, locked
 * @tcb: its control block
 *
 * An unattached endpoint has sent nothing: the kernel's initial window and
 * threshold are right for it.
 *
 * Context: bottom halves off.
 */
void ipos_child_established(struct sock *child, const struct ipos_tcb *tcb)
{
	struct tcp_sock *tp = tcp_sk(child);

	if (!(tcb->flags & IPOS_TCB_UNATTACHED)) {
		if (tcb->cwnd)
			tcp_snd_cwnd_set(tp, min(tcb->cwnd, tp->snd_cwnd_clamp));
		if (tcb->ssthresh)
			tp->snd_ssthresh = tcb->ssthresh;
	}
	if (sock_flag(child, SOCK_KEEPOPEN))
		inet_csk_reset_keepalive_timer(child, keepalive_time_when(tp));
}

/**
 * ipos_child_destroy() - end a child that no process has, without a segment
 * @child: the child, locked; the caller's reference stays
 * @ack: the handshake's ACK; consumed
 *
 * Where process context works on the socket (`ss -K`, a BPF iterator) the
 * stack itself destroys it afterwards, upon a reset.
 *
 * Context: bottom halves off, under RCU.
 */
void ipos_child_destroy(struct sock *child, struct sk_buff *ack)
{
	sock_orphan(child);
	this_cpu_inc(*child->sk_prot->orphan_count);
	if (sock_owned_by_user(child) && child->sk_state != TCP_CLOSE) {
		ipos_inject_make_reset(ack);
		ipos_inject_segment(child, ack);
		return;
	}
	tcp_done(child);
	kfree_skb(ack);
}
