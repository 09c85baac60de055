// SPDX-License-Identifier: GPL-2.0
#include "table/presence.h"

static bool is_former(const struct ipos_heard *heard, u64 epoch)
{
	int i;

	for (i = 0; i < IPOS_SERVER_FORMER; i++)
		if (heard->former[i] == epoch)
			return true;
	return false;
}

/* The oldest is forgotten. */
static void remember(struct ipos_heard *heard)
{
	memmove(heard->former + 1, heard->former,
		sizeof(heard->former) - sizeof(heard->former[0]));
	heard->former[0] = heard->epoch;
}

/* Compared as sequence numbers are. */
static bool newer(u32 a, u32 b)
{
	return (s32)(a - b) > 0;
}

static enum ipos_presence_verdict in_order(const struct ipos_heard *heard,
					   const struct ipos_advert *advert)
{
	if (is_former(heard, advert->epoch))
		return IPOS_PRESENCE_EPOCH;
	if (heard->epoch != advert->epoch ||
	    newer(advert->snapshot, heard->snapshot))
		return IPOS_PRESENCE_TAKEN;
	if (advert->snapshot != heard->snapshot ||
	    test_bit(advert->part - 1, heard->got))
		return IPOS_PRESENCE_REPLAYED;
	return advert->parts == heard->parts ? IPOS_PRESENCE_TAKEN :
					       IPOS_PRESENCE_LENGTH;
}

static enum ipos_presence_verdict verdict_of(int err)
{
	switch (err) {
	case -ENOSPC:
		return IPOS_PRESENCE_LIMIT;
	case -EEXIST:
	case -EADDRINUSE:
		return IPOS_PRESENCE_UNTRUSTED;
	default:
		return IPOS_PRESENCE_MEMORY;
	}
}

/* Who says that it goes is not got to know for that. */
static enum ipos_presence_verdict learn(struct ipos_server_table *table,
					struct ipos_presence *p)
{
	struct ipos_server *server;

	/* It has another Server IP: that one has to be gone first. */
	if (ipos_server_peek_lladdr(table, p->lladdr))
		return IPOS_PRESENCE_UNTRUSTED;
	if (!p->learn)
		return IPOS_PRESENCE_SENDER;
	if (p->advert->flags & IPOS_ADVERT_LEAVING)
		return IPOS_PRESENCE_TAKEN;
	server = ipos_server_learn(table, p->ip, p->lladdr, p->dev);
	if (IS_ERR(server))
		return verdict_of(PTR_ERR(server));
	p->server = server;
	return IPOS_PRESENCE_TAKEN;
}

static bool is_there(const struct ipos_presence *p)
{
	u8 lladdr[ETH_ALEN];

	return ipos_server_lladdr(p->server, lladdr) &&
	       ether_addr_equal(lladdr, p->lladdr) &&
	       rcu_access_pointer(p->server->dev) == p->dev;
}

/*
 * A board on two fabrics advertises on both: it stays where it is while it is
 * heard there.
 */
static enum ipos_presence_verdict move(struct ipos_server_table *table,
				       struct ipos_presence *p)
{
	struct ipos_server *server = p->server;
	int err;

	if (!server->learned || !p->learn ||
	    (rcu_access_pointer(server->dev) != p->dev &&
	     ipos_server_fresh(server)))
		return IPOS_PRESENCE_UNTRUSTED;
	err = ipos_server_move(table, server, p->lladdr, p->dev);
	if (err)
		return verdict_of(err);
	p->news |= IPOS_PRESENCE_MOVED;
	return IPOS_PRESENCE_TAKEN;
}

static enum ipos_presence_verdict restart(struct ipos_server_table *table,
					  struct ipos_presence *p)
{
	struct ipos_server *new = ipos_server_replace(table, p->server);

	if (!new)
		return IPOS_PRESENCE_MEMORY;
	remember(&new->heard);
	p->server = new;
	p->news |= IPOS_PRESENCE_RESTARTED;
	return IPOS_PRESENCE_TAKEN;
}

/* Read one by one while they change: none is of more than a word. */
static void note_state(struct ipos_server *server,
		       const struct ipos_state *state)
{
	struct ipos_state *told = &server->told;

	WRITE_ONCE(told->connections, state->connections);
	WRITE_ONCE(told->cpu, state->cpu);
	WRITE_ONCE(told->weight, state->weight);
	WRITE_ONCE(told->memory, state->memory);
	WRITE_ONCE(told->bandwidth, state->bandwidth);
	WRITE_ONCE(told->in_flight, state->in_flight);
	WRITE_ONCE(told->accept_us, state->accept_us);
	WRITE_ONCE(told->memory_total, state->memory_total);
	WRITE_ONCE(told->bandwidth_total, state->bandwidth_total);
	WRITE_ONCE(server->handoffs_then, atomic_read(&server->handoffs));
}

