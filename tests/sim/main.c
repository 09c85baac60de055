// SPDX-License-Identifier: GPL-2.0
/* Tables of what happens to clusters of ten to ten thousand boards. */
#include <stdio.h>
#include <stdlib.h>
#include "cluster.h"

#define DEFAULT_MS	100
#define MOST		10000

static const char *const names[SIM_POLICIES] = {
	[SIM_LOCAL_FIRST] = "local-first",
	[SIM_LEAST_CONN] = "least-conn",
	[SIM_LEAST_LOAD] = "least-load",
	[SIM_HASH] = "hash",
	[SIM_BEST] = "best of all",
	[SIM_RANDOM] = "random",
	[SIM_ROUND_ROBIN] = "round robin",
	[SIM_ORACLE] = "oracle",
};

static const u8 ours[] = {
	SIM_LEAST_CONN, SIM_LEAST_LOAD, SIM_LOCAL_FIRST, SIM_HASH,
};

static const u32 sizes[] = { 10, 30, 100, 300, 1000, 3000, MOST };
static const u32 intervals[] = { 100, 500, 1000, 5000 };
static const double loads[] = { 0.5, 0.8, 0.95 };

static u64 seed = 1;

static struct sim_options cluster_of(u32 boards)
{
	return (struct sim_options){
		.boards = boards, .fronts = boards, .workers = 4,
		.listeners = 4, .policy = SIM_LEAST_CONN,
		.advertise_ms = DEFAULT_MS, .load = 0.8, .service_ms = 100,
		.warm_s = 4, .run_s = 16, .seed = seed,
	};
}

static void advertisements(void)
{
	struct sim_options options;
	struct sim_result result;
	double frames, mbit, ns;
	size_t memory;
	u32 i;

	printf("## What every board hears and keeps\n\n"
	       "advertise-ms %u, %u listening sockets a board.\n\n"
	       "| boards | frames/s | Mbit/s | of 1G | of 10G | of 25G |",
	       DEFAULT_MS, cluster_of(1).listeners);
	printf(" ns a frame | of a CPU | tables, KiB | bytes a board |\n"
	       "|---|---|---|---|---|---|---|---|---|---|\n");
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		options = cluster_of(sizes[i]);
		options.load = 0.001;
		cluster_begin(&options);
		cluster_run(2);
		result = cluster_result();
		memory = cluster_tables();
		ns = cluster_hearing_cost();
		cluster_end();
		frames = result.frames / result.simulated_s;
		mbit = result.bytes * 8 / 1e6 / result.simulated_s;
		printf("| %u | %.0f | %.2f | %.2f%% | %.2f%% | %.2f%% |",
		       sizes[i], frames, mbit, mbit / 10, mbit / 100,
		       mbit / 250);
		printf(" %.0f | %.2f%% | %.0f | %.0f |\n", ns,
		       frames * ns / 1e7, memory / 1024.0,
		       (double)memory / sizes[i]);
		fflush(stdout);
	}
}

static void decisions(void)
{
	const u32 work = 3000000;
	double first[sizeof(ours)], ns;
	struct sim_options options;
	u32 i, k;

	printf("\n## What a decision costs\n\n"
	       "us of CPU; in brackets, times that among ten boards.\n\n"
	       "| boards |");
	for (k = 0; k < ARRAY_SIZE(ours); k++)
		printf(" %s |", names[ours[k]]);
	printf("\n|---|---|---|---|---|\n");
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		options = cluster_of(sizes[i]);
		options.load = 0.5;
		cluster_begin(&options);
		cluster_run(0.01);
		printf("| %u |", sizes[i]);
		for (k = 0; k < ARRAY_SIZE(ours); k++) {
			ns = cluster_cost(ours[k], work / sizes[i]);
			if (!i)
				first[k] = ns;
			printf(" %.2f (%.1f) |", ns / 1000, ns / first[k]);
		}
		printf("\n");
		fflush(stdout);
		cluster_end();
	}
}

static void print_time(const struct sim_options *options)
{
	struct sim_result result = cluster_simulate(options);

	printf(" %.2f %.1f %u |", result.mean, result.p99, result.longest);
	fflush(stdout);
}

static void head(const char *title, const char *column, const char *cell)
{
	u32 k;

	printf("\n## %s\n\n%s\n\n| %s |", title, cell, column);
	for (k = 0; k < SIM_POLICIES; k++)
		printf(" %s |", names[k]);
	printf("\n|---|");
	for (k = 0; k < SIM_POLICIES; k++)
		printf("---|");
	printf("\n");
}

#define CELL \
	"Mean and p99 of the time to serve, in mean service times; " \
	"most requests that one board ever had."

/* Whoever looks at all boards for each request would take hours. */
static bool is_slow(const struct sim_options *options)
{
	return options->boards > 300 && (options->policy == SIM_HASH ||
					 options->policy == SIM_BEST);
}

static void print_policies(struct sim_options options)
{
	for (options.policy = 0; options.policy < SIM_POLICIES;
	     options.policy++)
		if (is_slow(&options))
			printf(" |");
		else
			print_time(&options);
	printf("\n");
}

/* About as many requests for each: the larger, the shorter. */
static void by_size(void)
{
	struct sim_options options;
	u32 i;

	head("Quality by size: load 0.8, advertise-ms 100", "boards", CELL);
	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		options = cluster_of(sizes[i]);
		if (sizes[i] > 100) {
			options.warm_s = 2;
			options.run_s = max(1.0, 4000.0 / sizes[i]);
		}
		printf("| %u |", sizes[i]);
		print_policies(options);
	}
}

static void by_age(double tail, const char *title)
{
	struct sim_options options = cluster_of(100);
	char row[64];
	u32 i, k;

	head(title, "load, advertise-ms", CELL);
	options.tail = tail;
	options.run_s = 36;
	for (k = 0; k < ARRAY_SIZE(loads); k++)
		for (i = 0; i < ARRAY_SIZE(intervals); i++) {
			options.load = loads[k];
			options.advertise_ms = intervals[i];
			snprintf(row, sizeof(row), "| %.2f, %u |", loads[k],
				 intervals[i]);
			fputs(row, stdout);
			print_policies(options);
		}
}

static void by_age_short(void)
{
	by_age(0, "Quality by age: 100 boards");
}

static void by_age_long(void)
{
	by_age(1.5, "The same, some requests very long: Pareto, exponent 1.5");
}

static const struct {
	const char *name;
	void (*print)(void);
} parts[] = {
	{ "adverts", advertisements },
	{ "decisions", decisions },
	{ "size", by_size },
	{ "age", by_age_short },
	{ "tail", by_age_long },
};

/* sim [SEED [PART]] */
int main(int argc, char **argv)
{
	u32 i;

	if (argc > 1)
		seed = strtoull(argv[1], NULL, 10);
	printf("# Simulated clusters, seed %llu\n\n", (unsigned long long)seed);
	for (i = 0; i < ARRAY_SIZE(parts); i++)
		if (argc < 3 || !strcmp(argv[2], parts[i].name))
			parts[i].print();
	return 0;
}
