// SPDX-License-Identifier: GPL-2.0
#include "engine/select.h"

static bool chosen(const struct ipos_endpoint *ep, __be32 ip)
{
	u8 i;

	for (i = 0; i < ep->n_candidates; i++)
		if (ep->candidates[i] == ip)
			return true;
	return false;
}

/**
 * ipos_candidate_add() - put a board at the end of the list, once
 * @ep: the endpoint
 * @ip: Server IP, network byte order, or IPOS_HERE
 *
 * Return: false when the list is full.
 */
bool ipos_candidate_add(struct ipos_endpoint *ep, __be32 ip)
{
	if (chosen(ep, ip))
		return true;
	if (ep->n_candidates == IPOS_CANDIDATES)
		return false;
	ep->candidates[ep->n_candidates++] = ip;
	return true;
}

static u32 load(const struct ipos_server *server)
{
	return READ_ONCE(server->told.connections) + atomic_read(&server->handoffs);
}

static struct ipos_server *least(struct ipos_engine *engine,
				 const struct ipos_endpoint *ep, u32 below)
{
	struct ipos_server *server, *best = NULL;

	list_for_each_entry_rcu(server, &engine->servers.list, list) {
		if (!ipos_server_usable(server) || load(server) >= below ||
		    chosen(ep, server->ip))
			continue;
		if (!best || load(server) < load(best))
			best = server;
	}
	return best;
}

/**
 * ipos_candidate_add_servers() - other boards, least connections first
 * @engine: the namespace
 * @ep: the endpoint
 * @below: only those with fewer connections than this
 *
 * Counted are the connections a board told of and the hand-offs it holds of
 * ours. RCU held.
 */
void ipos_candidate_add_servers(struct ipos_engine *engine,
				struct ipos_endpoint *ep, u32 below)
{
	struct ipos_server *server;

	while ((server = least(engine, ep, below)))
		if (!ipos_candidate_add(ep, server->ip))
			break;
}

/**
 * ipos_candidate_here_load() - connections attached to this board
 * @engine: the namespace
 *
 * Return: those in the Local Table.
 */
u32 ipos_candidate_here_load(struct ipos_engine *engine)
{
	return ipos_bound_count(&engine->flows.bound[IPOS_FLOW_LOCAL]);
}