/* The first part of a snapshot that comes tells the state. */
static void note_snapshot(struct ipos_server *server,
			  const struct ipos_advert *advert)
{
	struct ipos_heard *heard = &server->heard;

	note_state(server, &advert->state);
	WRITE_ONCE(heard->epoch, advert->epoch);
	WRITE_ONCE(heard->snapshot, advert->snapshot);
	heard->parts = advert->parts;
	heard->n_got = 0;
	bitmap_zero(heard->got, IPOS_ADVERT_PARTS);
	WRITE_ONCE(heard->interval_ms, advert->interval_ms);
	WRITE_ONCE(heard->flags, advert->flags);
}

static u32 news_of(u8 before, u8 now, bool restarted)
{
	if (now == IPOS_SERVER_LEFT)
		return before == now ? 0 : IPOS_PRESENCE_LEFT;
	if (restarted || before == IPOS_SERVER_FRESH)
		return 0;
	return before == IPOS_SERVER_STALE ? IPOS_PRESENCE_FRESH :
					     IPOS_PRESENCE_JOINED;
}

static void note(struct ipos_presence *p)
{
	const struct ipos_advert *advert = p->advert;
	struct ipos_heard *heard = &p->server->heard;
	u8 now = advert->flags & IPOS_ADVERT_LEAVING ? IPOS_SERVER_LEFT :
						       IPOS_SERVER_FRESH;

	if (heard->epoch != advert->epoch ||
	    heard->snapshot != advert->snapshot)
		note_snapshot(p->server, advert);
	__set_bit(advert->part - 1, heard->got);
	heard->n_got++;
	p->complete = heard->n_got == heard->parts;
	WRITE_ONCE(heard->at, jiffies);
	p->news |= news_of(heard->presence, now,
			   p->news & IPOS_PRESENCE_RESTARTED);
	WRITE_ONCE(heard->presence, now);
}

static enum ipos_presence_verdict known(struct ipos_server_table *table,
					struct ipos_presence *p)
{
	enum ipos_presence_verdict verdict;

	/* About to be deleted by hand. */
	if (READ_ONCE(p->server->leaving))
		return IPOS_PRESENCE_SENDER;
	verdict = in_order(&p->server->heard, p->advert);
	if (verdict == IPOS_PRESENCE_TAKEN && !is_there(p))
		verdict = move(table, p);
	if (verdict == IPOS_PRESENCE_TAKEN && p->server->heard.epoch &&
	    p->server->heard.epoch != p->advert->epoch)
		verdict = restart(table, p);
	return verdict;
}

/**
 * ipos_presence_hear() - take in a part of an advertisement
 * @table: the table, its @hearing held
 * @p: what came; @server, @news and @complete are filled in
 *
 * Softirq, RCU held.
 *
 * Return: whether it was taken, and why not.
 */
enum ipos_presence_verdict ipos_presence_hear(struct ipos_server_table *table,
					      struct ipos_presence *p)
{
	enum ipos_presence_verdict verdict;

	p->news = 0;
	p->complete = false;
	p->server = ipos_server_peek(table, p->ip);
	verdict = p->server ? known(table, p) : learn(table, p);
	if (verdict == IPOS_PRESENCE_TAKEN && p->server)
		note(p);
	return verdict;
}

static u8 presence_of(const struct ipos_server *server)
{
	u8 presence = server->heard.presence;

	if (presence == IPOS_SERVER_FRESH &&
	    !ipos_server_within(server, IPOS_SERVER_STALE_INTERVALS))
		presence = IPOS_SERVER_STALE;
	if (presence == IPOS_SERVER_STALE &&
	    !ipos_server_within(server, IPOS_SERVER_GONE_INTERVALS))
		presence = IPOS_SERVER_GONE;
	return presence;
}

/**
 * ipos_presence_age() - what a board's silence means by now
 * @table: the table, its @hearing held
 * @server: the row, borrowed under RCU
 *
 * A learned row of a board that is gone, or has left, is deleted once no flow
 * holds it. Bottom halves off.
 *
 * Return: IPOS_PRESENCE_STALE, IPOS_PRESENCE_GONE, both, or 0.
 */
u32 ipos_presence_age(struct ipos_server_table *table,
		      struct ipos_server *server)
{
	u8 before = server->heard.presence;
	u8 now = presence_of(server);
	u32 news = 0;

	if (now != before) {
		WRITE_ONCE(server->heard.presence, now);
		if (before == IPOS_SERVER_FRESH)
			news |= IPOS_PRESENCE_STALE;
		if (now == IPOS_SERVER_GONE)
			news |= IPOS_PRESENCE_GONE;
	}
	if (server->learned && (now == IPOS_SERVER_GONE ||
				now == IPOS_SERVER_LEFT))
		ipos_server_forget(table, server);
	return news;
}
