/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A cluster of simulated boards. Clients' requests come to the boards at
 * random; the board that gets one decides by the module's own sources who
 * serves it, from what it heard by the module's own advertisements; each board
 * serves so many at a time, and the others wait. One cluster at a time.
 */
#ifndef SIM_CLUSTER_H
#define SIM_CLUSTER_H

#include "engine/engine.h"

/* The module's policies, by its own numbers, and what they compare with. */
enum sim_policy {
	SIM_LOCAL_FIRST = IPOS_POLICY_LOCAL_FIRST,
	SIM_LEAST_CONN = IPOS_POLICY_LEAST_CONN,
	SIM_LEAST_LOAD = IPOS_POLICY_LEAST_LOAD,
	SIM_HASH = IPOS_POLICY_HASH,
	SIM_BEST,	/* the module's choice of the best of all, by connections */
	SIM_RANDOM,
	SIM_ROUND_ROBIN,	/* each board for itself */
	SIM_ORACLE,	/* the least of all, at this moment */
	SIM_POLICIES
};

/**
 * struct sim_options - a cluster and what it has to do
 * @boards: how many
 * @fronts: the first so many get the clients' requests
 * @workers: requests that a board serves at a time
 * @listeners: listening sockets of each board
 * @policy: enum sim_policy
 * @advertise_ms: interval of advertisements
 * @load: of all workers
 * @service_ms: mean time to serve a request
 * @tail: exponent of a Pareto distribution of that time, cut at a thousand
 *	times the least; 0: exponential
 * @warm_s: seconds before the first request that counts
 * @run_s: seconds in which requests count
 * @seed: of chance
 */
struct sim_options {
	u32	boards;
	u32	fronts;
	u32	workers;
	u32	listeners;
	u8	policy;
	u32	advertise_ms;
	double	load;
	double	service_ms;
	double	tail;
	double	warm_s;
	double	run_s;
	u64	seed;
};

/**
 * struct sim_result - what came of it
 * @arrived: requests, all of them
 * @finished: requests served
 * @inside: requests that wait or are being served
 * @lost: requests that no board took
 * @moved: requests that another board than the one asked got
 * @mean: time from arrival to the end, in mean service times
 * @p99: likewise what 99% do not exceed
 * @longest: most requests that a board ever had
 * @frames: advertisements sent
 * @bytes: of these on the wire, from the preamble to the gap
 * @simulated_s: seconds of the cluster's time
 * @print: of all decisions in their order
 */
struct sim_result {
	u64	arrived;
	u64	finished;
	u64	inside;
	u64	lost;
	u64	moved;
	double	mean;
	double	p99;
	u32	longest;
	u64	frames;
	u64	bytes;
	double	simulated_s;
	u64	print;
};

void cluster_begin(const struct sim_options *options);
void cluster_run(double seconds);
struct sim_result cluster_result(void);
void cluster_end(void);

/* All of it: the seconds that do not count, and those that do. */
struct sim_result cluster_simulate(const struct sim_options *options);

/* For tests: what befalls a board. */
struct ipos_server *cluster_row(u32 board);
void cluster_kill(u32 board);
u64 cluster_given(u32 board);

/* What a decision costs: ns of CPU each, and of hearing an advertisement. */
double cluster_cost(u8 policy, u32 times);
double cluster_hearing_cost(void);

/* The memory of one board's tables. */
size_t cluster_tables(void);

/* What the module asks for. */
void cluster_count(const struct ipos_engine *engine, struct ipos_state *state);
void cluster_heard(const void *frame, size_t len);
void cluster_later(struct ipos_engine *engine, unsigned long delay);

#endif /* SIM_CLUSTER_H */
