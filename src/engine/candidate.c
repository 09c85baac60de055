// SPDX-License-Identifier: GPL-2.0
#include "engine/candidate.h"
#include "engine/here.h"
#include "engine/start.h"
#include "engine/startable.h"

/* Boards among which two at random are as good as two of all. */
#define ENOUGH	32

static void count_skipped(const struct ipos_choice *choice,
			  enum ipos_counter why)
{
	if (!choice->quiet)
		ipos_count_index(choice->engine->counters, why);
}

#define skip(choice, counter) count_skipped(choice, IPOS_N_##counter)

static bool chosen(const struct ipos_endpoint *ep, __be32 ip)
{
	u8 i;

	for (i = 0; i < ep->n_candidates; i++)
		if (ep->candidates[i] == ip)
			return true;
	return false;
}

/**
 * ipos_candidate_add() - put a board at the end of the list, once
 * @ep: the endpoint
 * @ip: Server IP, network byte order, or IPOS_HERE
 *
 * One place is kept for this board, which is tried at last.
 *
 * Return: false when the list is full.
 */
bool ipos_candidate_add(struct ipos_endpoint *ep, __be32 ip)
{
	u8 kept = ip == IPOS_HERE ? 0 : 1;

	if (chosen(ep, ip))
		return true;
	if (ep->n_candidates + kept >= IPOS_CANDIDATES)
		return false;
	ep->candidates[ep->n_candidates++] = ip;
	return true;
}

/* Draining, or out of order: by its operator's word. */
static bool is_out(const struct ipos_choice *choice,
		   const struct ipos_server *server)
{
	u8 state = READ_ONCE(server->state);

	return (state != IPOS_SERVER_UP &&
		!(choice->session && state == IPOS_SERVER_DRAIN)) ||
	       READ_ONCE(server->leaving);
}

/* Of a board that never said what listens there, anything is believed. */
static bool listens(const struct ipos_choice *choice, __be32 ip)
{
	struct ipos_listen_table *table = &choice->engine->listens;
	const struct ipos_endpoint *ep = choice->ep;

	return ipos_listen_has(table, ip, ep->pending.flow->key.proto,
			       ep->service->target_port) ||
	       !ipos_listen_known(table, ip);
}

/* What a board says of the application that it can start on the port. */
static const struct ipos_listener *
startable(const struct ipos_choice *choice, __be32 ip)
{
	const struct ipos_endpoint *ep = choice->ep;

	return ipos_listen_startable(&choice->engine->listens, ip,
				     ep->pending.flow->key.proto,
				     ep->service->target_port);
}

/* By what the board said last: its memory may have gone since. */
static bool can_start(const struct ipos_choice *choice,
		      const struct ipos_server *server)
{
	const struct ipos_listener *what = startable(choice, server->ip);

	if (!what) {
		skip(choice, skipped_not_startable);
		return false;
	}
	/* Its memory is taken already. */
	if (what->flags & IPOS_LISTENER_STARTING ||
	    READ_ONCE(server->told.memory) >= what->pid)
		return true;
	skip(choice, skipped_memory);
	return false;
}

static bool is_eligible(const struct ipos_choice *choice,
			const struct ipos_server *server)
{
	if (chosen(choice->ep, server->ip))
		return false;
	if (is_out(choice, server)) {
		skip(choice, skipped_drain);
		return false;
	}
	if (!ipos_server_open(server)) {
		skip(choice, skipped_stale);
		return false;
	}
	if (choice->start)
		return can_start(choice, server);
	if (choice->ask)
		return !listens(choice, server->ip) &&
		       !startable(choice, server->ip);
	if (!listens(choice, server->ip)) {
		skip(choice, skipped_not_listening);
		return false;
	}
	return true;
}

static u32 weight_of(const struct ipos_server *server)
{
	return READ_ONCE(server->weight) ?: READ_ONCE(server->told.weight) ?:
	       IPOS_WEIGHT;
}

/* Returns whether it can be chosen. */
static bool visit(const struct ipos_choice *choice, struct ipos_server *server,
		  ipos_candidate_fn fn, void *arg)
{
	struct ipos_view view = {
		.server = server, .ip = server->ip, .state = &server->told,
	};

	if (!is_eligible(choice, server))
		return false;
	view.since = atomic_read(&server->handoffs) -
		     READ_ONCE(server->handoffs_then);
	view.weight = weight_of(server);
	fn(&view, arg);
	return true;
}

static struct ipos_program *program_here(const struct ipos_choice *choice)
{
	const struct ipos_endpoint *ep = choice->ep;

	return ipos_program_peek(&choice->engine->programs,
				 ep->pending.flow->key.proto,
				 ep->service->target_port);
}

static bool can_start_here(const struct ipos_choice *choice)
{
	struct ipos_program *program = program_here(choice);

	if (program && ipos_startable(choice->engine, program))
		return true;
	skip(choice, skipped_not_startable);
	return false;
}

/**
 * ipos_candidate_here() - whether this board can be chosen
 * @choice: the decision
 *
 * Asked is the kernel itself: its own listeners are known at every moment.
 *
 * Return: whether it may, and something listens here, or can be started.
 */
