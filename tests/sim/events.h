/* SPDX-License-Identifier: GPL-2.0 */
/* What is to happen, and when; of what happens at once, what was said first. */
#ifndef SIM_EVENTS_H
#define SIM_EVENTS_H

enum { EVENT_ARRIVAL, EVENT_DONE, EVENT_ADVERT };

struct event {
	u64 at;		/* us */
	u64 number;
	u32 what;
	u32 board;
	u32 request;
};

void events_begin(void);
void events_end(void);
void events_add_for(u64 at, u32 what, u32 board, u32 request);
/* The next one, if it is not later. */
bool events_next(u64 until, struct event *event);

static inline void events_add(u64 at, u32 what, u32 board)
{
	events_add_for(at, what, board, 0);
}

#endif /* SIM_EVENTS_H */
