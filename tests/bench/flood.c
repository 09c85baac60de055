// SPDX-License-Identifier: GPL-2.0
/*
 * flood DEVICE FRAMES BATCHES: sends frames in turn, over and over, and tells
 * what one costs this machine in instructions, everything that happens to it on
 * the way included: with one CPU the packet's whole way lies within the system call
 * that sends it. Only where the time stamp counter counts instructions.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <string.h>
#include <x86intrin.h>
#include "send.h"

#define MAX	1000

static int compare(const void *a, const void *b)
{
	__u64 x = *(const __u64 *)a, y = *(const __u64 *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	static __u64 cost[MAX];
	struct mmsghdr batch[BATCH];
	int fd, i, n, batches, count, next = 0;
	struct iovec *frames;
	__u64 start;

	if (argc != 4)
		errx(2, "flood DEVICE FRAMES BATCHES");
	fd = open_device(argv[1]);
	frames = read_frames(argv[2], &count);
	batches = atoi(argv[3]);
	if (batches < 1 || batches > MAX)
		errx(2, "batches: 1 to %d", MAX);
	/* The first batch touches what the others find at hand. */
	for (n = -1; n < batches; n++) {
		next = fill_batch(batch, frames, count, next);
		start = __rdtsc();
		i = sendmmsg(fd, batch, BATCH, 0);
		if (n >= 0)
			cost[n] = __rdtsc() - start;
		if (i != BATCH)
			err(1, "sent %d of %d", i, BATCH);
	}
	/* The median: a timer's tick falls into every sixth batch or so. */
	qsort(cost, batches, sizeof(*cost), compare);
	printf("%d %.2f\n", (batches + 1) * BATCH,
	       (double)cost[batches / 2] / BATCH);
	return 0;
}
