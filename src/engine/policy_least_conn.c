// SPDX-License-Identifier: GPL-2.0
#include "engine/select.h"

/* Whoever has fewest connections; this board where it is a tie. */
static void order(struct ipos_engine *engine, struct ipos_endpoint *ep)
{
	ipos_candidate_add_servers(engine, ep,
				   ipos_candidate_here_load(engine));
	ipos_candidate_add(ep, IPOS_HERE);
	ipos_candidate_add_servers(engine, ep, U32_MAX);
}

const struct ipos_policy_ops ipos_policy_least_conn = { .order = order };
