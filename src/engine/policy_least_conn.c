// SPDX-License-Identifier: GPL-2.0
#include "engine/policy.h"

static void weigh(const struct ipos_choice *choice,
		  const struct ipos_view *view, struct ipos_pick *pick)
{
	pick->cost = ipos_view_now(READ_ONCE(view->state->connections), view);
	pick->live = pick->cost;
}

/* Whoever of two has fewer connections. */
static void order(const struct ipos_choice *choice)
{
	ipos_choice_two(choice, weigh, 0);
}

const struct ipos_policy_ops ipos_policy_least_conn = {
	.counter = IPOS_N_policy_least_conn, .order = order,
};
