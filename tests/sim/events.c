// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include "events.h"

/* A heap: each is before the two at 2i + 1 and 2i + 2. */
static struct event *heap;
static size_t n, room;
static u64 number;

void events_begin(void)
{
	n = 0;
	room = 0;
	number = 0;
	heap = NULL;
}

void events_end(void)
{
	free(heap);
}

static bool before(const struct event *a, const struct event *b)
{
	return a->at != b->at ? a->at < b->at : a->number < b->number;
}

void events_add_for(u64 at, u32 what, u32 board, u32 request)
{
	const struct event event = {
		.at = at, .number = number++, .what = what, .board = board,
		.request = request,
	};
	size_t i = n++;

	if (n > room) {
		room = room * 2 + 64;
		heap = realloc(heap, room * sizeof(*heap));
		if (!heap)
			abort();
	}
	for (; i && before(&event, &heap[(i - 1) / 2]); i = (i - 1) / 2)
		heap[i] = heap[(i - 1) / 2];
	heap[i] = event;
}

bool events_next(u64 until, struct event *event)
{
	const struct event *last;
	size_t i = 0, next;

	if (!n || heap[0].at > until)
		return false;
	*event = heap[0];
	last = &heap[--n];
	for (next = 1; next < n; next = 2 * i + 1) {
		if (next + 1 < n && before(&heap[next + 1], &heap[next]))
			next++;
		if (!before(&heap[next], last))
			break;
		heap[i] = heap[next];
		i = next;
	}
	heap[i] = *last;
	return true;
}
