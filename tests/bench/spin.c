// SPDX-License-Identifier: GPL-2.0
/*
 * spin MILLIONS: so many turns of a loop of two instructions; tells how many
 * instructions passed meanwhile. What is more than the loop's own was done by
 * the kernel. Only where the time stamp counter counts instructions.
 */
#include <stdio.h>
#include <stdlib.h>
#include <x86intrin.h>

int main(int argc, char **argv)
{
	unsigned long long turns = (argc > 1 ? atoi(argv[1]) : 100) * 1000000ULL;
	unsigned long long start = __rdtsc();

	asm volatile("1: dec %0; jnz 1b" : "+r" (turns));
	printf("%llu\n", __rdtsc() - start);
	return 0;
}
