// SPDX-License-Identifier: GPL-2.0
#include <linux/bitops.h>
#include <linux/jhash.h>
#include "engine/policy.h"

#define FRACTION	24

/* 32 less the binary logarithm of @x, which is not 0; 2^FRACTION is 1. */
static u32 distance(u32 x)
{
	u32 whole = fls(x) - 1, fraction = 0;
	u64 y = (u64)x << (31 - whole);	/* 2^31 is 1: from 1 to below 2 */
	int i;

	for (i = 0; i < FRACTION; i++) {
		y = (y * y) >> 31;
		fraction <<= 1;
		if (y >> 32) {
			y >>= 1;
			fraction |= 1;
		}
	}
	return (32U << FRACTION) - (whole << FRACTION) - fraction;
}

/*
 * Every board of the cluster must come to the same: nothing goes into it but
 * the client, the board and its weight.
 */
static void weigh(const struct ipos_choice *choice,
		  const struct ipos_view *view, struct ipos_pick *pick)
{
	u32 client = ntohl(choice->ep->pending.flow->key.caddr);
	u32 hash = jhash_2words(client, ntohl(view->ip), 0);

	pick->cost = distance(hash ?: 1);
}

/*
 * Rendezvous hashing: a client's board is the one whose hash with it is
 * greatest. With -log(hash)/weight instead of the hash, shares are as the
 * weights are. A board that comes or goes moves its own share and no other.
 */
static void order(const struct ipos_choice *choice)
{
	ipos_choice_best(choice, weigh);
}

const struct ipos_policy_ops ipos_policy_hash = {
	.counter = IPOS_N_policy_hash, .order = order,
};
