/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the decisions of one network namespace work on: its tables, settings,
 * counters and its way out. board/ builds it, the hooks hand it packets,
 * control/ shows and changes it.
 */
#ifndef IPOS_ENGINE_ENGINE_H
#define IPOS_ENGINE_ENGINE_H

#include <linux/mutex.h>
#include <linux/siphash.h>
#include <linux/workqueue.h>
#include "base/count.h"
#include "host/host.h"
#include "table/app.h"
#include "table/cookiemap.h"
#include "table/dev.h"
#include "table/flow.h"
#include "table/listen.h"
#include "table/program.h"
#include "table/server.h"
#include "table/service.h"
#include "table/url.h"
#include "table/withdrawn.h"

struct net;

/**
 * struct ipos_settings - what `board set` changes; read without a lock
 * @server_ip: this board's Server IP, 0 until set: no hand-off either way
 * @ethertype: type field of ipOS frames, network byte order
 * @draining: refuse offers and place nothing new here
 * @load_threshold: established connections up to which local-first stays
 * @hold_bytes: request bytes held per endpoint before the policy decides
 * @hold_ms: time from the handshake until the policy decides
 * @offer_ms: first retransmission of an offer; doubles
 * @offer_tries: offers sent to one board before the next is tried
 * @ack_ms: interval of repeated acknowledgements; above a round trip
 * @ack_tries: repeated acknowledgements before a reservation expires
 * @reserve_ms: lifetime of a reservation whose receive queue is incomplete
 * @idle_s: Forward entries without a packet end after this
 * @closing_s: how long a closed connection's packets are still forwarded
 * @advertise_ms: interval of this board's advertisements, 0 = none
 * @peer_s: Forward entries to a board that is silent end after this, 0 = never
 * @wait_ms: how long an endpoint waits for applications to be started
 * @leave_ms: who leaves tells so for no longer
 * @udp_s: UDP flows of other boards end after this without a datagram
 * @settle_ms: time from the start until offers are made and taken: no frame
 *	of a former life of this board may meet one of this
 * @syn_cookies_threshold: rows of the Temporary Table from which SYN cookies
 *	answer, where the namespace's tcp_syncookies allows it
 * @weight: of this board, as it tells the others
 * @load_cpu: what the CPU utilization weighs in least-load
 * @load_memory: likewise memory
 * @load_bandwidth: likewise bandwidth
 * @link_speed: of the devices with a role, Mbit/s; 0: as they say
 * @cookie_s: learned rows of the Cookie Map end after this without use
 * @cookie_refresh_s: interval in which this board repeats its own rows
 */
struct ipos_settings {
	__be32	server_ip;
	__be16	ethertype;
	bool	draining;
	u32	load_threshold;
	u32	hold_bytes;
	u32	hold_ms;
	u32	offer_ms;
	u32	offer_tries;
	u32	ack_ms;
	u32	ack_tries;
	u32	reserve_ms;
	u32	idle_s;
	u32	closing_s;
	u32	settle_ms;
	u32	advertise_ms;
	u32	peer_s;
	u32	leave_ms;
	u32	udp_s;
	u32	syn_cookies_threshold;
	u32	weight;
	u32	load_cpu;
	u32	load_memory;
	u32	load_bandwidth;
	u32	link_speed;
	u32	wait_ms;
	u32	cookie_s;
	u32	cookie_refresh_s;
};

/* Ports for which it is known which board was asked to start something. */
#define IPOS_AWAITED	64

/**
 * struct ipos_announce - what this board says of itself
 * @work: says it, again and again
 * @mutex: one at a time
 * @soon: it will be said soon
 * @snapshot: number of the last
 */
struct ipos_announce {
	struct delayed_work	work;
	struct mutex		mutex;
	bool			soon;
	u32			snapshot;
};

/**
 * struct ipos_tell - what this board says of cookies
 * @work: repeats it, again and again
 * @number: of the last map update
 */
struct ipos_tell {
	struct delayed_work	work;
	atomic_t		number;
};

struct ipos_engine;

/**
 * struct ipos_outgoing - what this host sends, while somebody looks at it
 * @changed: told that ipos_outgoing_wanted() has changed; given by the hook
 *	while it can be registered, RCU; any context
 * @users: UDP services and fabric devices: a UDP flow may be served here
 * @learns: some response may have a cookie to be learned
 * @is_on: the hook is registered
 */
struct ipos_outgoing {
	void (*changed)(struct ipos_engine *engine);
	atomic_t users;
	bool learns;
	bool is_on;
};

