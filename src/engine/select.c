// SPDX-License-Identifier: GPL-2.0
#include <linux/random.h>
#include "engine/select.h"

static const struct ipos_policy_ops *const policies[] = {
	[IPOS_POLICY_LOCAL_FIRST] = &ipos_policy_local_first,
	[IPOS_POLICY_LEAST_CONN]  = &ipos_policy_least_conn,
};

static bool is_usable(struct ipos_engine *engine, __be32 ip)
{
	struct ipos_server *server = ipos_server_peek(&engine->servers, ip);

	return server && ipos_server_usable(server);
}

/* A URL's servers are equals: begin anywhere. */
static bool by_url(struct ipos_engine *engine, struct ipos_endpoint *ep)
{
	__be32 own = READ_ONCE(engine->settings.server_ip);
	__be32 servers[IPOS_URL_SERVERS];
	unsigned int n, i, start;

	n = ipos_url_lookup(&engine->urls, ep->http.host, ep->http.path,
			    servers);
	if (!n)
		return false;
	start = get_random_u32() % n;
	for (i = 0; i < n; i++) {
		__be32 ip = servers[(start + i) % n];

		if (ip == own)
			ipos_candidate_add(ep, IPOS_HERE);
		else if (is_usable(engine, ip))
			ipos_candidate_add(ep, ip);
	}
	return ep->n_candidates;
}

static void leave_out_here(struct ipos_endpoint *ep)
{
	u8 i, n = 0;

	for (i = 0; i < ep->n_candidates; i++)
		if (ep->candidates[i] != IPOS_HERE)
			ep->candidates[n++] = ep->candidates[i];
	ep->n_candidates = n;
}

/**
 * ipos_select() - list the boards an endpoint is offered to
 * @ep: flow lock and RCU held
 * @found: the inspector knows the request's host and path
 */
void ipos_select(struct ipos_endpoint *ep, bool found)
{
	struct ipos_engine *engine = ep->pending.engine;

	if (found && by_url(engine, ep))
		ipos_count(engine->counters, url_hit);
	else
		ipos_count(engine->counters, policy_hit);
	policies[ep->service->policy]->order(engine, ep);
	if (READ_ONCE(engine->settings.draining))
		leave_out_here(ep);

	/* At last itself, and for that one place is always left. */
	if (!ipos_candidate_add(ep, IPOS_HERE))
		ep->candidates[IPOS_CANDIDATES - 1] = IPOS_HERE;
}
