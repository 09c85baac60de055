// SPDX-License-Identifier: GPL-2.0
#include <math.h>
#include <stdlib.h>
#include "engine/announce.h"
#include "chance.h"
#include "events.h"
#include "inside.h"
#include "least.h"

struct sim sim;

static u64 service_us(void)
{
	const struct sim_options *opt = &sim.opt;
	double ms = opt->tail ? chance_pareto(opt->service_ms, opt->tail) :
				chance_exponential(opt->service_ms);

	return 1 + ms * 1000;
}

static u32 new_request(void)
{
	u32 at = sim.free_request;

	if (at != SIM_NOBODY) {
		sim.free_request = sim.requests[at].next;
		return at;
	}
	if (!(sim.n_requests & (sim.n_requests - 1))) {
		sim.requests = realloc(sim.requests, (sim.n_requests * 2 + 1) *
				       sizeof(*sim.requests));
		if (!sim.requests)
			abort();
	}
	return sim.n_requests++;
}

static void serve(struct board *b, u32 request)
{
	sim_account(b);
	b->busy++;
	b->accepted++;
	events_add_for(sim.now + service_us(), EVENT_DONE, b - sim.boards,
		       request);
}

static void take(struct board *b, u32 request)
{
	b->given++;
	least_more(b - sim.boards);
	if (b->busy < sim.opt.workers) {
		serve(b, request);
	} else {
		sim.requests[request].next = SIM_NOBODY;
		if (b->waiting++)
			sim.requests[b->last].next = request;
		else
			b->first = request;
		b->last = request;
	}
	sim.result.longest = max(sim.result.longest, sim_load_of(b));
}

static void arrive(void)
{
	const struct sim_options *opt = &sim.opt;
	struct board *origin = &sim.boards[chance_below(opt->fronts)];
	double mean_us = opt->service_ms * 1000 /
			 (opt->load * opt->boards * opt->workers);
	u32 to, at;

	events_add(sim.now + chance_exponential(mean_us) + chance_uniform(), EVENT_ARRIVAL, 0);
	if (origin->dead)
		return;
	sim.result.arrived++;
	to = sim_decide(origin);
	sim.result.print = (sim.result.print ^ to) * 0x100000001b3ULL;
	if (to == SIM_NOBODY || sim.boards[to].dead) {
		sim.result.lost++;
		return;
	}
	at = new_request();
	sim.requests[at] = (struct request){
		.arrived = sim.now, .origin = origin - sim.boards,
		.claim = SIM_NOBODY,
	};
	if (&sim.boards[to] != origin) {
		sim.result.moved++;
		if (sim.opt.policy <= SIM_BEST) {
			struct claim *claim = sim_claim_of(origin, to);

			claim->handoffs++;
			sim.requests[at].claim = claim - origin->claims;
		}
	}
	take(&sim.boards[to], at);
}

static void note_time(const struct request *request)
{
	u64 us = sim.now - request->arrived;
	u32 bin = log2(us + 1.0) * SIM_BINS;

	if (request->arrived < sim.opt.warm_s * 1e6)
		return;
	sim.counted++;
	sim.sum += us;
	sim.bins[min(bin, SIM_BINS * SIM_DOUBLINGS - 1U)]++;
}

static void done(struct board *b, u32 at)
{
	struct request *request = &sim.requests[at];
	u32 next = b->first;

	note_time(request);
	sim.result.finished++;
	if (request->claim != SIM_NOBODY)
		sim.boards[request->origin].claims[request->claim].handoffs--;
	request->next = sim.free_request;
	sim.free_request = at;
	sim_account(b);
	b->busy--;
	least_less(b - sim.boards);
	if (b->waiting) {
		b->first = sim.requests[next].next;
		b->waiting--;
		serve(b, next);
	}
}

static void begin_board(u32 i)
{
	struct board *b = &sim.boards[i];
	struct ipos_engine *engine = &b->engine;
	struct ipos_listener what = { .proto = IPOS_PROTO_TCP, .name = "web" };
	u32 n;

	engine->counters = &sim.counters;
	engine->settings.server_ip = sim_ip_of(i);
	engine->settings.advertise_ms = sim.opt.advertise_ms;
	engine->settings.weight = IPOS_WEIGHT;
	engine->settings.load_threshold = sim.opt.workers;
	engine->settings.load_cpu = 1;
	engine->epoch = i + 1;
	engine->mtu = 1500;
	engine->state.weight = IPOS_WEIGHT;
	ipos_dev_table_init(&engine->devs);
	INIT_LIST_HEAD(&engine->programs.list);
	b->dev.role = IPOS_ROLE_FABRIC;
	list_add_tail_rcu(&b->dev.list, &engine->devs.list);
	if (ipos_listen_table_init(&engine->listens))
		abort();
	for (n = 0; n < sim.opt.listeners; n++) {
		what.port = htons(80 + n);
		ipos_listen_heard(&engine->listens, IPOS_HERE, &what, 1);
	}
	ipos_listen_complete(&engine->listens, IPOS_HERE, 1);
	b->turn = chance_below(sim.opt.boards);
	ipos_announce_init(engine);
}

