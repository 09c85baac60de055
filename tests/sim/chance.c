// SPDX-License-Identifier: GPL-2.0
#include <math.h>
#include "chance.h"

static u64 state;

void chance_begin(u64 seed)
{
	state = seed;
}

static u64 random64(void)
{
	u64 x = state += 0x9e3779b97f4a7c15ULL;

	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ x >> 27) * 0x94d049bb133111ebULL;
	return x ^ x >> 31;
}

u32 get_random_u32(void)
{
	return random64() >> 32;
}

u32 chance_below(u32 n)
{
	return (u64)get_random_u32() * n >> 32;
}

double chance_uniform(void)
{
	return ldexp((random64() >> 11) + 1, -53);
}

double chance_exponential(double mean)
{
	return -mean * log(chance_uniform());
}

/* From 1 to 1000, then scaled to the mean. */
double chance_pareto(double mean, double a)
{
	double most = 1000, cut = pow(most, -a);
	double unit = a / (a - 1) * (1 - pow(most, 1 - a)) / (1 - cut);

	return mean / unit * pow(1 - (1 - cut) * (1 - chance_uniform()), -1 / a);
}
