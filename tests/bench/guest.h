/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a guest of tests/vm -I has worked: its time stamp counter counts
 * instructions, and nanoseconds; what it was idle is taken off.
 */
#ifndef BENCH_GUEST_H
#define BENCH_GUEST_H

#include <err.h>
#include <linux/types.h>
#include <stdio.h>
#include <x86intrin.h>

/* Of the one CPU, since its start: to the nanosecond, unlike /proc/stat. */
static inline __u64 guest_idle(void)
{
	FILE *file = fopen("/proc/timer_list", "r");
	unsigned long long idle;
	char line[256];

	if (!file)
		err(1, "/proc/timer_list");
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, " .idle_sleeptime : %llu", &idle) == 1) {
			fclose(file);
			return idle;
		}
	errx(1, "/proc/timer_list: no idle time");
}

#endif
