// SPDX-License-Identifier: GPL-2.0
#include <linux/delay.h>
#include <linux/random.h>
#include <linux/slab.h>
#include "engine/out.h"
#include "engine/tell.h"
#include "wire/map.h"

/* So many frames at once: no queue between two boards shall fill up. */
#define BURST		32
/* A board that comes is told within this, so that many do not at once. */
#define JOINED_MS	1000

static void send(struct ipos_engine *engine, void *frame, u16 rows, u16 part,
		 u16 parts)
{
	const struct ipos_map map = {
		.epoch = engine->epoch,
		.number = atomic_inc_return(&engine->tell.number),
		.part = part, .parts = parts, .rows = rows,
	};
	__be32 ip = READ_ONCE(engine->settings.server_ip);

	if (ip)
		ipos_out_group(engine, NULL, frame,
			       ipos_map_build(frame, ip, &map),
			       IPOS_N_maps_sent);
}

static void send_one(struct ipos_engine *engine, const struct ipos_map_row *row)
{
	u8 frame[IPOS_HDR_LEN + IPOS_MAP_LEN + IPOS_MAP_ROW_LEN];

	ipos_map_build_row(frame, 0, row);
	send(engine, frame, 1, 1, 1);
}

static struct ipos_map_row row_of(u8 kind, __be32 addr, const char *text,
				  size_t len)
{
	struct ipos_map_row row = {
		.kind = kind, .addr = addr, .len = len,
	};

	memcpy(row.text, text, len);
	return row;
}

/**
 * ipos_tell_learned() - an application of this board has given out a cookie
 * @engine: the namespace
 * @text: its value
 * @len: of @text, bytes
 *
 * Any context.
 */
void ipos_tell_learned(struct ipos_engine *engine, const char *text, u8 len)
{
	__be32 ip = READ_ONCE(engine->settings.server_ip);
	struct ipos_map_row row = row_of(IPOS_MAP_LEARNED, ip, text, len);

	send_one(engine, &row);
}

static struct ipos_map_row row_of_name(const struct ipos_service_key *key,
				       const char *name)
{
	struct ipos_map_row row = row_of(IPOS_MAP_NAME, key->addr, name,
					 strlen(name));

	row.port = key->port;
	return row;
}

/**
 * ipos_tell_name() - what a service's cookie is called from now on
 * @engine: the namespace
 * @key: the service
 * @name: NUL-terminated; empty: it has none any more
 *
 * Any context.
 */
void ipos_tell_name(struct ipos_engine *engine,
		    const struct ipos_service_key *key, const char *name)
{
	struct ipos_map_row row = row_of_name(key, name);

	send_one(engine, &row);
}

/**
 * struct round - one repetition of all there is
 * @engine: the namespace
 * @frame: the one that is being filled
 * @room: rows that fit into it
 * @rows: in it
 * @part: its number
 * @parts: how many there will be, as far as can be known
 */
struct round {
	struct ipos_engine	*engine;
	void			*frame;
	unsigned int		room;
	unsigned int		rows;
	u16			part;
	u16			parts;
};

static void flush(struct round *round)
{
	if (!round->rows)
		return;
	round->parts = max(round->parts, round->part);
	send(round->engine, round->frame, round->rows, round->part,
	     round->parts);
	round->rows = 0;
	if (round->part < U16_MAX)
		round->part++;
	if (round->part % BURST == 0)
		usleep_range(1000, 2000);
}

static int add(struct round *round, const struct ipos_map_row *row)
{
	ipos_map_build_row(round->frame, round->rows++, row);
	return 0;
}

