// SPDX-License-Identifier: GPL-2.0
/*
 * A reservation: the child, hashed and silent; its request, for the accept
 * queue; the listener; and the ACK that will complete the handshake, made
 * beforehand so that commit cannot run out of memory.
 */
#include <linux/slab.h>
#include <net/inet_connection_sock.h>
#include <net/request_sock.h>
#include <net/tcp.h>
#include "endpoint/attach.h"
#include "endpoint/child.h"
#include "endpoint/deliver.h"
#include "endpoint/inject.h"
#include "endpoint/socket.h"

/**
 * struct ipos_attach - a reservation
 * @listener: the listening socket, referenced
 * @child: the connection's socket, referenced
 * @req: its connection request; the accept queue's from commit on
 * @ack: completes the handshake
 * @tcb: what the connection was built from
 */
struct ipos_attach {
	struct sock		*listener;
	struct sock		*child;
	struct request_sock	*req;
	struct sk_buff		*ack;
	struct ipos_tcb		tcb;
};

/*
 * Only what a socket can be born with: nothing was sent, the peer's FIN is
 * still to come, and the client was promised no less than it sent.
 */
static bool is_possible(const struct ipos_tcb *tcb)
{
	const u32 window = tcb->rcv_wup + tcb->rcv_wnd - ipos_inject_start(tcb);

	return ipos_tcb_sane(tcb) && tcb->flags & IPOS_TCB_UNATTACHED &&
	       !(tcb->flags & IPOS_TCB_PEER_FIN) && window >= tcb->rcvq_len;
}

static int find_listener(struct ipos_attach *attach, struct net *net,
			 const struct ipos_key *key, __be32 listen_ip,
			 __be16 listen_port, int ifindex)
{
	struct sock *listener;

	listener = ipos_socket_listener(net, key, listen_ip, listen_port,
					ifindex, attach->ack,
					tcp_hdrlen(attach->ack));
	if (!listener || !refcount_inc_not_zero(&listener->sk_refcnt))
		return -ENOENT;
	attach->listener = listener;
	return sk_acceptq_is_full(listener) ? -ENOBUFS : 0;
}

/* Whatever it fails at, discard() undoes the rest. */
static int build(struct ipos_attach *attach, struct net *net,
		 const struct ipos_key *key, __be32 listen_ip,
		 __be16 listen_port, struct net_device *dev)
{
	struct dst_entry *dst = ipos_deliver_dst(net);
	struct sock *child;
	int err;

	if (!dst)
		return -ENOMEM;
	attach->ack = ipos_inject_ack(key, &attach->tcb, dev, dst);
	if (!attach->ack)
		return -ENOMEM;
	err = find_listener(attach, net, key, listen_ip, listen_port,
			    dev->ifindex);
	if (!err)
		err = ipos_socket_evict(net, key);
	if (err)
		return err;
	child = ipos_child_create(attach->listener, key, &attach->tcb,
				  attach->ack, &attach->req);
	if (IS_ERR(child))
		return PTR_ERR(child);
	attach->child = child;
	/* It waits for commit, maybe longer than the device lives. */
	attach->ack->dev = NULL;
	return 0;
}

/* What of a reservation is left when the child is gone or was never there. */
static void discard(struct ipos_attach *attach)
{
	kfree_skb(attach->ack);
	if (attach->req)
		reqsk_put(attach->req);
	if (attach->listener)
		sock_put(attach->listener);
	kfree(attach);
}

/**
 * ipos_attach_reserve() - build the socket of a connection, silently
 * @net: network namespace
 * @key: the connection's 4-tuple
 * @listen_ip: where the application is looked for after @key's own address
 * @listen_port: the port it listens on
 * @tcb: the connection's control block
 * @dev: the device the client's packets come from
 * @attachp: the reservation, if it succeeds
 *
 * The accept queue has no place reserved: it must not be full now, but a
 * commit is taken even if it has filled up since.
 *
 * Context: softirq, or process with bottom halves off.
 * Return: 0, or -ENOENT no listener, -ENOBUFS its accept queue is full,
 * -ENOMEM, -EEXIST a live socket has this 4-tuple, -ENETUNREACH no route back
 * to the client, -EINVAL a control block that cannot be.
 */
int ipos_attach_reserve(struct net *net, const struct ipos_key *key,
			__be32 listen_ip, __be16 listen_port,
			const struct ipos_tcb *tcb, struct net_device *dev,
			struct ipos_attach **attachp)
{
	struct ipos_attach *attach;
	int err;

	if (!is_possible(tcb))
		return -EINVAL;
	attach = kzalloc(sizeof(*attach), GFP_ATOMIC);
	if (!attach)
		return -ENOMEM;
	attach->tcb = *tcb;
	rcu_read_lock();
	err = build(attach, net, key, listen_ip, listen_port, dev);
	rcu_read_unlock();
	if (err) {
		discard(attach);
		return err;
	}
	*attachp = attach;
	return 0;
}

/**
 * ipos_attach_listening() - whether a reservation can still be committed
 * @attach: the reservation
 *
 * Context: any.
 * Return: false once the listener was closed.
 */
bool ipos_attach_listening(const struct ipos_attach *attach)
{
	return inet_sk_state_load(attach->listener) == TCP_LISTEN;
}

/*
 * Into the accept queue, where accept() may take it at once and then waits
 * for the child's lock. False: the child is destroyed.
 */
static bool enqueue(struct ipos_attach *attach)
{
	struct sock *child = attach->child;
	struct sk_buff *ack = attach->ack;

	/* An ICMP error or `ss -K` may have closed it since. */
	if (child->sk_state == TCP_CLOSE || !ipos_attach_listening(attach)) {
		attach->ack = NULL;
		ipos_child_destroy(child, ack);
		return false;
	}
	return inet_csk_reqsk_queue_add(attach->listener, attach->req, child);
}

