/* SPDX-License-Identifier: GPL-2.0 */
/* Who has least to do at this moment, known at no cost: the oracle's. */
#ifndef SIM_LEAST_H
#define SIM_LEAST_H

void least_begin(u32 boards);
void least_end(void);
void least_more(u32 board);
void least_less(u32 board);
/* How many have as little as the one that has least; one of these. */
u32 least_count(void);
u32 least_pick(u32 i);

#endif /* SIM_LEAST_H */
