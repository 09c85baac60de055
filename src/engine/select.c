// SPDX-License-Identifier: GPL-2.0
#include "engine/policy.h"
#include "engine/select.h"
#include "engine/start.h"

/* While nobody listens, boards are asked whether they do so often at most. */
#define ASK_PAUSE	max(HZ / 50, 1)

static const struct ipos_policy_ops *const policies[] = {
	[IPOS_POLICY_LOCAL_FIRST] = &ipos_policy_local_first,
	[IPOS_POLICY_LEAST_CONN]  = &ipos_policy_least_conn,
	[IPOS_POLICY_LEAST_LOAD]  = &ipos_policy_least_load,
	[IPOS_POLICY_HASH]	  = &ipos_policy_hash,
};

static const struct ipos_policy_ops *policy_of(const struct ipos_endpoint *ep)
{
	return policies[READ_ONCE(ep->service->policy)];
}

static bool may_start(const struct ipos_endpoint *ep)
{
	return ipos_start_any(ep->pending.engine, ep->pending.flow->key.proto,
			      READ_ONCE(ep->service->target_port));
}

/* Nobody listens. Who is at it goes first: the others need not begin, too. */
static void by_start(struct ipos_choice *choice)
{
	struct ipos_endpoint *ep = choice->ep;
	u8 before = ep->n_candidates;

	choice->start = true;
	ep->starts = true;
	ipos_candidate_starting(choice);
	if (ep->n_candidates == before)
		policy_of(ep)->order(choice);
}

/* Among the boards that the URL has, the policy decides. */
static bool by_url(struct ipos_endpoint *ep)
{
	struct ipos_engine *engine = ep->pending.engine;
	__be32 servers[IPOS_URL_SERVERS];
	struct ipos_choice choice = {
		.engine = engine, .ep = ep, .named = servers,
		.here = !READ_ONCE(engine->settings.draining),
	};

	choice.n_named = ipos_url_lookup(&engine->urls,
					 ipos_inspector_host(&ep->inspector),
					 ipos_inspector_path(&ep->inspector),
					 servers);
	if (choice.n_named)
		policy_of(ep)->order(&choice);
	if (choice.n_named && !ep->n_candidates && may_start(ep))
		by_start(&choice);
	return ep->n_candidates;
}

/* Whoever listens; where there is none, whoever can start it. */
static void order(struct ipos_choice *choice)
{
	struct ipos_endpoint *ep = choice->ep;
	u8 before = ep->n_candidates;

	if (!ep->searched) {
		ep->starts = false;
		policy_of(ep)->order(choice);
		if (ep->n_candidates > before)
			return;
		ep->searched = true;
		if (!may_start(ep))
			return;
		/* Those that were tried may start it. */
		ep->n_candidates = 0;
		ep->next = 0;
		before = 0;
	}
	if (!may_start(ep))
		return;
	by_start(choice);
	if (ep->n_candidates > before)
		return;
	/* One may have come to listen meanwhile. */
	choice->start = false;
	ep->starts = false;
	policy_of(ep)->order(choice);
	if (ep->n_candidates == before)
		ep->starts = true;
}

static void take(const struct ipos_view *view, void *arg)
{
	ipos_candidate_add(arg, view->server ? view->ip : IPOS_HERE);
}

static bool is_in_map(struct ipos_endpoint *ep, __be32 *ip)
{
	struct ipos_engine *engine = ep->pending.engine;
	const struct ipos_cookies *cookies;
	struct ipos_cookiemap_row *row;

	cookies = ipos_inspector_cookies(&ep->inspector);
	if (!cookies || !cookies->value.len) {
		if (cookies && cookies->unfit)
			ipos_count(engine->counters, cookie_unfit);
		return false;
	}
	row = ipos_cookiemap_peek(&engine->cookies, cookies->value.text,
				  cookies->value.len);
	if (!row) {
		ipos_count(engine->counters, cookie_miss);
		return false;
	}
	if (!ipos_cookiemap_is_held(row)) {
		ipos_count(engine->counters, cookie_board_gone);
		return false;
	}
	ipos_cookiemap_touch(row);
	if (!READ_ONCE(row->asked))
		WRITE_ONCE(row->asked, true);
	*ip = row->ip == IPOS_HERE ? READ_ONCE(engine->settings.server_ip) :
				     row->ip;
	return true;
}

/* The board that has the session, and no other. */
static bool by_cookie(struct ipos_endpoint *ep)
{
	struct ipos_engine *engine = ep->pending.engine;
	__be32 server;
	struct ipos_choice choice = {
		.engine = engine, .ep = ep, .named = &server, .n_named = 1,
		.here = !READ_ONCE(engine->settings.draining), .session = true,
	};

	if (!is_in_map(ep, &server))
		return false;
	ipos_candidate_each(&choice, take, ep);
	if (!ep->n_candidates)
		ipos_count(engine->counters, cookie_board_gone);
	return ep->n_candidates;
}

/* A datagram that is not kept cannot be offered: it would be lost. */
static bool may_ask(const struct ipos_endpoint *ep)
{
	return ep->ops && time_after_eq(jiffies,
					READ_ONCE(ep->service->unserved) +
					ASK_PAUSE);
}

/*
 * A program may have begun to listen since its board has told of its sockets:
 * those that can be heard, but did not tell of one, are asked.
 */
static void ask(struct ipos_choice *choice)
{
	struct ipos_endpoint *ep = choice->ep;

	if (!may_ask(ep))
		return;
	choice->here = false;
	choice->start = false;
	choice->ask = true;
	choice->quiet = true;
	policy_of(ep)->order(choice);
	if (ep->n_candidates > ep->next)
		ep->asks = true;
}

/* At last itself, even if it drains, or nothing seems to listen. */
static void by_policy(struct ipos_endpoint *ep)
{
	struct ipos_engine *engine = ep->pending.engine;
	struct ipos_choice choice = {
		.engine = engine, .ep = ep,
		.here = !READ_ONCE(engine->settings.draining),
	};

	if (!ep->asks)
		order(&choice);
	if (ep->n_candidates > ep->next)
		return;
	ask(&choice);
	if (ep->n_candidates > ep->next)
		return;
	ipos_candidate_add(ep, IPOS_HERE);
	ep->exhausted = true;
}

/**
 * ipos_select() - list the boards an endpoint is offered to
 * @ep: flow lock and RCU held
 * @found: the inspector knows the request's host and path
 */
void ipos_select(struct ipos_endpoint *ep, bool found)
{
	struct ipos_engine *engine = ep->pending.engine;

	if (found && by_cookie(ep)) {
		ipos_count(engine->counters, cookie_hit);
		return;
	}
	if (found && by_url(ep)) {
		ipos_count(engine->counters, url_hit);
		return;
	}
	ipos_count(engine->counters, policy_hit);
	ipos_count_index(engine->counters, policy_of(ep)->counter);
	by_policy(ep);
}

/**
 * ipos_select_more() - those listed will not have it: who else?
 * @ep: flow lock and RCU held
 *
 * Return: whether the list has grown.
 */
bool ipos_select_more(struct ipos_endpoint *ep)
{
	if (!ep->exhausted)
		by_policy(ep);
	return ep->n_candidates > ep->next;
}
