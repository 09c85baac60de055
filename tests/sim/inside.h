/* SPDX-License-Identifier: GPL-2.0 */
/* What the simulated cluster's files share. */
#ifndef SIM_INSIDE_H
#define SIM_INSIDE_H

#include <time.h>
#include "engine/unattached.h"
#include "cluster.h"

#define SIM_PORT	htons(80)
#define SIM_NOBODY	U32_MAX
/* Bins of the histogram of times: so many for each doubling. */
#define SIM_BINS	32
#define SIM_DOUBLINGS	40

/* What one board knows of another by itself: what it has handed over to it. */
struct claim {
	u32 target;
	u32 snapshot;
	int handoffs;
	int then;
	s64 turn;
};

struct request {
	u64 arrived;
	u32 origin;
	u32 claim;
	u32 next;
};

struct board {
	struct ipos_engine engine;
	struct ipos_dev dev;
	struct claim *claims;
	u32 n_claims;
	u32 room;
	u32 first;		/* of those that wait */
	u32 last;
	u32 waiting;
	u32 busy;
	u32 turn;		/* round robin */
	bool dead;
	u64 given;
	u64 accepted;
	u64 busy_us;		/* until .changed */
	u64 changed;
	u64 sampled;
	u64 sampled_busy;
	u64 sampled_accepted;
	u32 backlog;
};

struct sim {
	struct sim_options opt;
	struct board *boards;
	struct ipos_server **rows;
	struct net_device fabric;
	/* One board's tables serve as everyone's: all hear the same. */
	struct ipos_engine view;
	struct ipos_counters counters;
	struct ipos_service service;
	struct ipos_flow flow;
	struct ipos_endpoint ep;
	struct request *requests;
	u32 free_request;
	u32 n_requests;
	u64 now;		/* us */
	bool priming;
	size_t others_memory;	/* than the tables of .view */
	u8 *captured;
	u64 counted;
	double sum;
	u64 bins[SIM_BINS * SIM_DOUBLINGS];
	struct sim_result result;
};

extern struct sim sim;

static inline __be32 sim_ip_of(u32 board)
{
	return htonl(0x0a000001 + board);
}

static inline u32 sim_board_of(__be32 ip)
{
	return ntohl(ip) - 0x0a000001;
}

static inline u32 sim_load_of(const struct board *b)
{
	return b->busy + b->waiting;
}

static inline double sim_cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return now.tv_sec * 1e9 + now.tv_nsec;
}

/* advertise.c: a board says what it has to say, and all others hear it. */
void sim_account(struct board *b);
void sim_advertise(struct board *b);

/* decide.c: who gets a request that came to this board, or SIM_NOBODY. */
u32 sim_decide(struct board *origin);
struct claim *sim_claim_of(struct board *origin, u32 target);

#endif /* SIM_INSIDE_H */
