// SPDX-License-Identifier: GPL-2.0
#include "engine/candidate.h"
#include "engine/here.h"

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
static bool is_out(const struct ipos_server *server)
{
	return READ_ONCE(server->state) != IPOS_SERVER_UP ||
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

static bool is_eligible(const struct ipos_choice *choice,
			const struct ipos_server *server)
{
	struct ipos_engine *engine = choice->engine;

	if (chosen(choice->ep, server->ip))
		return false;
	if (is_out(server)) {
		ipos_count(engine->counters, skipped_drain);
		return false;
	}
	if (!ipos_server_usable(server)) {
		ipos_count(engine->counters, skipped_stale);
		return false;
	}
	if (!listens(choice, server->ip)) {
		ipos_count(engine->counters, skipped_not_listening);
		return false;
	}
	return true;
}

static u32 weight_of(const struct ipos_server *server)
{
	return READ_ONCE(server->weight) ?: READ_ONCE(server->told.weight) ?:
	       IPOS_WEIGHT;
}

static void visit(const struct ipos_choice *choice, struct ipos_server *server,
		  ipos_candidate_fn fn, void *arg)
{
	struct ipos_view view = {
		.server = server, .ip = server->ip, .state = &server->told,
	};

	if (!is_eligible(choice, server))
		return;
	view.since = atomic_read(&server->handoffs) -
		     READ_ONCE(server->handoffs_then);
	view.weight = weight_of(server);
	fn(&view, arg);
}

/**
 * ipos_candidate_here() - whether this board can be chosen
 * @choice: the decision
 *
 * Asked is the kernel itself: its own listeners are known at every moment.
 *
 * Return: whether it may, and something listens here.
 */
bool ipos_candidate_here(const struct ipos_choice *choice)
{
	const struct ipos_endpoint *ep = choice->ep;

	if (!choice->here || chosen(ep, IPOS_HERE))
		return false;
	if (ipos_here_listens(choice->engine, &ep->pending.flow->key,
			      ep->service->target_port, ep->ifindex))
		return true;
	ipos_count(choice->engine->counters, skipped_not_listening);
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
	struct ipos_server *server;

	if (choice->named) {
		each_named(choice, fn, arg);
		return;
	}
	visit_here(choice, fn, arg);
	list_for_each_entry_rcu(server, &choice->engine->servers.list, list)
		visit(choice, server, fn, arg);
}
