/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Hears of every TCP socket that closes, through the kernel's own
 * inet_sock_set_state tracepoint: nothing is hung on the socket, so nothing
 * outlives the module.
 */
#ifndef IPOS_ENDPOINT_WATCH_H
#define IPOS_ENDPOINT_WATCH_H

#include "base/key.h"

struct net;

/*
 * @closed runs with the socket's lock held and preemption off, in whatever
 * context the socket closed: it must not take a lock under which any socket
 * lock is ever taken. It is called for a non-listening IPv4 (or v4-mapped)
 * socket that leaves any state but SYN_SENT, SYN_RECV for CLOSE.
 * One watcher per module. 0 or -ENOENT (no such tracepoint), -EBUSY.
 */
int ipos_watch_start(void (*closed)(struct net *net,
				    const struct ipos_key *key));
/* Returns when no call of @closed is running or will come. May sleep. */
void ipos_watch_stop(void);

#endif /* IPOS_ENDPOINT_WATCH_H */
