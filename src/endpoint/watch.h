/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Hears of every TCP socket that closes, or begins or ends to listen, through the kernel's own
 * inet_sock_set_state tracepoint: nothing is hung on the socket, so nothing
 * outlives the module.
 */
#ifndef IPOS_ENDPOINT_WATCH_H
#define IPOS_ENDPOINT_WATCH_H

#include "base/key.h"

struct net;
struct sock;

/**
 * struct ipos_watcher - who is told
 * @closed: a non-listening IPv4 (or v4-mapped) socket leaves any state but
 *	SYN_SENT, SYN_RECV for CLOSE
 * @listens: a socket, of any family, is about to listen: in the context of
 *	the caller of listen(), before it has its port for sure
 * @listened: it listens no more, or failed to
 *
 * They run with the socket's lock held, under RCU and with preemption off, in
 * whatever context it was: they must not sleep, nor take a lock under which any
 * socket's lock is ever taken.
 */
struct ipos_watcher {
	void (*closed)(struct net *net, const struct ipos_key *key);
	void (*listens)(struct net *net, const struct sock *sk);
	void (*listened)(struct net *net, const struct sock *sk);
};

/* One watcher per module. 0 or -ENOENT (no such tracepoint), -EBUSY. */
int ipos_watch_start(const struct ipos_watcher *told);
/* Returns when no call of the watcher is running or will come. May sleep. */
void ipos_watch_stop(void);

#endif /* IPOS_ENDPOINT_WATCH_H */
