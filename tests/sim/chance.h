/* SPDX-License-Identifier: GPL-2.0 */
/* All chance comes from one seed: the module's get_random_u32(), too. */
#ifndef SIM_CHANCE_H
#define SIM_CHANCE_H

void chance_begin(u64 seed);
u32 chance_below(u32 n);
/* Above 0, at most 1. */
double chance_uniform(void);
double chance_exponential(double mean);
/* A Pareto distribution's, cut at a thousand times the least. */
double chance_pareto(double mean, double exponent);

#endif /* SIM_CHANCE_H */
