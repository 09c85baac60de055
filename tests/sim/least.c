// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include "least.h"

#define LEVELS	BIT(20)

/*
 * Boards in the order of what they have; begin[k] is where those with k begin.
 * One more or less is a step over one border.
 */
static u32 *order, *place, *has, *begin;
static u32 n;

void least_begin(u32 boards)
{
	u32 i;

	n = boards;
	order = calloc(n, sizeof(*order));
	place = calloc(n, sizeof(*place));
	has = calloc(n, sizeof(*has));
	begin = calloc(LEVELS, sizeof(*begin));
	if (!order || !place || !has || !begin)
		abort();
	for (i = 0; i < n; i++) {
		order[i] = i;
		place[i] = i;
	}
	for (i = 1; i < LEVELS; i++)
		begin[i] = n;
}

void least_end(void)
{
	free(order);
	free(place);
	free(has);
	free(begin);
}

static void put(u32 board, u32 at)
{
	u32 other = order[at];

	swap(order[place[board]], order[at]);
	swap(place[board], place[other]);
}

void least_more(u32 board)
{
	u32 level = ++has[board];

	if (level + 1 >= LEVELS)
		abort();
	put(board, --begin[level]);
}

void least_less(u32 board)
{
	u32 level = has[board]--;

	put(board, begin[level]++);
}

u32 least_count(void)
{
	return begin[has[order[0]] + 1];
}

u32 least_pick(u32 i)
{
	return order[i];
}
