// SPDX-License-Identifier: GPL-2.0
#include <linux/sched.h>
#include <net/inet_hashtables.h>
#include <net/ipv6.h>
#include <net/tcp.h>
#include "compat/udp.h"
#include "host/socket.h"

/* What an IPv4 client can reach; false: nothing. */
static bool find_address(const struct sock *sk, __be32 *addr)
{
	*addr = inet_sk(sk)->inet_rcv_saddr;
	if (sk->sk_family == AF_INET)
		return true;
#if IS_ENABLED(CONFIG_IPV6)
	if (sk->sk_family == AF_INET6 && !ipv6_only_sock(sk)) {
		if (ipv6_addr_v4mapped(&sk->sk_v6_rcv_saddr))
			return true;
		*addr = 0;
		return ipv6_addr_any(&sk->sk_v6_rcv_saddr);
	}
#endif
	return false;
}

/*
 * A UDP socket has no state that says so: one that is connected to nobody, and
 * whose port a program asked for, waits for whoever comes.
 */
static bool is_waiting(const struct sock *sk)
{
	if (sk->sk_protocol == IPPROTO_TCP)
		return READ_ONCE(sk->sk_state) == TCP_LISTEN;
	return READ_ONCE(sk->sk_state) != TCP_ESTABLISHED &&
	       sk->sk_userlocks & SOCK_BINDPORT_LOCK;
}

static u8 protocol_of(const struct sock *sk)
{
	if (sk->sk_type == SOCK_STREAM && sk->sk_protocol == IPPROTO_TCP)
		return IPOS_PROTO_TCP;
	if (sk->sk_type == SOCK_DGRAM && sk->sk_protocol == IPPROTO_UDP)
		return IPOS_PROTO_UDP;
	return 0;
}

/**
 * ipos_listener_at() - what a socket would listen on
 * @sk: any socket, not locked
 * @what: gets protocol, address and port, and no process
 *
 * Any context.
 *
 * Return: false when it is bound to nothing, or to what no IPv4 client reaches.
 */
bool ipos_listener_at(const struct sock *sk, struct ipos_listener *what)
{
	*what = (struct ipos_listener){};
	if (sk->sk_family != AF_INET && sk->sk_family != AF_INET6)
		return false;
	what->proto = protocol_of(sk);
	if (!what->proto || !find_address(sk, &what->addr))
		return false;
	/* A socket that closes has lost its inet_num already. */
	what->port = READ_ONCE(inet_sk(sk)->inet_sport);
	return what->port;
}

/**
 * ipos_listener_of() - what a socket listens on
 * @sk: any socket, not locked
 * @what: gets protocol, address and port, and no process
 *
 * Any context.
 *
 * Return: false when it does not listen, or for no IPv4 client.
 */
bool ipos_listener_of(const struct sock *sk, struct ipos_listener *what)
{
	return ipos_listener_at(sk, what) && is_waiting(sk);
}

/**
 * ipos_listener_owner() - whose it is
 * @what: gets process id and name
 * @task: a thread of the process, held or current
 *
 * Any context but an interrupt's.
 */
void ipos_listener_owner(struct ipos_listener *what, struct task_struct *task)
{
	what->pid = task_tgid_nr(task);
	get_task_comm(what->name, task->group_leader);
}

static void visit(const struct net *net, struct sock *sk, ipos_socket_t fn,
		  void *arg)
{
	struct ipos_listener what;

	if (net_eq(sock_net(sk), net) && ipos_listener_of(sk, &what))
		fn(sk, &what, arg);
}

/**
 * ipos_sockets_tcp() - visit the TCP listeners of a namespace
 * @net: the namespace
 * @fn: called with each, under a lock of the stack's; must not sleep
 * @arg: handed to @fn
 *
 * Process context; sleeps in between.
 */
void ipos_sockets_tcp(struct net *net, ipos_socket_t fn, void *arg)
{
	struct inet_hashinfo *hashinfo = net->ipv4.tcp_death_row.hashinfo;
	struct inet_listen_hashbucket *bucket;
	struct hlist_nulls_node *node;
	struct sock *sk;
	u32 i;

	for (i = 0; i <= hashinfo->lhash2_mask; i++) {
		bucket = &hashinfo->lhash2[i];
		if (hlist_nulls_empty(&bucket->nulls_head))
			continue;
		spin_lock(&bucket->lock);
		sk_nulls_for_each(sk, node, &bucket->nulls_head)
			visit(net, sk, fn, arg);
		spin_unlock(&bucket->lock);
		cond_resched();
	}
}

/**
 * ipos_sockets_udp() - visit the UDP sockets of a namespace that wait
 * @net: the namespace
 * @fn: called with each, under a lock of the stack's; must not sleep
 * @arg: handed to @fn
 *
 * Process context; sleeps in between.
 */
void ipos_sockets_udp(struct net *net, ipos_socket_t fn, void *arg)
{
	struct udp_table *table = ipos_compat_udp_table(net);
	struct udp_hslot *slot;
	struct sock *sk;
	u32 i;

	for (i = 0; i <= table->mask; i++) {
		slot = &table->hash[i];
		if (hlist_empty(&slot->head))
			continue;
		spin_lock_bh(&slot->lock);
		sk_for_each(sk, &slot->head)
			visit(net, sk, fn, arg);
		spin_unlock_bh(&slot->lock);
		cond_resched();
	}
}
