// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include "table/presence.h"
#include "wire/wire.h"
#include "chance.h"
#include "events.h"
#include "inside.h"

/* Of a sample half a second old, as in src/host/load.c. */
#define HALF_US		500000
/* Ethernet header, check sum, preamble and gap; the least frame. */
#define ETHERNET	(14 + 4 + 8 + 12)
#define ETHERNET_MIN	(60 + 4 + 8 + 12)

static struct board *board_at(const struct ipos_engine *engine)
{
	return container_of((struct ipos_engine *)engine, struct board, engine);
}

void cluster_later(struct ipos_engine *engine, unsigned long delay)
{
	u64 us = (u64)delay * 1000000 / HZ;

	if (sim.priming)
		us = chance_below(sim.opt.advertise_ms * 1000);
	events_add(sim.now + us, EVENT_ADVERT, board_at(engine) - sim.boards);
}

void cluster_count(const struct ipos_engine *engine, struct ipos_state *state)
{
	state->connections = sim_load_of(board_at(engine));
	state->in_flight = state->connections;
}

static void hear_listeners(const struct ipos_presence *p, const void *body)
{
	struct ipos_listen_table *table = &sim.view.listens;
	struct ipos_listener what;
	u32 i;

	for (i = 0; i < p->advert->listeners; i++)
		if (ipos_advert_parse_listener(body, i, &what))
			ipos_listen_heard(table, p->ip, &what,
					  p->advert->snapshot);
	if (p->complete)
		ipos_listen_complete(table, p->ip, p->advert->snapshot);
}

/* As src/engine/hear.c does. */
static void hear(const void *frame, size_t len)
{
	const u8 *body = (const u8 *)frame + IPOS_HDR_LEN;
	struct ipos_advert advert;
	struct ipos_presence p = { .dev = &sim.fabric, .learn = true,
				   .advert = &advert };
	u8 lladdr[ETH_ALEN] = { 2 };
	struct ipos_hdr hdr;
	size_t body_len;

	if (ipos_wire_check(frame, len, &hdr, &body_len) != IPOS_WIRE_OK ||
	    ipos_advert_parse(body, body_len, &advert) != IPOS_WIRE_OK)
		abort();
	p.ip = hdr.dst_ip;
	p.lladdr = lladdr;
	memcpy(lladdr + 2, &p.ip, sizeof(p.ip));
	if (ipos_presence_hear(&sim.view.servers, &p) != IPOS_PRESENCE_TAKEN)
		abort();
	sim.rows[sim_board_of(p.ip)] = p.server;
	hear_listeners(&p, body);
}

void cluster_heard(const void *frame, size_t len)
{
	sim.result.frames++;
	sim.result.bytes += max(len + ETHERNET, (size_t)ETHERNET_MIN);
	if (sim.captured)
		memcpy(sim.captured, frame, len);
	else
		hear(frame, len);
}

void sim_account(struct board *b)
{
	b->busy_us += (sim.now - b->changed) * b->busy;
	b->changed = sim.now;
}

static u64 smooth(u64 mean, u64 sample, u64 us)
{
	return (mean * HALF_US + sample * us) / (HALF_US + us);
}

/* CPU utilization and time to accept, as docs/state.md tells. */
static void sample(struct board *b)
{
	struct ipos_state *state = &b->engine.state;
	u64 us = sim.now - b->sampled, accepted, wait;

	sim_account(b);
	if (!us)
		return;
	state->cpu = smooth(state->cpu, (b->busy_us - b->sampled_busy) * 1000 /
					(us * sim.opt.workers), us);
	accepted = b->accepted - b->sampled_accepted;
	if (accepted)
		wait = smooth(state->accept_us, us *
			      (b->backlog + (u64)b->waiting) / (2 * accepted),
			      us);
	else if (b->waiting)
		wait = state->accept_us + us;
	else
		wait = smooth(state->accept_us, 0, us);
	state->accept_us = min(wait, 60000000ULL);
	b->sampled = sim.now;
	b->sampled_busy = b->busy_us;
	b->sampled_accepted = b->accepted;
	b->backlog = b->waiting;
}

void sim_advertise(struct board *b)
{
	if (b->dead)
		return;
	sample(b);
	b->engine.announce.work.work.func(&b->engine.announce.work.work);
}

/* Frames are made first, then heard: only that is timed. */
double cluster_hearing_cost(void)
{
	const size_t room = 1500;
	u8 *frames = calloc(sim.opt.boards, room);
	double ns;
	u32 i;

	if (!frames)
		abort();
	for (i = 0; i < sim.opt.boards; i++) {
		sim.captured = frames + i * room;
		sim_advertise(&sim.boards[i]);
	}
	sim.captured = NULL;
	ns = sim_cpu_ns();
	for (i = 0; i < sim.opt.boards; i++)
		hear(frames + i * room, IPOS_HDR_LEN + IPOS_ADVERT_LEN +
					sim.opt.listeners * IPOS_LISTENER_LEN);
	ns = sim_cpu_ns() - ns;
	free(frames);
	return ns / sim.opt.boards;
}
