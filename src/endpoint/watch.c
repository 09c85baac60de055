// SPDX-License-Identifier: GPL-2.0
/*
 * The tracepoint's own symbol is not exported: it is found by its name.
 */
#include <linux/string.h>
#include <linux/tracepoint.h>
#include <net/inet_sock.h>
#include <net/ipv6.h>
#include <trace/events/sock.h>
#include "endpoint/watch.h"

static struct tracepoint *point;
static const struct ipos_watcher *watcher;

static bool is_ipv4(const struct sock *sk)
{
	if (sk->sk_family == AF_INET)
		return true;
#if IS_ENABLED(CONFIG_IPV6)
	if (sk->sk_family == AF_INET6)
		return ipv6_addr_v4mapped(&sk->sk_v6_daddr);
#endif
	return false;
}

static void listener(const struct sock *sk, const int newstate)
{
	if (newstate == TCP_LISTEN)
		watcher->listens(sock_net(sk), sk);
	else
		watcher->listened(sock_net(sk), sk);
}

/* By the time it is called, a socket that closes has lost its inet_num. */
static void state_changed(void *data, const struct sock *sk,
			  const int oldstate, const int newstate)
{
	const int ignored = TCPF_CLOSE | TCPF_SYN_SENT | TCPF_SYN_RECV |
			    TCPF_NEW_SYN_RECV;
	const struct inet_sock *inet = inet_sk(sk);
	struct ipos_key key;

	if (newstate == TCP_LISTEN || oldstate == TCP_LISTEN) {
		if (sk->sk_protocol == IPPROTO_TCP)
			listener(sk, newstate);
		return;
	}
	if (newstate != TCP_CLOSE || ((1 << oldstate) & ignored) ||
	    sk->sk_protocol != IPPROTO_TCP || !is_ipv4(sk))
		return;
	key = ipos_key_init(IPOS_PROTO_TCP, inet->inet_daddr, inet->inet_dport,
			    inet->inet_saddr, inet->inet_sport);
	watcher->closed(sock_net(sk), &key);
}

static void find(struct tracepoint *tp, void *priv)
{
	struct tracepoint **found = priv;

	if (!strcmp(tp->name, "inet_sock_set_state"))
		*found = tp;
}

/**
 * ipos_watch_start() - begin to hear of TCP sockets
 * @told: whom to tell
 *
 * Context: process.
 * Return: 0, -EBUSY if there is a watcher already, -ENOENT if the kernel has
 * no such tracepoint, or what tracepoint_probe_register() says.
 */
int ipos_watch_start(const struct ipos_watcher *told)
{
	struct tracepoint *found = NULL;
	int err;

	if (point)
		return -EBUSY;
	check_trace_callback_type_inet_sock_set_state(state_changed);
	for_each_kernel_tracepoint(find, &found);
	if (!found)
		return -ENOENT;
	watcher = told;
	err = tracepoint_probe_register(found, state_changed, NULL);
	if (err)
		return err;
	point = found;
	return 0;
}

/**
 * ipos_watch_stop() - end ipos_watch_start()
 *
 * Context: process, may sleep. No call of the watcher is running or will come
 * when it returns. Harmless when nothing was started.
 */
void ipos_watch_stop(void)
{
	if (!point)
		return;
	tracepoint_probe_unregister(point, state_changed, NULL);
	tracepoint_synchronize_unregister();
	point = NULL;
}
