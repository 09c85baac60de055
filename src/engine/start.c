// SPDX-License-Identifier: GPL-2.0
#include <linux/jiffies.h>
#include "engine/announce.h"
#include "engine/event.h"
#include "engine/start.h"
#include "engine/startable.h"
#include "table/news.h"

/* Until a socket that is told of can be found, or retried, at first. */
#define WAKE_MS		5

static bool is_closed_for_new(const struct ipos_engine *engine)
{
	return READ_ONCE(engine->settings.draining) ||
	       READ_ONCE(engine->leaving) || READ_ONCE(engine->stopping);
}

/* Counts what stands in the way. */
static bool may_begin(struct ipos_engine *engine,
		      const struct ipos_program *program)
{
	switch (ipos_startable_lacks(engine, program)) {
	case IPOS_LACKS_NOTHING:
		return true;
	case IPOS_LACKS_REST:
		ipos_count(engine->counters, start_resting);
		break;
	case IPOS_LACKS_AGENT:
		ipos_count(engine->counters, start_no_agent);
		break;
	case IPOS_LACKS_MEMORY:
		ipos_count(engine->counters, start_no_memory);
		break;
	case IPOS_LACKS_CPU:
		ipos_count(engine->counters, start_no_cpu);
		break;
	}
	return false;
}

/**
 * ipos_start_any() - whether there is a board that could start something
 * @engine: the namespace
 * @proto: enum ipos_protocol
 * @port: network byte order
 *
 * RCU held.
 *
 * Return: false where nobody has registered an application for the port here,
 * and no other board says that it can start any.
 */
bool ipos_start_any(struct ipos_engine *engine, u8 proto, __be16 port)
{
	return READ_ONCE(engine->listens.startable) ||
	       ipos_program_peek(&engine->programs, proto, port);
}

static void tell(struct ipos_engine *engine, const struct ipos_program *program,
		 enum ipos_cluster_event event)
{
	struct ipos_listener what = {
		.port = program->config.key.port,
		.proto = program->config.key.proto,
		.pid = READ_ONCE(program->owner) ?: READ_ONCE(program->pid),
	};

	strscpy(what.name, program->config.name, sizeof(what.name));
	ipos_cluster_event(engine->net, event, IPOS_HERE, &what);
}

static void tell_failed(struct ipos_engine *engine,
			const struct ipos_program *program)
{
	ipos_count(engine->counters, start_failed);
	tell(engine, program, IPOS_CLUSTER_EVENT_FAILED);
	ipos_start_wake(engine);
	ipos_announce_changed(engine);
}

/* Returns whether it is being started now, by this call or another's. */
static bool begin(struct ipos_engine *engine, struct ipos_program *program)
{
	if (is_closed_for_new(engine) || !may_begin(engine, program))
		return false;
	if (!ipos_program_start(&engine->programs, program))
		return READ_ONCE(program->state) == IPOS_APP_STATE_STARTING;
	if (!ipos_event_start(engine->net, program->config.name,
			      program->config.unit, program->config.command)) {
		WRITE_ONCE(engine->unheard, true);
		ipos_count(engine->counters, start_no_agent);
		ipos_program_unheard(&engine->programs, program);
		return false;
	}
	ipos_count(engine->counters, start_asked);
	tell(engine, program, IPOS_CLUSTER_EVENT_STARTING);
	ipos_announce_changed(engine);
	return true;
}

static bool is_young(const struct ipos_program *program)
{
	return time_before(jiffies, READ_ONCE(program->since) +
				    program->config.start_s * HZ);
}

/**
 * ipos_start_here() - nothing of this board took an endpoint: start what would
 * @engine: the namespace
 * @proto: enum ipos_protocol
 * @port: network byte order
 *
 * RCU held.
 *
 * Return: whether to wait: it is being started, once for all who ask; or it
 * listens only just, and is not ready for all who waited.
 */