/**
 * struct ipos_engine - one network namespace
 * @net: the namespace; outlives the engine
 * @counters: what was done and dropped
 * @settings: see there
 * @devs: devices with a role
 * @mtu: least MTU of the fabric devices, 0 when there is none
 * @flows: Temporary, Forward-Connect, Forward and Local Table
 * @servers: Server State Table
 * @services: virtual services
 * @urls: URL Map
 * @cookies: Cookie Map
 * @withdrawn: offers taken back and not yet answered
 * @listens: Listening Sockets Table
 * @apps: Application Information Table, of this board
 * @programs: of that table, the applications that may be started here
 * @waiting: endpoints that wait for one to start, or did
 * @awaited: boards that were asked to start one, see engine/start.c
 * @unheard: nobody has heard the last start: the agents are of other namespaces
 * @wake: looks after those that wait
 * @wake_ms: until it does so again
 * @state: this board, as last sampled
 * @host: samples it, and lists its sockets and processes
 * @pendings: unfinished endpoints and reservations that still exist
 * @held_bytes: memory of all held segments, bounded
 * @isn_key: of initial sequence numbers and timestamp offsets
 * @cookie_salt: of this life of the board, in its SYN cookies
 * @cookies_until: jiffies until which one that was sent is valid
 * @handoffs: counts the ids given out
 * @epoch: this start of this board, never 0
 * @started: jiffies of that start
 * @announce: its advertisements
 * @tell: its map updates
 * @outgoing: see there
 * @restarts: ends what boards that restarted have forgotten
 * @walker: expires what needs no timer of its own
 * @doomed: Local entries whose sockets are to be aborted
 * @aborts: aborts them
 * @leave_until: jiffies until which others are told that this board leaves
 * @leaving: nothing new is begun, neither here nor for another board
 * @stopping: hooks and tracepoint are gone, or told to do nothing
 * @turn: of the boards that are equals to a policy, the latest
 * @turn_here: that of this board
 */
struct ipos_engine {
	struct net			*net;
	struct ipos_counters __percpu	*counters;
	struct ipos_settings		settings;
	struct ipos_dev_table		devs;
	u32				mtu;
	struct ipos_flow_table		flows;
	struct ipos_server_table	servers;
	struct ipos_service_table	services;
	struct ipos_url_table		urls;
	struct ipos_cookiemap		cookies;
	struct ipos_withdrawn_table	withdrawn;
	struct ipos_listen_table	listens;
	struct ipos_app_table		apps;
	struct ipos_program_table	programs;
	struct ipos_bound		waiting;
	u64				awaited[IPOS_AWAITED];
	bool				unheard;
	struct delayed_work		wake;
	u32				wake_ms;
	struct ipos_state		state;
	struct ipos_host		host;
	atomic_t			pendings;
	atomic_long_t			held_bytes;
	siphash_key_t			isn_key;
	u32				cookie_salt;
	u64				cookies_until;
	atomic64_t			handoffs;
	u64				epoch;
	u64				started;
	struct ipos_announce		announce;
	struct ipos_tell		tell;
	struct ipos_outgoing		outgoing;
	struct work_struct		restarts;
	struct delayed_work		walker;
	struct llist_head		doomed;
	struct work_struct		aborts;
	unsigned long			leave_until;
	bool				leaving;
	bool				stopping;
	atomic64_t			turn;
	atomic64_t			turn_here;
};

/*
 * The counter in the lower 48 bits, microseconds of the clock at the start, so
 * that ids grow over restarts; above it the end of the Server IP, so that no
 * two boards of a fabric give out the same.
 */
static inline u64 ipos_engine_handoff_id(const struct ipos_engine *engine,
					 u64 counter)
{
	u64 board = ntohl(READ_ONCE(engine->settings.server_ip)) & U16_MAX;

	return board << 48 | (counter & GENMASK_ULL(47, 0));
}

/* Ordered by the counter as sequence numbers are. */
static inline bool ipos_handoff_newer(u64 a, u64 b)
{
	return (s64)((a - b) << 16) > 0;
}

/* Frames of a former life of this board may still be under way. */
static inline bool ipos_engine_settling(const struct ipos_engine *engine)
{
	u32 ms = READ_ONCE(engine->settings.settle_ms);

	return unlikely(time_before64(get_jiffies_64(), engine->started +
						msecs_to_jiffies(ms)));
}

extern const struct ipos_settings ipos_engine_defaults;

int ipos_engine_init(struct ipos_engine *engine, struct net *net);
void ipos_engine_stop(struct ipos_engine *engine);
void ipos_engine_destroy(struct ipos_engine *engine);

#endif /* IPOS_ENGINE_ENGINE_H */
