// SPDX-License-Identifier: GPL-2.0
/*
 * What this host's stack knows about a 4-tuple.
 */
#include <linux/inetdevice.h>
#include <net/inet_hashtables.h>
#include <net/inet_timewait_sock.h>
#include <net/tcp.h>
#include "compat/tcp.h"
#include "endpoint/deliver.h"
#include "endpoint/socket.h"

static bool matches(const struct sock *sk, const struct net *net,
		    __addrpair addrs, __portpair ports)
{
	return sk->sk_portpair == ports && sk->sk_addrpair == addrs &&
	       net_eq(sock_net(sk), net);
}

/*
 * The socket, request socket or TIME_WAIT that has a 4-tuple, to be given to
 * sock_gen_put(). Unlike __inet_lookup_established() this also finds sockets
 * that are bound to a device: a packet may come by the fabric or by the
 * client's link, and no two connections of a client share the 4-tuple.
 */
static struct sock *get_socket(struct net *net, const struct ipos_key *key)
{
	INET_ADDR_COOKIE(addrs, key->caddr, key->saddr);
	struct inet_hashinfo *hashinfo = net->ipv4.tcp_death_row.hashinfo;
	const u16 port = ntohs(key->sport);
	const __portpair ports = INET_COMBINED_PORTS(key->cport, port);
	const u32 hash = inet_ehashfn(net, key->saddr, port, key->caddr,
				      key->cport);
	const u32 slot = hash & hashinfo->ehash_mask;
	struct hlist_nulls_node *node;
	struct sock *sk;

again:
	sk_nulls_for_each_rcu(sk, node, &hashinfo->ehash[slot].chain) {
		if (sk->sk_hash != hash || !matches(sk, net, addrs, ports))
			continue;
		if (!refcount_inc_not_zero(&sk->sk_refcnt))
			continue;
		/* The memory may be another connection's by now. */
		if (matches(sk, net, addrs, ports))
			return sk;
		sock_gen_put(sk);
		goto again;
	}
	/* Led astray into another chain by such a reuse. */
	if (get_nulls_value(node) != slot)
		goto again;
	return NULL;
}

/**
 * ipos_socket_find() - what this host's stack has under a 4-tuple
 * @net: network namespace
 * @key: the 4-tuple
 *
 * A reservation's own child counts as live, too.
 *
 * Context: any.
 * Return: what was found.
 */
enum ipos_socket ipos_socket_find(struct net *net, const struct ipos_key *key)
{
	enum ipos_socket found = IPOS_SOCKET_NONE;
	struct sock *sk;

	rcu_read_lock();
	sk = get_socket(net, key);
	if (sk) {
		found = inet_sk_state_load(sk) == TCP_TIME_WAIT ?
			IPOS_SOCKET_TIME_WAIT : IPOS_SOCKET_LIVE;
		sock_gen_put(sk);
	}
	rcu_read_unlock();
	return found;
}

/* RFC 6191: later by its sequence number, or by its clock. */
static bool is_renewed_by(const struct tcp_timewait_sock *tw, u32 seq,
			  const struct tcp_options_received *opt)
{
	s32 later = opt->saw_tstamp && tw->tw_ts_recent_stamp ?
		    (s32)(opt->rcv_tsval - tw->tw_ts_recent) : 0;

	return !(later < 0 && tw->tw_ts_recent) &&
	       (later > 0 || after(seq, tw->tw_rcv_nxt));
}

/* The stack answers: an old duplicate by an ACK, any before the client's FIN. */
static bool keeps(struct net *net, struct sock *sk, const struct sk_buff *skb)
{
	const struct tcphdr *th = tcp_hdr(skb);
	struct tcp_options_received opt = {};

	tcp_parse_options(net, skb, &opt, 0, NULL);
	return th->ack || th->rst ||
	       inet_twsk(sk)->tw_substate == TCP_FIN_WAIT2 ||
	       !is_renewed_by(tcp_twsk(sk), ntohl(th->seq), &opt);
}

/**
 * ipos_socket_hears() - whether a socket of this host is to get a segment
 * @net: network namespace
 * @key: the 4-tuple
 * @skb: the segment, transport header set and in one piece
 *
 * A TIME_WAIT must still hear the client, but makes way for a SYN that begins
 * a new connection: that is no listener's before the connection is placed.
 *
 * Context: any.
 * Return: see there.
 */
