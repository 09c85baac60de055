// SPDX-License-Identifier: GPL-2.0
#include "endpoint/deliver.h"
#include "engine/here.h"
#include "engine/served.h"
#include "link/segment.h"

/**
 * ipos_here_reserve() - build a socket on a listener of this board
 * @engine: the namespace
 * @key: the connection, as the client sees it
 * @port: where the application listens, network byte order
 * @tcb: the connection's state
 * @dev: where its packets arrive
 * @attachp: filled
 *
 * The listener may be bound to the address the client uses, to the Server IP,
 * or to the address this board itself has towards the client. Softirq or
 * bottom halves off, RCU held.
 *
 * Return: as ipos_attach_reserve().
 */
int ipos_here_reserve(struct ipos_engine *engine, const struct ipos_key *key,
		      __be16 port, const struct ipos_tcb *tcb,
		      struct net_device *dev, struct ipos_attach **attachp)
{
	__be32 own = READ_ONCE(engine->settings.server_ip);
	int err;

	err = ipos_attach_reserve(engine->net, key, own, port, tcb, dev,
				  attachp);
	if (err != -ENOENT)
		return err;
	own = ipos_segment_source(engine->net, key->caddr);
	if (!own)
		return err;
	return ipos_attach_reserve(engine->net, key, own, port, tcb, dev,
				   attachp);
}

/**
 * ipos_here_listens() - whether there is a listener for ipos_here_reserve()
 * @engine: the namespace
 * @key: the connection, as the client sees it
 * @port: where the application listens, network byte order
 * @ifindex: of the device the client's packets arrive at
 *
 * Of a UDP flow: whether a program hears it. RCU held, any context.
 *
 * Return: whether there is; its accept queue may be full.
 */
bool ipos_here_listens(struct ipos_engine *engine, const struct ipos_key *key,
		       __be16 port, int ifindex)
{
	__be32 own = READ_ONCE(engine->settings.server_ip);

	if (key->proto == IPOS_PROTO_UDP)
		return ipos_served_listens(engine, key, port, ifindex);
	if (ipos_socket_listens(engine->net, key, own, port, ifindex))
		return true;
	own = ipos_segment_source(engine->net, key->caddr);
	return own && ipos_socket_listens(engine->net, key, own, port, ifindex);
}

/**
 * ipos_here_refused() - counts why nothing of this board takes an endpoint
 * @engine: the namespace
 * @err: of ipos_here_reserve(), whose control block is sane, or of
 *	ipos_served_find()
 *
 * Any context.
 */
void ipos_here_refused(struct ipos_engine *engine, int err)
{
	switch (err) {
	case -ENOENT:
		ipos_count(engine->counters, here_no_listener);
		break;
	case -ENOBUFS:
		ipos_count(engine->counters, here_queue_full);
		break;
	case -EEXIST:
		ipos_count(engine->counters, here_exists);
		break;
	case -ENETUNREACH:
		ipos_count(engine->counters, here_no_route);
		break;
	default:
		ipos_count(engine->counters, here_no_memory);
	}
}