bool ipos_start_here(struct ipos_engine *engine, u8 proto, __be16 port)
{
	struct ipos_program *program = ipos_program_peek(&engine->programs,
							 proto, port);

	if (!program)
		return false;
	switch (READ_ONCE(program->state)) {
	case IPOS_APP_STATE_STARTING:
		return true;
	case IPOS_APP_STATE_RUNNING:
		return is_young(program);
	default:
		return begin(engine, program);
	}
}

/**
 * ipos_start_refusal() - what to answer an offer where nothing listens
 * @engine: the namespace
 * @proto: enum ipos_protocol
 * @port: that the offer is for, network byte order
 *
 * RCU held. Starts what is registered for the port. More than which one that
 * is another board cannot say.
 *
 * Return: a reason of refusal.
 */
enum ipos_refusal ipos_start_refusal(struct ipos_engine *engine, u8 proto,
				     __be16 port)
{
	const struct ipos_program *program;

	if (ipos_start_here(engine, proto, port))
		return IPOS_REFUSE_STARTING;
	program = ipos_program_peek(&engine->programs, proto, port);
	if (program && ipos_startable_lacks(engine, program) ==
		       IPOS_LACKS_MEMORY)
		return IPOS_REFUSE_NO_MEMORY;
	return IPOS_REFUSE_NO_LISTENER;
}

static void listener_here(struct ipos_engine *engine,
			  const struct ipos_listener *what, bool listens)
{
	struct ipos_program *program = ipos_program_peek(&engine->programs,
							 what->proto,
							 what->port);

	/* What is bound to a loopback address serves nobody. */
	if (!program || ipv4_is_loopback(what->addr))
		return;
	if (listens) {
		if (ipos_program_runs(&engine->programs, program, what->pid)) {
			ipos_count(engine->counters, start_running);
			tell(engine, program, IPOS_CLUSTER_EVENT_RUNNING);
		}
	} else if (!ipos_listen_has(&engine->listens, IPOS_HERE, what->proto,
				    what->port)) {
		if (ipos_program_stops(&engine->programs, program))
			tell_failed(engine, program);
	}
	ipos_announce_changed(engine);
}

/**
 * ipos_start_listener() - a row of the Listening Sockets Table came or went
 * @engine: the namespace
 * @server: Server IP, or IPOS_HERE
 * @what: the socket, or what could be started
 * @listens: it came
 *
 * RCU and the table's lock held.
 */
void ipos_start_listener(struct ipos_engine *engine, __be32 server,
			 const struct ipos_listener *what, bool listens)
{
	bool startable = what->proto & IPOS_LISTENER_STARTABLE;

	if (server == IPOS_HERE)
		listener_here(engine, what, listens);
	/* It listens; or it cannot be started any more. */
	if (listens != startable)
		ipos_start_wake(engine);
}

/**
 * ipos_start_added() - an application was registered
 * @engine: the namespace
 * @proto: enum ipos_protocol
 * @port: it listens on, network byte order
 *
 * It may listen already. What comes or goes from now on is told; what did so
 * before is looked at here. RCU held.
 */
void ipos_start_added(struct ipos_engine *engine, u8 proto, __be16 port)
{
	struct ipos_program *program = ipos_program_peek(&engine->programs,
							 proto, port);
	struct ipos_listen_table *listens = &engine->listens;

	if (program && ipos_listen_has(listens, IPOS_HERE, proto, port)) {
		ipos_program_runs(&engine->programs, program, 0);
		if (!ipos_listen_has(listens, IPOS_HERE, proto, port))
			ipos_program_stops(&engine->programs, program);
	}
	ipos_announce_changed(engine);
}

/**
 * ipos_start_failed() - the agent says so
 * @engine: the namespace
 * @program: borrowed
 * @pid: what it had started
 */
void ipos_start_failed(struct ipos_engine *engine,
		       struct ipos_program *program, u32 pid)
{
	if (ipos_program_fails(&engine->programs, program, pid))
		tell_failed(engine, program);
}

/**
 * ipos_start_age() - who was started, and does not listen
 * @engine: the namespace
 *
 * Process context.
 */