size_t cluster_tables(void)
{
	return kernel_memory() - sim.others_memory;
}

void cluster_begin(const struct sim_options *options)
{
	size_t empty;
	u32 i;

	memset(&sim, 0, sizeof(sim));
	sim.opt = *options;
	chance_begin(options->seed);
	sim.free_request = SIM_NOBODY;
	jiffies = 1000000;
	sim.boards = calloc(options->boards, sizeof(*sim.boards));
	sim.rows = calloc(options->boards, sizeof(*sim.rows));
	if (!sim.boards || !sim.rows)
		abort();
	sim.others_memory = kernel_memory();
	events_begin();
	least_begin(options->boards);
	sim.view.counters = &sim.counters;
	if (ipos_server_table_init(&sim.view.servers) ||
	    ipos_listen_table_init(&sim.view.listens))
		abort();
	sim.view.listens.bound.limit = U32_MAX;
	INIT_LIST_HEAD(&sim.view.programs.list);
	sim.service.target_port = SIM_PORT;
	sim.ep.service = &sim.service;
	sim.ep.pending.engine = &sim.view;
	sim.ep.pending.flow = &sim.flow;
	empty = cluster_tables();
	for (i = 0; i < options->boards; i++)
		begin_board(i);
	sim.others_memory = kernel_memory() - empty;
	sim.priming = true;
	for (i = 0; i < options->boards; i++)
		sim_advertise(&sim.boards[i]);
	sim.priming = false;
	sim.result.frames = 0;
	sim.result.bytes = 0;
	events_add(1, EVENT_ARRIVAL, 0);
}

void cluster_run(double seconds)
{
	u64 until = sim.now + seconds * 1e6;
	struct event event;

	while (events_next(until, &event)) {
		sim.now = event.at;
		jiffies = 1000000 + sim.now * HZ / 1000000;
		if (event.what == EVENT_ARRIVAL)
			arrive();
		else if (event.what == EVENT_DONE)
			done(&sim.boards[event.board], event.request);
		else
			sim_advertise(&sim.boards[event.board]);
	}
	sim.now = until;
}

static double bin_end(u32 bin)
{
	return exp2((bin + 1.0) / SIM_BINS);
}

struct sim_result cluster_result(void)
{
	struct sim_result result = sim.result;
	double unit = sim.opt.service_ms * 1000;
	u64 rest = sim.counted / 100, seen = 0;
	u32 i;

	for (i = 0; i < sim.opt.boards; i++)
		result.inside += sim_load_of(&sim.boards[i]);
	for (i = SIM_BINS * SIM_DOUBLINGS; i && seen <= rest; i--)
		seen += sim.bins[i - 1];
	result.p99 = bin_end(i) / unit;
	result.mean = sim.counted ? sim.sum / sim.counted / unit : 0;
	result.simulated_s = sim.now / 1e6;
	return result;
}

void cluster_end(void)
{
	u32 i;

	for (i = 0; i < sim.opt.boards; i++) {
		ipos_listen_forget(&sim.boards[i].engine.listens, IPOS_HERE);
		ipos_listen_table_destroy(&sim.boards[i].engine.listens);
		ipos_listen_forget(&sim.view.listens, sim_ip_of(i));
		free(sim.boards[i].claims);
	}
	ipos_server_table_destroy(&sim.view.servers);
	ipos_listen_table_destroy(&sim.view.listens);
	events_end();
	least_end();
	free(sim.boards);
	free(sim.rows);
	free(sim.requests);
}

struct sim_result cluster_simulate(const struct sim_options *options)
{
	struct sim_result result;

	cluster_begin(options);
	cluster_run(options->warm_s + options->run_s);
	result = cluster_result();
	cluster_end();
	return result;
}

struct ipos_server *cluster_row(u32 board)
{
	return sim.rows[board];
}

void cluster_kill(u32 board)
{
	sim.boards[board].dead = true;
}

u64 cluster_given(u32 board)
{
	return sim.boards[board].given;
}