/* SYN_RECV to ESTABLISHED. False: the child is closed, though queued. */
static bool establish(struct ipos_attach *attach)
{
	struct sock *child = attach->child;
	struct sk_buff *ack = attach->ack;

	attach->ack = NULL;
	ipos_inject_segment(child, ack);
	/* Whoever works on it lets it have the ACK, and all else, afterwards. */
	if (sock_owned_by_user(child))
		return true;
	if (child->sk_state == TCP_SYN_RECV) {
		WRITE_ONCE(child->sk_err, ECONNABORTED);
		tcp_done(child);
	}
	if (child->sk_state == TCP_CLOSE)
		return false;
	ipos_child_established(child, &attach->tcb);
	return true;
}

/*
 * What the client was told to have come is not acknowledged once more: it
 * would take that for a duplicate. Returns false when it was dropped.
 */
static bool give(struct ipos_attach *attach, struct sk_buff *skb,
		 struct dst_entry *dst)
{
	struct sock *child = attach->child;
	struct tcp_sock *tp = tcp_sk(child);
	bool told = before(tp->rcv_nxt, attach->tcb.rcv_nxt) &&
		    !sock_owned_by_user(child);
	bool given;

	if (told)
		inet_csk_enter_pingpong_mode(child);
	given = ipos_inject_packet(child, skb, dst);
	if (!told || child->sk_state != TCP_ESTABLISHED)
		return given;
	inet_csk_exit_pingpong_mode(child);
	if (!after(tp->rcv_nxt, attach->tcb.rcv_nxt)) {
		inet_csk_clear_xmit_timer(child, ICSK_TIME_DACK);
		tp->rcv_wnd = tcp_receive_window(tp);
		tp->rcv_wup = tp->rcv_nxt;
	}
	return given;
}

/*
 * They were accepted by who had the endpoint, perhaps acknowledged, and are in
 * order now: one sent again, later than what it comes before, must not make
 * that fail PAWS. So each is compared to what is older than all of them.
 *
 * Returns how many were dropped, beside what is left in the list.
 */
static u32 give_held(struct ipos_attach *attach, struct sk_buff_head *segments)
{
	struct dst_entry *dst = ipos_deliver_dst(sock_net(attach->child));
	struct tcp_options_received *opt = &tcp_sk(attach->child)->rx_opt;
	u32 latest = opt->ts_recent;
	struct sk_buff *skb;
	u32 dropped = 0;

	while (dst && (skb = __skb_dequeue(segments))) {
		if (!sock_owned_by_user(attach->child))
			opt->ts_recent = attach->tcb.ts_recent;
		dropped += !give(attach, skb, dst);
		if (after(opt->ts_recent, latest))
			latest = opt->ts_recent;
	}
	if (!sock_owned_by_user(attach->child))
		opt->ts_recent = latest;
	return dropped;
}

static int commit(struct ipos_attach *attach, struct sk_buff_head *segments,
		  void (*attached)(void *arg), void *arg, u32 *dropped)
{
	struct sock *listener = attach->listener;
	void (*ready)(struct sock *sk);
	bool alive;

	if (!enqueue(attach))
		return -ECONNABORTED;
	attach->req = NULL;
	alive = establish(attach);
	if (alive) {
		/* Before any segment could close it. */
		attached(arg);
		*dropped = give_held(attach, segments);
	}
	ready = READ_ONCE(listener->sk_data_ready);
	ready(listener);
	return alive ? 0 : -ECONNABORTED;
}

/**
 * ipos_attach_commit() - hand a reserved connection to the application
 * @attach: the reservation; consumed
 * @segments: client packets the application gets, see attach.h; emptied
 * @attached: called with the child's lock held and @arg, when the child is
 * ESTABLISHED and nothing can have closed it yet
 * @arg: its argument
 * @dropped: filled: how many of @segments the application will not get
 *
 * Acknowledgements may leave from here, with the caller's locks held.
 *
 * Should the listener be closed in the very moment, the stack aborts the child
 * as any other in an accept queue that goes: the client gets its reset.
 *
 * Context: softirq, or process with bottom halves off. Takes the child's
 * lock, under which the stack takes no lock of ours.
 * Return: 0, or -ECONNABORTED: the listener went away or the connection was
 * aborted meanwhile; the child is destroyed and @attached was not called.
 */
int ipos_attach_commit(struct ipos_attach *attach,
		       struct sk_buff_head *segments,
		       void (*attached)(void *arg), void *arg, u32 *dropped)
{
	struct sock *child = attach->child;
	int err;

	*dropped = 0;
	rcu_read_lock();
	bh_lock_sock(child);
	err = commit(attach, segments, attached, arg, dropped);
	bh_unlock_sock(child);
	rcu_read_unlock();
	sock_put(child);
	*dropped += skb_queue_len(segments);
	__skb_queue_purge(segments);
	discard(attach);
	return err;
}

/**
 * ipos_attach_release() - take a reservation back; no segment leaves
 * @attach: the reservation, consumed; or NULL
 *
 * Context: softirq, or process with bottom halves off. Takes the child's
 * lock.
 */
void ipos_attach_release(struct ipos_attach *attach)
{
	struct sk_buff *ack;

	if (!attach)
		return;
	ack = attach->ack;
	attach->ack = NULL;
	rcu_read_lock();
	bh_lock_sock(attach->child);
	ipos_child_destroy(attach->child, ack);
	bh_unlock_sock(attach->child);
	rcu_read_unlock();
	sock_put(attach->child);
	discard(attach);
}
