// SPDX-License-Identifier: GPL-2.0
#include <linux/math64.h>
#include <linux/random.h>
#include "engine/choice.h"

/* A cost of 1 at the ordinary weight. */
#define UNIT	100
/* What a turn of a board with the ordinary weight counts, and of others. */
#define TURN	(IPOS_WEIGHT_MAX * UNIT)
/* How many turns a board may be behind and still make up for them. */
#define BEHIND	(16LL * TURN / IPOS_WEIGHT)

struct picks {
	const struct ipos_choice *choice;
	ipos_weigh_fn weigh;
	u64 slack;
	unsigned int n;
	unsigned int seen;
	struct ipos_pick pick[IPOS_PICKS];
};

static struct ipos_pick weighed(const struct picks *picks,
				const struct ipos_view *view)
{
	struct ipos_pick pick = {
		.server = view->server, .ip = view->ip, .weight = view->weight,
	};

	picks->weigh(picks->choice, view, &pick);
	pick.cost = div_u64(pick.cost * IPOS_WEIGHT * UNIT, pick.weight);
	pick.live = div_u64(pick.live * IPOS_WEIGHT * UNIT, pick.weight);
	return pick;
}

static u32 below(u32 n)
{
	return ((u64)get_random_u32() * n) >> 32;
}

/* Each subset of the boards seen so far is as likely as any other. */
static void sample(const struct ipos_view *view, void *arg)
{
	struct picks *picks = arg;
	u32 i = picks->n;

	picks->seen++;
	if (picks->n < IPOS_PICKS)
		picks->n++;
	else
		i = below(picks->seen);
	if (i < IPOS_PICKS)
		picks->pick[i] = weighed(picks, view);
}

static void draw(struct picks *picks, unsigned int place)
{
	unsigned int i = place + below(picks->n - place);

	swap(picks->pick[place], picks->pick[i]);
}

static atomic64_t *turn_of(const struct picks *picks,
			   const struct ipos_pick *pick)
{
	return pick->server ? &pick->server->turn :
			      &picks->choice->engine->turn_here;
}

/* Of equals, whoever had his turn less recently. */
static bool is_better(const struct picks *picks, const struct ipos_pick *a,
		      const struct ipos_pick *b)
{
	u64 apart = a->cost > b->cost ? a->cost - b->cost : b->cost - a->cost;

	if (apart > picks->slack)
		return a->cost < b->cost;
	if (a->live != b->live)
		return a->live < b->live;
	return atomic64_read(turn_of(picks, a)) <
	       atomic64_read(turn_of(picks, b));
}

/*
 * A turn takes the longer the less a board weighs, so turns are shared by
 * weight. Who comes back, or is new, does not make up for all that it missed.
 */
static void take_turn(struct picks *picks)
{
	struct ipos_engine *engine = picks->choice->engine;
	const struct ipos_pick *pick = &picks->pick[0];
	atomic64_t *turn = turn_of(picks, pick);
	s64 now = atomic64_read(&engine->turn);
	s64 begin = max_t(s64, atomic64_read(turn), now - BEHIND);

	atomic64_set(turn, begin + TURN / pick->weight);
	if (begin > now)
		atomic64_set(&engine->turn, begin);
}

static void sort(struct picks *picks, unsigned int from)
{
	unsigned int i, j;

	for (i = from + 1; i < picks->n; i++)
		for (j = i; j > from && is_better(picks, &picks->pick[j],
						  &picks->pick[j - 1]); j--)
			swap(picks->pick[j], picks->pick[j - 1]);
}

static void add_all(const struct picks *picks)
{
	unsigned int i;

	for (i = 0; i < picks->n; i++)
		ipos_candidate_add(picks->choice->ep,
				   picks->pick[i].server ? picks->pick[i].ip :
							   IPOS_HERE);
}

/**
 * ipos_choice_two() - the better one of two boards taken at random
 * @choice: the decision; gets the candidates
 * @weigh: what each board costs
 * @slack: costs that differ by no more say nothing
 *
 * What is known of other boards is old. The best of all would be everybody's
 * choice until the next advertisement; of two at random, it is not.
 */
void ipos_choice_two(const struct ipos_choice *choice, ipos_weigh_fn weigh,
		     u32 slack)
{
	struct picks picks = {
		.choice = choice, .weigh = weigh, .slack = (u64)slack * UNIT,
	};

	ipos_candidate_some(choice, sample, &picks);
	if (!picks.n)
		return;
	draw(&picks, 0);
	if (picks.n > 1) {
		draw(&picks, 1);
		if (is_better(&picks, &picks.pick[1], &picks.pick[0]))
			swap(picks.pick[0], picks.pick[1]);
		sort(&picks, 2);
	}
	take_turn(&picks);
	add_all(&picks);
}

static bool ranks_before(const struct ipos_pick *a, const struct ipos_pick *b)
{
	if (a->cost != b->cost)
		return a->cost < b->cost;
	return ntohl(a->ip) < ntohl(b->ip);
}

/* Keeps the best ones, in order. */
static void rank(const struct ipos_view *view, void *arg)
{
	struct picks *picks = arg;
	struct ipos_pick pick = weighed(picks, view);
	unsigned int i = picks->n;

	if (picks->n < IPOS_PICKS)
		picks->n++;
	else if (!ranks_before(&pick, &picks->pick[--i]))
		return;
	for (; i && ranks_before(&pick, &picks->pick[i - 1]); i--)
		picks->pick[i] = picks->pick[i - 1];
	picks->pick[i] = pick;
}

/**
 * ipos_choice_best() - the best board of all, the next best, and so on
 * @choice: the decision; gets the candidates
 * @weigh: what each board costs
 */
void ipos_choice_best(const struct ipos_choice *choice, ipos_weigh_fn weigh)
{
	struct picks picks = { .choice = choice, .weigh = weigh };

	ipos_candidate_each(choice, rank, &picks);
	add_all(&picks);
}
