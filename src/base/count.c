// SPDX-License-Identifier: GPL-2.0
#include "base/count.h"

static const struct {
	const char *name;
	const char *text;
} counter[IPOS_N_MAX] = {
#define IPOS_COUNTER_TEXT(n, t) [IPOS_N_##n] = { #n, t },
	IPOS_COUNTERS(IPOS_COUNTER_TEXT)
#undef IPOS_COUNTER_TEXT
};

/**
 * ipos_count_name() - the word under which a counter is shown
 * @i: the counter, below IPOS_N_MAX
 *
 * Return: a constant string. Any context.
 */
const char *ipos_count_name(enum ipos_counter i)
{
	return counter[i].name;
}

/**
 * ipos_count_text() - what a counter counts, as a sentence
 * @i: the counter, below IPOS_N_MAX
 *
 * Return: a constant string. Any context.
 */
const char *ipos_count_text(enum ipos_counter i)
{
	return counter[i].text;
}

/**
 * ipos_count_sum() - one counter over all CPUs
 * @counters: the namespace's counters
 * @i: the counter, below IPOS_N_MAX
 *
 * Return: the sum; not a snapshot while packets pass. Any context.
 */
u64 ipos_count_sum(struct ipos_counters __percpu *counters,
		   enum ipos_counter i)
{
	u64 sum = 0;
	int cpu;

	for_each_possible_cpu(cpu)
		sum += per_cpu_ptr(counters, cpu)->n[i];
	return sum;
}
