/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The two ways to choose: the better one of two boards taken at random, and
 * the best one of all. Both leave a few more for when that one refuses. RCU
 * held, softirq or bottom halves off.
 */
#ifndef IPOS_ENGINE_CHOICE_H
#define IPOS_ENGINE_CHOICE_H

#include "engine/candidate.h"

/* How many boards of a decision become candidates. */
#define IPOS_PICKS	8

/**
 * struct ipos_pick - a board and what it would cost to choose it
 * @server: its row; NULL: this board
 * @ip: its Server IP
 * @weight: its weight
 * @cost: less is better, in any unit; divided by the weight afterwards
 * @live: the same without what is as old as the last advertisement; decides
 *	between boards whose @cost hardly differs
 */
struct ipos_pick {
	struct ipos_server	*server;
	__be32			ip;
	u32			weight;
	u64			cost;
	u64			live;
};

/* Fills cost and live, below 2^32, of a board. */
typedef void (*ipos_weigh_fn)(const struct ipos_choice *choice,
			      const struct ipos_view *view,
			      struct ipos_pick *pick);

void ipos_choice_two(const struct ipos_choice *choice, ipos_weigh_fn weigh,
		     u32 slack);
void ipos_choice_best(const struct ipos_choice *choice, ipos_weigh_fn weigh);

#endif /* IPOS_ENGINE_CHOICE_H */
