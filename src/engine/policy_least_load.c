// SPDX-License-Identifier: GPL-2.0
#include <linux/math64.h>
#include <linux/time64.h>
#include "engine/policy.h"

/* Utilization is in per mille. What a request in flight adds to it: */
#define REQUEST		10
/* and a thousandth of a second in the accept queue: */
#define MILLISECOND	1
/* Samples of boards that do the same differ by so much. */
#define SLACK		100

struct mean {
	u64 sum;
	u32 weights;
};

static void mean_add(struct mean *mean, u32 weight, u64 used)
{
	mean->sum += min_t(u64, used, 1000) * weight;
	mean->weights += weight;
}

/* Per mille of a total that are used; both in one unit, total not 0. */
static u32 used(u64 available, u64 total)
{
	return 1000 - div64_u64(min(available, total) * 1000, total);
}

/* Weighted; what a board does not tell the total of does not count. */
static u32 utilization(const struct ipos_settings *settings,
		       const struct ipos_state *state)
{
	u64 bandwidth = (u64)READ_ONCE(state->bandwidth_total) * 1000;
	u64 memory = (u64)READ_ONCE(state->memory_total) << 10;
	struct mean mean = { };

	mean_add(&mean, READ_ONCE(settings->load_cpu), READ_ONCE(state->cpu));
	if (memory)
		mean_add(&mean, READ_ONCE(settings->load_memory),
			 used(READ_ONCE(state->memory), memory));
	if (bandwidth)
		mean_add(&mean, READ_ONCE(settings->load_bandwidth),
			 used(READ_ONCE(state->bandwidth), bandwidth));
	return mean.weights ? div_u64(mean.sum, mean.weights) : 0;
}

static void weigh(const struct ipos_choice *choice,
		  const struct ipos_view *view, struct ipos_pick *pick)
{
	const struct ipos_state *state = view->state;
	u64 requests = ipos_view_now(READ_ONCE(state->in_flight), view);

	pick->live = requests * REQUEST + READ_ONCE(state->accept_us) /
					  USEC_PER_MSEC * MILLISECOND;
	pick->cost = pick->live +
		     utilization(&choice->engine->settings, state);
}

/* Whoever of two has less to do. */
static void order(const struct ipos_choice *choice)
{
	ipos_choice_two(choice, weigh, SLACK);
}

const struct ipos_policy_ops ipos_policy_least_load = {
	.counter = IPOS_N_policy_least_load, .order = order,
};