bool ipos_socket_hears(struct net *net, const struct ipos_key *key,
		       const struct sk_buff *skb)
{
	bool hears = false;
	struct sock *sk;

	rcu_read_lock();
	sk = get_socket(net, key);
	if (sk) {
		hears = inet_sk_state_load(sk) != TCP_TIME_WAIT ||
			!tcp_hdr(skb)->syn || keeps(net, sk, skb);
		sock_gen_put(sk);
	}
	rcu_read_unlock();
	return hears;
}

/**
 * ipos_socket_give() - have a packet found by its socket on the way up
 * @net: network namespace
 * @key: the 4-tuple
 * @skb: a segment of it, about to be handed to ip_rcv()
 *
 * What the stack's early demultiplexing does, before ip_rcv(): as when a BPF
 * program has assigned the socket, the stack asks no second time. The packet
 * has a reference; nothing in it is ours.
 *
 * Context: any, under RCU.
 * Return: whether there is a live socket; request sockets and TIME_WAITs are
 * for the stack to find.
 */
bool ipos_socket_give(struct net *net, const struct ipos_key *key,
		      struct sk_buff *skb)
{
	struct sock *sk = get_socket(net, key);

	if (!sk)
		return false;
	/* Of one that once was a listener nobody would give the reference back. */
	if (!sk_fullsock(sk) || !sk_is_refcounted(sk)) {
		sock_gen_put(sk);
		return false;
	}
	skb_orphan(skb);
	skb->sk = sk;
	skb->destructor = sock_pfree;
	return true;
}

/**
 * ipos_socket_has() - whether a packet has found its connection's socket
 * @skb: on its way up
 *
 * Context: any.
 * Return: whether it was looked up already, by ipos_socket_give() or by the
 * stack, and a connection has it.
 */
bool ipos_socket_has(const struct sk_buff *skb)
{
	const struct sock *sk = skb->sk;

	return sk && sk_fullsock(sk) && sk->sk_protocol == IPPROTO_TCP &&
	       inet_sk_state_load(sk) != TCP_LISTEN;
}

/**
 * ipos_socket_inode() - the number by which people name a socket
 * @net: network namespace
 * @key: the 4-tuple
 *
 * Context: any.
 * Return: the inode number as `ss -e` shows it; 0 when there is no socket or
 * no process has it yet, or any more.
 */
unsigned long ipos_socket_inode(struct net *net, const struct ipos_key *key)
{
	unsigned long inode = 0;
	struct sock *sk;

	rcu_read_lock();
	sk = get_socket(net, key);
	if (sk) {
		if (sk_fullsock(sk))
			inode = sock_i_ino(sk);
		sock_gen_put(sk);
	}
	rcu_read_unlock();
	return inode;
}

/**
 * ipos_socket_evict() - make room for a connection
 * @net: network namespace
 * @key: its 4-tuple
 *
 * A TIME_WAIT of the same 4-tuple would make the kernel refuse the child; the
 * client has begun a new connection, so it has no use for the old one's end.
 *
 * Context: bottom halves off, under RCU.
 * Return: 0, or -EEXIST if a live socket has the 4-tuple.
 */
int ipos_socket_evict(struct net *net, const struct ipos_key *key)
{
	struct sock *sk = get_socket(net, key);

	if (!sk)
		return 0;
	if (inet_sk_state_load(sk) == TCP_TIME_WAIT) {
		inet_twsk_deschedule_put(inet_twsk(sk));
		return 0;
	}
	sock_gen_put(sk);
	return -EEXIST;
}

/*
 * A listener with a key for this client hears what is signed alone. The look-up
 * of keys is not exported by every kernel. A key of one VRF counts for all.
 */
static bool wants_signature(const struct sock *listener, __be32 caddr)
{
#ifdef CONFIG_TCP_MD5SIG
	const struct tcp_md5sig_info *info;
	const struct tcp_md5sig_key *key;

	info = rcu_dereference(tcp_sk(listener)->md5sig_info);
	if (likely(!info))
		return false;
	hlist_for_each_entry_rcu(key, &info->head, node)
		if (key->family == AF_INET &&
		    !((key->addr.a4.s_addr ^ caddr) &
		      inet_make_mask(key->prefixlen)))
			return true;
#endif
	return false;
}

