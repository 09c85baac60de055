// SPDX-License-Identifier: GPL-2.0
#include "engine/policy.h"

static bool has_room_here(const struct ipos_engine *engine)
{
	return ipos_bound_count(&engine->flows.bound[IPOS_FLOW_LOCAL]) <
	       READ_ONCE(engine->settings.load_threshold);
}

/*
 * Stays here while this board is under the load threshold, else the one with
 * fewer connections of two others. Boards that a URL names are equals.
 */
static void order(const struct ipos_choice *choice)
{
	struct ipos_choice others = *choice;

	if (!choice->named) {
		if (has_room_here(choice->engine) &&
		    ipos_candidate_here(choice)) {
			ipos_candidate_add(choice->ep, IPOS_HERE);
			return;
		}
		others.here = false;
	}
	ipos_policy_least_conn.order(&others);
}

const struct ipos_policy_ops ipos_policy_local_first = {
	.counter = IPOS_N_policy_local_first, .order = order,
};
