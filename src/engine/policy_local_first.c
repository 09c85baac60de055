// SPDX-License-Identifier: GPL-2.0
#include "engine/select.h"

/* Stays here while this board is under the load threshold. */
static void order(struct ipos_engine *engine, struct ipos_endpoint *ep)
{
	if (ipos_candidate_here_load(engine) <
	    READ_ONCE(engine->settings.load_threshold))
		ipos_candidate_add(ep, IPOS_HERE);
	ipos_candidate_add_servers(engine, ep, U32_MAX);
}

const struct ipos_policy_ops ipos_policy_local_first = { .order = order };