/**
 * ipos_socket_listener() - the listener that takes a connection
 * @net: network namespace
 * @key: the connection's 4-tuple
 * @listen_ip: where the application is looked for after @key's own address
 * @listen_port: the port it listens on
 * @ifindex: the device the client's packets come from
 * @skb: the client's packet for the programs that choose among sockets (BPF),
 * data at the TCP header; or NULL
 * @doff: length of its TCP header, bytes
 *
 * One that wants the client's segments signed (TCP_MD5SIG) is none: what is
 * signed is left to the stack (ipos_packet_is_signed()).
 *
 * Context: any, under RCU.
 * Return: the listener, valid under RCU, or NULL.
 */
struct sock *ipos_socket_listener(struct net *net, const struct ipos_key *key,
				  __be32 listen_ip, __be16 listen_port,
				  int ifindex, struct sk_buff *skb, int doff)
{
	struct inet_hashinfo *hashinfo = net->ipv4.tcp_death_row.hashinfo;
	const u16 port = ntohs(listen_port);
	struct sock *sk;

	sk = __inet_lookup_listener(net, hashinfo, skb, doff, key->caddr,
				    key->cport, key->saddr, port, ifindex, 0);
	if (!sk && listen_ip != key->saddr)
		sk = __inet_lookup_listener(net, hashinfo, skb, doff,
					    key->caddr, key->cport, listen_ip,
					    port, ifindex, 0);
	if (!sk || inet_sk_state_load(sk) != TCP_LISTEN ||
	    wants_signature(sk, key->caddr))
		return NULL;
	return sk;
}

/**
 * ipos_socket_listens() - whether a connection would find a listener
 * @net: network namespace
 * @key: the connection's 4-tuple
 * @listen_ip: where the application is looked for after @key's own address
 * @listen_port: the port it listens on
 * @ifindex: the device the client's packets come from
 *
 * Context: any, under RCU.
 * Return: whether there is one.
 */
bool ipos_socket_listens(struct net *net, const struct ipos_key *key,
			 __be32 listen_ip, __be16 listen_port, int ifindex)
{
	return ipos_socket_listener(net, key, listen_ip, listen_port, ifindex,
				    NULL, 0);
}

/**
 * ipos_socket_abort() - end a connection at once, with a RST to its client
 * @net: network namespace
 * @key: the 4-tuple
 * @is_it: called with @arg when the socket was found and cannot have been
 * replaced since: whether it still is the one meant
 * @arg: its argument
 *
 * The RST bears the socket's own SND.NXT, so the client believes it. Whoever
 * has the socket open is told of ECONNABORTED.
 *
 * Context: process.
 * Return: whether there was one.
 */
bool ipos_socket_abort(struct net *net, const struct ipos_key *key,
		       bool (*is_it)(const void *arg), const void *arg)
{
	bool aborted = false;
	struct sock *sk;

	rcu_read_lock();
	sk = get_socket(net, key);
	rcu_read_unlock();
	if (!sk)
		return false;
	if (sk_fullsock(sk) && is_it(arg))
		aborted = !tcp_abort(sk, ECONNABORTED);
	sock_gen_put(sk);
	return aborted;
}

/**
 * ipos_socket_begins() - whether a packet may be of the first that a socket of
 * ours sends
 * @skb: a packet of this host's, on its way out
 * @bytes: how far the beginning reaches
 *
 * Cheap, since it is asked of all packets. All sockets of attached endpoints
 * are transparent.
 *
 * Context: any.
 * Return: whether its socket may be one, and no more has been acknowledged.
 */
bool ipos_socket_begins(const struct sk_buff *skb, u32 bytes)
{
	const struct sock *sk = skb->sk;

	return sk && sk_fullsock(sk) && sk->sk_protocol == IPPROTO_TCP &&
	       ipos_compat_is_transparent(sk) &&
	       tcp_sk(sk)->bytes_acked <= bytes;
}