/* Its own, and what it has asked other boards for: they live by being used. */
static int add_cookie(void *obj, void *arg)
{
	struct ipos_cookiemap_row *cookie = obj;
	struct round *round = arg;
	struct ipos_map_row row;

	if (cookie->by_hand || (cookie->server && !READ_ONCE(cookie->asked)))
		return 0;
	if (round->rows == round->room)
		return 1;
	WRITE_ONCE(cookie->asked, false);
	row = row_of(cookie->server ? IPOS_MAP_USED : IPOS_MAP_KEPT,
		     cookie->ip, cookie->text, cookie->len);
	if (!cookie->server)
		row.addr = READ_ONCE(round->engine->settings.server_ip);
	return add(round, &row);
}

static int add_name(void *obj, void *arg)
{
	const struct ipos_service_cookie *cookie;
	const struct ipos_service *service = obj;
	struct round *round = arg;
	struct ipos_map_row row;

	cookie = rcu_dereference(service->cookie);
	if (!cookie)
		return 0;
	if (round->rows == round->room)
		return 1;
	row = row_of_name(&service->key, cookie->name);
	return add(round, &row);
}

static void add_all(struct round *round, struct rhashtable *ht,
		    int (*fn)(void *obj, void *arg))
{
	struct ipos_cursor cursor;

	ipos_cursor_enter(&cursor, ht);
	while (ipos_cursor_walk(&cursor, fn, round))
		flush(round);
	ipos_cursor_exit(&cursor);
}

static void tell_all(struct ipos_engine *engine)
{
	u32 rows = atomic_read(&engine->services.cookies) +
		   atomic_read(&engine->cookies.here);
	struct round round = {
		.engine = engine, .part = 1,
		.room = ipos_map_room(READ_ONCE(engine->mtu)),
	};

	/* A fabric so narrow has no room for an offer, either. */
	if (!round.room || !READ_ONCE(engine->settings.server_ip) ||
	    (!rows && !ipos_bound_count(&engine->cookies.bound)))
		return;
	round.frame = kmalloc(ipos_map_size(round.room), GFP_KERNEL);
	if (!round.frame) {
		ipos_count(engine->counters, drop_no_memory);
		return;
	}
	round.parts = min_t(u32, DIV_ROUND_UP(rows, round.room), U16_MAX);
	add_all(&round, &engine->services.ht, add_name);
	add_all(&round, &engine->cookies.ht, add_cookie);
	flush(&round);
	kfree(round.frame);
}

/* A tenth more or less, so that boards do not fall into step. */
static unsigned long delay(u32 s)
{
	u32 ms = s * MSEC_PER_SEC;

	return msecs_to_jiffies(ms - ms / 10 + get_random_u32() % (ms / 5));
}

static void work(struct work_struct *work)
{
	struct ipos_engine *engine =
		container_of(to_delayed_work(work), struct ipos_engine,
			     tell.work);

	if (!READ_ONCE(engine->leaving))
		tell_all(engine);
	queue_delayed_work(system_unbound_wq, &engine->tell.work,
			   delay(READ_ONCE(engine->settings.cookie_refresh_s)));
}

/**
 * ipos_tell_joined() - a board has come that knows nothing yet
 * @engine: the namespace
 *
 * It is told soon, not at once: it may not have heard yet who this is. Any
 * context.
 */
void ipos_tell_joined(struct ipos_engine *engine)
{
	u32 ms = JOINED_MS / 2 + get_random_u32() % (JOINED_MS / 2);

	mod_delayed_work(system_unbound_wq, &engine->tell.work,
			 msecs_to_jiffies(ms));
}

/**
 * ipos_tell_init() - begin to repeat what there is to tell
 * @engine: complete
 */
void ipos_tell_init(struct ipos_engine *engine)
{
	INIT_DELAYED_WORK(&engine->tell.work, work);
	queue_delayed_work(system_unbound_wq, &engine->tell.work,
			   delay(READ_ONCE(engine->settings.cookie_refresh_s)));
}

/**
 * ipos_tell_stop() - say nothing any more
 * @engine: nobody changes it any more
 *
 * May sleep.
 */
void ipos_tell_stop(struct ipos_engine *engine)
{
	cancel_delayed_work_sync(&engine->tell.work);
}
