// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include "cluster.h"
#include "tap.h"

static struct sim_options small(u32 boards, u8 policy)
{
	return (struct sim_options){
		.boards = boards, .fronts = boards, .workers = 4,
		.listeners = 2, .policy = policy, .advertise_ms = 100,
		.load = 0.8, .service_ms = 100, .warm_s = 1, .run_s = 4,
		.seed = 7,
	};
}

static void loses_nothing(u8 policy)
{
	struct sim_options options = small(20, policy);
	struct sim_result once = cluster_simulate(&options);
	struct sim_result again = cluster_simulate(&options), other;

	tap_ok(once.arrived > 1000 && !once.lost &&
	       once.arrived == once.finished + once.inside,
	       "policy %u: %llu requests: served, or still there", policy,
	       (unsigned long long)once.arrived);
	tap_ok(once.print == again.print && once.mean == again.mean &&
	       once.frames == again.frames, "and the same again");
	options.seed++;
	other = cluster_simulate(&options);
	tap_ok(once.print != other.print, "but not with another seed");
}

static void advertises(void)
{
	struct sim_options options = small(20, SIM_LEAST_CONN);
	struct sim_result result = cluster_simulate(&options);

	/* 20 boards, 10 a second, 5 s; a tenth more or less, on average none. */
	tap_ok(result.frames >= 900 && result.frames <= 1100,
	       "%llu advertisements", (unsigned long long)result.frames);
	/* Headers of 14, 16, 64 bytes, two sockets of 28, and 24 around it. */
	tap_ok(result.bytes == result.frames * 174, "of 174 bytes each");
}

static void leaves_out_who_is_down(u8 policy, u32 boards)
{
	struct sim_options options = small(boards, policy);
	u32 i, idle = 0;

	options.fronts = 3;
	cluster_begin(&options);
	cluster_row(5)->state = IPOS_SERVER_DOWN;
	cluster_run(3);
	tap_ok(!cluster_given(5), "policy %u, %u boards: one that is down gets nothing",
	       policy, boards);
	for (i = 0; i < boards; i++)
		idle += !cluster_given(i);
	tap_ok(idle == 1, "all others do");
	cluster_end();
}

static void leaves_out_who_is_silent(void)
{
	struct sim_options options = small(20, SIM_LEAST_CONN);
	struct sim_result result;

	cluster_begin(&options);
	cluster_run(1);
	cluster_kill(5);
	cluster_run(0.5);
	tap_ok(!ipos_server_fresh(cluster_row(5)) &&
	       ipos_server_fresh(cluster_row(6)),
	       "one that says nothing for half a second is stale");
	cluster_run(1);
	result = cluster_result();
	tap_ok(!result.lost, "what it was offered went to others");
	cluster_end();
}

static void tells_policies_apart(void)
{
	struct sim_options options = small(30, SIM_ORACLE);
	struct sim_result oracle = cluster_simulate(&options);
	struct sim_result conn, chance, best;

	options.policy = SIM_LEAST_CONN;
	conn = cluster_simulate(&options);
	options.policy = SIM_RANDOM;
	chance = cluster_simulate(&options);
	options.policy = SIM_BEST;
	best = cluster_simulate(&options);
	tap_ok(oracle.mean < conn.mean && conn.mean < chance.mean &&
	       chance.mean < best.mean,
	       "times: oracle %.2f, least-conn %.2f, random %.2f, herd %.2f",
	       oracle.mean, conn.mean, chance.mean, best.mean);
}

static void keeps_rows(void)
{
	struct sim_options options = small(100, SIM_LEAST_CONN);
	size_t before = kernel_memory(), tables;

	cluster_begin(&options);
	tables = cluster_tables();
	tap_ok(tables > 100 * (sizeof(struct ipos_server) +
			       2 * sizeof(struct ipos_listen)),
	       "tables of 100 boards: %zu bytes", tables);
	cluster_end();
	tap_ok(kernel_memory() == before, "all given back");
}

int main(void)
{
	u8 policy;

	for (policy = 0; policy < SIM_POLICIES; policy++)
		loses_nothing(policy);
	advertises();
	leaves_out_who_is_down(SIM_LEAST_CONN, 20);
	leaves_out_who_is_down(SIM_HASH, 20);
	/* Where boards are looked at until it is enough. */
	leaves_out_who_is_down(SIM_LEAST_CONN, 100);
	leaves_out_who_is_silent();
	tells_policies_apart();
	keeps_rows();
	return tap_done();
}