bool ipos_candidate_here(const struct ipos_choice *choice)
{
	const struct ipos_endpoint *ep = choice->ep;

	if (!choice->here || chosen(ep, IPOS_HERE))
		return false;
	if (choice->start)
		return can_start_here(choice);
	if (ipos_here_listens(choice->engine, &ep->pending.flow->key,
			      ep->service->target_port, ep->ifindex))
		return true;
	skip(choice, skipped_not_listening);
	return false;
}

/*
 * The last sample, but for the rows of the Local Table: how many they are is
 * known at every moment.
 */
static struct ipos_state state_here(const struct ipos_engine *engine)
{
	const struct ipos_state *state = &engine->state;
	const struct ipos_load *load = &engine->host.load;

	return (struct ipos_state){
		.connections = READ_ONCE(load->other_connections),
		.in_flight = READ_ONCE(load->other_backlog),
		.cpu = READ_ONCE(state->cpu),
		.memory = READ_ONCE(state->memory),
		.memory_total = READ_ONCE(state->memory_total),
		.bandwidth = READ_ONCE(state->bandwidth),
		.bandwidth_total = READ_ONCE(state->bandwidth_total),
		.accept_us = READ_ONCE(state->accept_us),
	};
}

static void visit_here(const struct ipos_choice *choice, ipos_candidate_fn fn,
		       void *arg)
{
	struct ipos_engine *engine = choice->engine;
	struct ipos_state state = state_here(engine);
	struct ipos_view view = {
		.ip = READ_ONCE(engine->settings.server_ip), .state = &state,
		.since = ipos_bound_count(&engine->flows.bound[IPOS_FLOW_LOCAL]),
		.weight = READ_ONCE(engine->settings.weight),
	};

	if (ipos_candidate_here(choice))
		fn(&view, arg);
}

static void each_named(const struct ipos_choice *choice, ipos_candidate_fn fn,
		       void *arg)
{
	__be32 own = READ_ONCE(choice->engine->settings.server_ip);
	struct ipos_server *server;
	unsigned int i;

	for (i = 0; i < choice->n_named; i++) {
		server = ipos_server_peek(&choice->engine->servers,
					  choice->named[i]);
		if (server)
			visit(choice, server, fn, arg);
		else if (choice->named[i] == own)
			visit_here(choice, fn, arg);
	}
}

static void visit_all(const struct ipos_choice *choice, ipos_candidate_fn fn,
		      void *arg)
{
	struct ipos_server *server;

	list_for_each_entry_rcu(server, &choice->engine->servers.list, list)
		visit(choice, server, fn, arg);
}

/**
 * ipos_candidate_each() - look at every board that can be chosen, once
 * @choice: the decision; no candidate is looked at again
 * @fn: called with each
 * @arg: its argument
 *
 * Who is passed over is counted by reason.
 */
void ipos_candidate_each(const struct ipos_choice *choice,
			 ipos_candidate_fn fn, void *arg)
{
	if (choice->named) {
		each_named(choice, fn, arg);
		return;
	}
	visit_here(choice, fn, arg);
	visit_all(choice, fn, arg);
}

struct some {
	const struct ipos_choice *choice;
	ipos_candidate_fn fn;
	void *arg;
	int left;
};

static bool visit_some(struct ipos_server *server, void *arg)
{
	struct some *some = arg;

	if (visit(some->choice, server, some->fn, some->arg))
		some->left--;
	return some->left <= 0;
}

/**
 * ipos_candidate_some() - look at enough boards to take two at random
 * @choice: the decision; no candidate is looked at again
 * @fn: called with each
 * @arg: its argument
 *
 * So a decision costs no more in a large cluster than in one of ENOUGH boards
 * that can be chosen. Among no more than twice as many, or boards that are
 * named, it is ipos_candidate_each().
 */
void ipos_candidate_some(const struct ipos_choice *choice,
			 ipos_candidate_fn fn, void *arg)
{
	struct ipos_server_table *servers = &choice->engine->servers;
	struct some some = {
		.choice = choice, .fn = fn, .arg = arg, .left = ENOUGH,
	};

	if (choice->named || ipos_bound_count(&servers->bound) <= 2 * ENOUGH) {
		ipos_candidate_each(choice, fn, arg);
		return;
	}
	visit_here(choice, fn, arg);
	if (!ipos_server_some(servers, visit_some, &some))
		visit_all(choice, fn, arg);
}

static bool is_starting(const struct ipos_choice *choice,
			const struct ipos_view *view)
{
	const struct ipos_program *program;
	const struct ipos_listener *what;

	if (!view->server) {
		program = program_here(choice);
		return program && READ_ONCE(program->state) ==
				  IPOS_APP_STATE_STARTING;
	}
	what = startable(choice, view->ip);
	return (what && what->flags & IPOS_LISTENER_STARTING) ||
	       ipos_start_awaits(choice->engine,
				 choice->ep->service->target_port, view->ip);
}

static void add_if_starting(const struct ipos_view *view, void *arg)
{
	const struct ipos_choice *choice = arg;

	if (is_starting(choice, view))
		ipos_candidate_add(choice->ep, view->server ? view->ip :
							      IPOS_HERE);
}

/**
 * ipos_candidate_starting() - add the boards that start the application already
 * @choice: the decision, among those that can
 *
 * So that one start serves all who ask.
 */
void ipos_candidate_starting(const struct ipos_choice *choice)
{
	struct ipos_choice those = *choice;

	those.quiet = true;
	ipos_candidate_each(&those, add_if_starting, &those);
}
