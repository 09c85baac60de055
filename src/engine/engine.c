// SPDX-License-Identifier: GPL-2.0
#include <linux/in.h>
#include <linux/random.h>
#include <linux/ktime.h>
#include "engine/abort.h"
#include "engine/announce.h"
#include "engine/engine.h"
#include "engine/hear.h"
#include "engine/start.h"
#include "engine/wake.h"
#include "engine/tell.h"
#include "engine/walker.h"
#include "table/news.h"

/* What a board has until it is told otherwise. */
const struct ipos_settings ipos_engine_defaults = {
	.ethertype	= cpu_to_be16(IPOS_ETHERTYPE),
	.load_threshold	= 10000,
	.hold_bytes	= 32768,
	.hold_ms	= 10000,
	.offer_ms	= 100,
	.offer_tries	= 4,
	.ack_ms		= 250,
	.ack_tries	= 8,
	.reserve_ms	= 3000,
	.idle_s		= 7500,	/* beyond the first keep-alive */
	.closing_s	= 65,
	.settle_ms	= 8000,	/* a reservation's and a frame's life */
	.advertise_ms	= 100,
	.peer_s		= 15,
	.leave_ms	= 5000,
	.udp_s		= 120,	/* longer than a service's timeout */
	.syn_cookies_threshold = 16384,
	.weight		= IPOS_WEIGHT,
	.load_cpu	= 60,
	.load_memory	= 20,
	.load_bandwidth	= 20,
	.wait_ms	= 30000,
	.cookie_s	= 3600,
	.cookie_refresh_s = 10,
};

static int init_tables(struct ipos_engine *engine)
{
	int err;

	err = ipos_flow_table_init(&engine->flows);
	if (err)
		return err;
	err = ipos_server_table_init(&engine->servers);
	if (err)
		goto flows;
	err = ipos_service_table_init(&engine->services);
	if (err)
		goto servers;
	err = ipos_url_table_init(&engine->urls);
	if (err)
		goto services;
	err = ipos_cookiemap_init(&engine->cookies);
	if (err)
		goto urls;
	err = ipos_withdrawn_table_init(&engine->withdrawn);
	if (err)
		goto cookies;
	err = ipos_listen_table_init(&engine->listens);
	if (err)
		goto withdrawn;
	err = ipos_app_table_init(&engine->apps);
	if (err)
		goto listens;
	err = ipos_program_table_init(&engine->programs);
	if (err)
		goto apps;
	return 0;
apps:
	ipos_app_table_destroy(&engine->apps);
listens:
	ipos_listen_table_destroy(&engine->listens);
withdrawn:
	ipos_withdrawn_table_destroy(&engine->withdrawn);
cookies:
	ipos_cookiemap_destroy(&engine->cookies);
urls:
	ipos_url_table_destroy(&engine->urls);
services:
	ipos_service_table_destroy(&engine->services);
servers:
	ipos_server_table_destroy(&engine->servers);
flows:
	ipos_flow_table_destroy(&engine->flows);
	return err;
}

static void tell_listener(struct ipos_listen_table *table, __be32 server,
			  const struct ipos_listener *what, bool listens)
{
	struct ipos_engine *engine = container_of(table, struct ipos_engine,
						  listens);

	if (!(what->proto & IPOS_LISTENER_STARTABLE))
		ipos_cluster_event(engine->net,
				   listens ? IPOS_CLUSTER_EVENT_LISTENING :
					     IPOS_CLUSTER_EVENT_CLOSED,
				   server, what);
	if (server == IPOS_HERE && listens && !ipv4_is_loopback(what->addr))
		ipos_announce_soon(engine);
	ipos_start_listener(engine, server, what, listens);
}

static void start_host(struct ipos_engine *engine)
{
	engine->host = (struct ipos_host){
		.net = engine->net,
		.counters = engine->counters,
		.devs = &engine->devs,
		.services = &engine->services.bound,
		.flows = &engine->flows,
		.server_ip = &engine->settings.server_ip,
		.link_speed = &engine->settings.link_speed,
		.advertise_ms = &engine->settings.advertise_ms,
		.listens = &engine->listens,
		.apps = &engine->apps,
		.state = &engine->state,
	};
	ipos_host_start(&engine->host);
}

/**
 * ipos_engine_init() - an engine that intercepts nothing yet
 * @engine: zeroed memory
 * @net: the namespace, which outlives it
 *
 * Process context.
 *
 * Return: 0 or -ENOMEM.
 */
int ipos_engine_init(struct ipos_engine *engine, struct net *net)
{
	int err;

	engine->net = net;
	engine->settings = ipos_engine_defaults;
	engine->counters = alloc_percpu(struct ipos_counters);
	if (!engine->counters)
		return -ENOMEM;
	err = init_tables(engine);
	if (err) {
		free_percpu(engine->counters);
		return err;
	}
	ipos_dev_table_init(&engine->devs);
	get_random_bytes(&engine->isn_key, sizeof(engine->isn_key));
	get_random_bytes(&engine->cookie_salt, sizeof(engine->cookie_salt));
	atomic64_set(&engine->handoffs, ktime_get_real_ns() / NSEC_PER_USEC);
	/* Grows over restarts, as far as the clock does. */
	engine->epoch = (ktime_get_real_ns() / NSEC_PER_USEC) | 1;
	engine->started = get_jiffies_64();
	ipos_abort_init(engine);
	engine->listens.changed = tell_listener;
	ipos_hear_init(engine);
	ipos_announce_init(engine);
	ipos_wake_init(engine);
	ipos_tell_init(engine);
	ipos_walker_start(engine);
	start_host(engine);
	return 0;
}

/**
 * ipos_engine_stop() - end every flow
 * @engine: its hooks are gone
 *
 * May sleep.
 */
void ipos_engine_stop(struct ipos_engine *engine)
{
	WRITE_ONCE(engine->stopping, true);
	synchronize_rcu();
	ipos_announce_stop(engine);
	ipos_tell_stop(engine);
	ipos_walker_stop(engine);
	ipos_host_stop(&engine->host);
	ipos_hear_stop(engine);
	ipos_wake_stop(engine);
	ipos_abort_wait(engine);
	ipos_walker_clear(engine);
}

/**
 * ipos_engine_destroy() - free what is left
 * @engine: stopped
 *
 * Process context.
 */
void ipos_engine_destroy(struct ipos_engine *engine)
{
	ipos_program_table_destroy(&engine->programs);
	ipos_app_table_destroy(&engine->apps);
	ipos_listen_table_destroy(&engine->listens);
	ipos_withdrawn_table_destroy(&engine->withdrawn);
	ipos_cookiemap_destroy(&engine->cookies);
	ipos_url_table_destroy(&engine->urls);
	ipos_service_table_destroy(&engine->services);
	ipos_server_table_destroy(&engine->servers);
	ipos_flow_table_destroy(&engine->flows);
	free_percpu(engine->counters);
}
