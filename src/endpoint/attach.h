/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Turn a control block into an accepted connection of an ordinary listener.
 *
 * Two steps, so that a board can promise before it commits: reserve builds
 * the whole child socket but keeps it out of the accept queue, silent towards
 * the client; commit makes it ESTABLISHED, hands it the bytes that arrived so
 * far and queues it for accept(). Release takes a reservation back without a
 * sound. "Here" and "there" use the same calls.
 *
 * All of it runs in softirq, or in process context with bottom halves off.
 */
#ifndef IPOS_ENDPOINT_ATTACH_H
#define IPOS_ENDPOINT_ATTACH_H

#include <linux/skbuff.h>
#include "base/key.h"
#include "wire/wire.h"

struct ipos_attach;
struct net;
struct net_device;

/*
 * reserve(): 0, or -ENOENT no listener, -ENOBUFS its accept queue is full,
 * -ENOMEM, -EEXIST a live socket has this 4-tuple, -ENETUNREACH no route back
 * to the client, -EINVAL a control block that cannot be.
 *
 * @listen_ip and @listen_port: where the application is looked for after the
 * address the client used (key->saddr, same @listen_port).
 * @dev: the device the client's packets come from, for the listener look-up
 * (a socket bound to a device) and as input interface.
 */
int ipos_attach_reserve(struct net *net, const struct ipos_key *key,
			__be32 listen_ip, __be16 listen_port,
			const struct ipos_tcb *tcb, struct net_device *dev,
			struct ipos_attach **attachp);

/* False once the listener was closed: the reservation cannot be committed. */
bool ipos_attach_listening(const struct ipos_attach *attach);

/*
 * commit(): consumes @attach and every skb of @segments whatever happens.
 *
 * @segments: client packets (skb->data at the IP header, checksum verified or
 * CHECKSUM_UNNECESSARY, in sequence order, no SYN, no RST) that the child gets
 * before it can be accepted: the receive queue, and what was held beyond it.
 * @attached: called with the child's lock held, when it is ESTABLISHED and in
 * the queue but nobody can have closed it yet: here the flow becomes Local.
 * @dropped: how many of @segments the application will not get.
 *
 * 0, or -ECONNABORTED: the listener went away, the child is destroyed.
 */
int ipos_attach_commit(struct ipos_attach *attach,
		       struct sk_buff_head *segments,
		       void (*attached)(void *arg), void *arg, u32 *dropped);

/* Destroys the child; no segment leaves. NULL is fine. */
void ipos_attach_release(struct ipos_attach *attach);

#endif /* IPOS_ENDPOINT_ATTACH_H */
