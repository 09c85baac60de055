// SPDX-License-Identifier: GPL-2.0
/*
 * What the module's sources that are simulated ask of those that are not: no
 * map says anything, no application waits to be started.
 */
#include "engine/here.h"
#include "engine/out.h"
#include "engine/start.h"
#include "engine/startable.h"
#include "cluster.h"

bool ipos_start_any(struct ipos_engine *engine, u8 proto, __be16 port)
{
	return false;
}

bool ipos_start_awaits(struct ipos_engine *engine, __be16 port, __be32 server)
{
	return false;
}

bool ipos_startable(const struct ipos_engine *engine,
		    const struct ipos_program *program)
{
	return false;
}

struct ipos_program *ipos_program_peek(struct ipos_program_table *table,
				       u8 proto, __be16 port)
{
	return NULL;
}

unsigned int ipos_url_lookup(struct ipos_url_table *table, const char *host,
			     const char *path,
			     __be32 servers[IPOS_URL_SERVERS])
{
	return 0;
}

struct ipos_cookiemap_row *ipos_cookiemap_peek(struct ipos_cookiemap *map,
					       const char *text, u8 len)
{
	return NULL;
}

const char *ipos_inspector_host(const struct ipos_inspector *inspector)
{
	return "";
}

const char *ipos_inspector_path(const struct ipos_inspector *inspector)
{
	return "";
}

const struct ipos_cookies *
ipos_inspector_cookies(const struct ipos_inspector *inspector)
{
	return NULL;
}

/* A board that takes requests at all listens. */
bool ipos_here_listens(struct ipos_engine *engine, const struct ipos_key *key,
		       __be16 port, int ifindex)
{
	return true;
}

void ipos_host_count(struct ipos_host *host, struct ipos_state *state)
{
	cluster_count(container_of(host, struct ipos_engine, host), state);
}

void ipos_out_group(struct ipos_engine *engine, const struct net_device *only,
		    const void *frame, size_t len, enum ipos_counter counter)
{
	cluster_heard(frame, len);
}

void kernel_later(struct delayed_work *work, unsigned long delay)
{
	cluster_later(container_of(work, struct ipos_engine, announce.work),
		      delay);
}
