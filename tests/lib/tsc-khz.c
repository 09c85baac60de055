// SPDX-License-Identifier: GPL-2.0
/*
 * Prints how often this machine's time stamp counter counts in a millisecond.
 * The emulator passes the counter on; a guest that measures its speed itself
 * gets it wrong on a busy host, and its clock then runs many times too fast.
 */
#include <stdio.h>
#include <time.h>
#include <x86intrin.h>

struct moment {
	unsigned long long tsc;
	long long ns;
};

/* Both clocks at once: the closest of some tries, for we may be interrupted. */
static struct moment now(void)
{
	struct moment best = { 0, 0 };
	unsigned long long width = -1ULL;

	for (int n = 0; n < 100; n++) {
		struct timespec t;
		unsigned long long before = __rdtsc(), after;

		clock_gettime(CLOCK_MONOTONIC, &t);
		after = __rdtsc();
		if (after - before >= width)
			continue;
		width = after - before;
		best.tsc = before + width / 2;
		best.ns = t.tv_sec * 1000000000LL + t.tv_nsec;
	}
	return best;
}

int main(void)
{
	struct timespec wait = { 0, 50000000 };
	struct moment first = now(), last;

	nanosleep(&wait, NULL);
	last = now();
	printf("%.0f\n", (double)(last.tsc - first.tsc) * 1000000 / (last.ns - first.ns));
	return 0;
}
