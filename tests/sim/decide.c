// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include "engine/policy.h"
#include "engine/select.h"
#include "chance.h"
#include "inside.h"
#include "least.h"

struct claim *sim_claim_of(struct board *origin, u32 target)
{
	struct claim *claim = origin->claims;
	u32 i;

	for (i = 0; i < origin->n_claims; i++, claim++)
		if (claim->target == target)
			return claim;
	if (origin->n_claims == origin->room) {
		origin->room = origin->room * 2 + 16;
		origin->claims = realloc(origin->claims, origin->room *
					 sizeof(*origin->claims));
		if (!origin->claims)
			abort();
	}
	claim = &origin->claims[origin->n_claims++];
	*claim = (struct claim){
		.target = target,
		.snapshot = sim.rows[target]->heard.snapshot,
	};
	return claim;
}

/* The tables become those of this board. */
static void put_in(struct board *origin)
{
	struct ipos_engine *view = &sim.view;
	struct ipos_server *row;
	struct claim *claim;
	u32 i;

	for (i = 0; i < origin->n_claims; i++) {
		claim = &origin->claims[i];
		row = sim.rows[claim->target];
		/* Heard since: it counts what it has got by then. */
		if (claim->snapshot != row->heard.snapshot) {
			claim->snapshot = row->heard.snapshot;
			claim->then = claim->handoffs;
		}
		atomic_set(&row->handoffs, claim->handoffs);
		row->handoffs_then = claim->then;
		atomic64_set(&row->turn, claim->turn);
	}
	/* A board has no row of itself. */
	sim.rows[origin - sim.boards]->leaving = true;
	view->settings = origin->engine.settings;
	view->state = origin->engine.state;
	view->turn = origin->engine.turn;
	view->turn_here = origin->engine.turn_here;
	atomic_set(&view->flows.bound[IPOS_FLOW_LOCAL].count, sim_load_of(origin));
}

static void take_out(struct board *origin)
{
	const struct ipos_endpoint *ep = &sim.ep;
	struct ipos_server *row;
	u32 i;

	for (i = 0; i < ep->n_candidates; i++)
		if (ep->candidates[i] != IPOS_HERE &&
		    atomic64_read(&sim.rows[sim_board_of(ep->candidates[i])]->turn))
			sim_claim_of(origin, sim_board_of(ep->candidates[i]));
	for (i = 0; i < origin->n_claims; i++) {
		row = sim.rows[origin->claims[i].target];
		origin->claims[i].turn = atomic64_read(&row->turn);
		atomic_set(&row->handoffs, 0);
		row->handoffs_then = 0;
		atomic64_set(&row->turn, 0);
	}
	sim.rows[origin - sim.boards]->leaving = false;
	origin->engine.turn = sim.view.turn;
	origin->engine.turn_here = sim.view.turn_here;
}

static void weigh(const struct ipos_choice *choice,
		  const struct ipos_view *view, struct ipos_pick *pick)
{
	pick->cost = ipos_view_now(view->state->connections, view);
}

static void renew_endpoint(void)
{
	struct ipos_endpoint *ep = &sim.ep;

	ep->n_candidates = 0;
	ep->next = 0;
	ep->exhausted = false;
	ep->searched = false;
	ep->asks = false;
	sim.flow.key = ipos_key_init(IPOS_PROTO_TCP, get_random_u32(), 1, 1,
				     SIM_PORT);
}

static void choose(u8 policy)
{
	const struct ipos_choice choice = {
		.engine = &sim.view, .ep = &sim.ep, .here = true,
	};

	renew_endpoint();
	sim.service.policy = policy;
	if (policy == SIM_BEST)
		ipos_choice_best(&choice, weigh);
	else
		ipos_select(&sim.ep, false);
}

/* The first candidate that lives: offers to others are not answered. */
static u32 by_module(struct board *origin)
{
	struct ipos_endpoint *ep = &sim.ep;
	u32 at, found = SIM_NOBODY;

	put_in(origin);
	choose(sim.opt.policy);
	while (found == SIM_NOBODY &&
	       (ep->next < ep->n_candidates || ipos_select_more(ep))) {
		at = ep->candidates[ep->next] == IPOS_HERE ?
			     origin - sim.boards :
			     sim_board_of(ep->candidates[ep->next]);
		ep->next++;
		if (!sim.boards[at].dead)
			found = at;
	}
	take_out(origin);
	return found;
}

u32 sim_decide(struct board *origin)
{
	switch (sim.opt.policy) {
	case SIM_RANDOM:
		return chance_below(sim.opt.boards);
	case SIM_ROUND_ROBIN:
		return origin->turn++ % sim.opt.boards;
	case SIM_ORACLE:
		return least_pick(chance_below(least_count()));
	default:
		return by_module(origin);
	}
}

double cluster_cost(u8 policy, u32 times)
{
	struct board *origin = &sim.boards[0];
	double begun;
	u32 i;

	put_in(origin);
	begun = sim_cpu_ns();
	for (i = 0; i < times; i++)
		choose(policy);
	begun = sim_cpu_ns() - begun;
	take_out(origin);
	return begun / times;
}