void ipos_start_age(struct ipos_engine *engine)
{
	struct ipos_program *program;

	rcu_read_lock();
	list_for_each_entry_rcu(program, &engine->programs.list, list)
		if (ipos_program_age(&engine->programs, program)) {
			ipos_count(engine->counters, start_timeout);
			tell_failed(engine, program);
		}
	rcu_read_unlock();
}

/**
 * ipos_start_wake() - look after those who wait, soon
 * @engine: the namespace
 *
 * RCU held.
 */
void ipos_start_wake(struct ipos_engine *engine)
{
	if (!ipos_bound_count(&engine->waiting) || READ_ONCE(engine->stopping))
		return;
	WRITE_ONCE(engine->wake_ms, WAKE_MS);
	mod_delayed_work(system_highpri_wq, &engine->wake,
			 msecs_to_jiffies(WAKE_MS));
}

/* Its place among those who wait is its own until it is freed. */
static bool begin_waiting(struct ipos_engine *engine, struct ipos_endpoint *ep)
{
	u32 ms = READ_ONCE(engine->settings.wait_ms);

	if (!ipos_bound_take(&engine->waiting)) {
		ipos_count(engine->counters, drop_limit_waiting);
		return false;
	}
	ep->waits = true;
	ep->deadline = jiffies + msecs_to_jiffies(ms);
	ipos_count(engine->counters, waited);
	ipos_event(engine, waiting, ipos_event_of(ep->pending.flow, NONE));
	return true;
}

/**
 * ipos_start_wait() - let an endpoint wait for an application
 * @ep: not offered, or refused; its candidate is starting the application
 *
 * Flow lock and RCU held, bottom halves off. It is retried when the
 * application listens, and once a second; its timer ends the waiting.
 *
 * Return: false when too many wait, or it has done so for too long.
 */
bool ipos_start_wait(struct ipos_endpoint *ep)
{
	struct ipos_engine *engine = ep->pending.engine;

	if (!ep->waits && !begin_waiting(engine, ep))
		return false;
	if (ipos_start_is_over(ep))
		return false;
	ep->stage = IPOS_STAGE_WAITING;
	ep->tried = jiffies;
	ipos_pending_arm(&ep->pending,
			 jiffies_to_msecs(ep->deadline - jiffies));
	return true;
}

/*
 * Which board is starting what listens on a port, by the last offer of this
 * one: address, port, and the second of that in one word. A place is shared by
 * several ports: what is forgotten may be started twice, not worse.
 */
static u64 awaited(__be16 port, __be32 server)
{
	u64 second = (get_jiffies_64() - INITIAL_JIFFIES) / HZ;

	return (u64)ntohl(server) << 32 | (u32)ntohs(port) << 16 |
	       (u16)second;
}

static u64 *place_of(struct ipos_engine *engine, __be16 port)
{
	return &engine->awaited[ntohs(port) % IPOS_AWAITED];
}

/**
 * ipos_start_await() - a board was asked: who comes next asks the same
 * @engine: the namespace
 * @port: network byte order
 * @server: its Server IP
 */
void ipos_start_await(struct ipos_engine *engine, __be16 port, __be32 server)
{
	WRITE_ONCE(*place_of(engine, port), awaited(port, server));
}

/**
 * ipos_start_awaits() - whether a board was asked, and may be at it
 * @engine: the namespace
 * @port: network byte order
 * @server: its Server IP
 *
 * Return: see there.
 */
bool ipos_start_awaits(struct ipos_engine *engine, __be16 port, __be32 server)
{
	u64 was = READ_ONCE(*place_of(engine, port));
	u64 now = awaited(port, server);
	u32 s = READ_ONCE(engine->settings.wait_ms) / MSEC_PER_SEC;

	return was >> 16 == now >> 16 && (u16)(now - was) <= s;
}

/**
 * ipos_start_forget() - a board that was asked does not do it
 * @engine: the namespace
 * @port: network byte order
 * @server: its Server IP
 */
void ipos_start_forget(struct ipos_engine *engine, __be16 port, __be32 server)
{
	if (ipos_start_awaits(engine, port, server))
		WRITE_ONCE(*place_of(engine, port), 0);
}
