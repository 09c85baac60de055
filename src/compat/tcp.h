/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One spelling for what kernels spell differently about TCP sockets. The
 * IPOS_HAVE_* come from the probes in Kbuild.include.
 */
#ifndef IPOS_COMPAT_TCP_H
#define IPOS_COMPAT_TCP_H

#include <net/inet_connection_sock.h>
#include <net/inet_sock.h>
#include <net/tcp.h>

/**
 * ipos_compat_syn_recv_sock() - build a listener's child, as SYN cookies do
 * @listener: the listening socket, held, not locked
 * @skb: the packet that completes the handshake
 * @req: the connection request
 * @dst: the route to the client, consumed whatever happens
 *
 * Context: bottom halves off, under RCU.
 * Return: the child in SYN_RECV, hashed, locked and referenced, or NULL.
 */
static inline struct sock *
ipos_compat_syn_recv_sock(const struct sock *listener, struct sk_buff *skb,
			  struct request_sock *req, struct dst_entry *dst)
{
	const struct inet_connection_sock_af_ops *ops;
	bool own_req;

	ops = inet_csk(listener)->icsk_af_ops;
#ifdef IPOS_HAVE_OPT_CHILD_INIT
	return ops->syn_recv_sock(listener, skb, req, dst, NULL, &own_req,
				  NULL);
#else
	return ops->syn_recv_sock(listener, skb, req, dst, NULL, &own_req);
#endif
}

/**
 * ipos_compat_set_transparent() - let a socket use a source that is not local
 * @sk: the socket
 */
static inline void ipos_compat_set_transparent(struct sock *sk)
{
#ifdef IPOS_HAVE_INET_FLAGS
	inet_set_bit(TRANSPARENT, sk);
#else
	inet_sk(sk)->transparent = 1;
#endif
}

/**
 * ipos_compat_is_transparent() - whether ipos_compat_set_transparent() was said
 * @sk: a full socket
 *
 * Return: whether it was, or the socket's process did it.
 */
static inline bool ipos_compat_is_transparent(const struct sock *sk)
{
#ifdef IPOS_HAVE_INET_FLAGS
	return inet_test_bit(TRANSPARENT, sk);
#else
	return inet_sk(sk)->transparent;
#endif
}

/**
 * ipos_compat_win_from_space() - the window that a new socket's buffer allows
 * @net: the namespace
 * @space: bytes of its receive buffer
 *
 * Return: bytes of data.
 */
static inline int ipos_compat_win_from_space(const struct net *net, int space)
{
#ifdef IPOS_HAVE_SCALING_RATIO
	return __tcp_win_from_space(TCP_DEFAULT_SCALING_RATIO, space);
#else
	int scale = READ_ONCE(net->ipv4.sysctl_tcp_adv_win_scale);

	return scale <= 0 ? space >> -scale : space - (space >> scale);
#endif
}

#endif /* IPOS_COMPAT_TCP_H */
