// SPDX-License-Identifier: GPL-2.0
#include <linux/etherdevice.h>
#include "engine/hear.h"
#include "engine/learn.h"
#include "engine/outgoing.h"
#include "engine/told.h"
#include "table/cookiename.h"
#include "wire/map.h"

/* Frames overtake each other where a card has several queues, by no more. */
#define WINDOW	64

/* Whether it has not come before. */
static bool is_new(struct ipos_server *server, u32 number)
{
	s32 ahead = number - server->map_number;

	if (!server->map_seen || ahead >= WINDOW) {
		server->map_seen = 1;
	} else if (ahead > 0) {
		server->map_seen = server->map_seen << ahead | 1;
	} else {
		if (ahead <= -WINDOW || server->map_seen & BIT_ULL(-ahead))
			return false;
		server->map_seen |= BIT_ULL(-ahead);
		return true;
	}
	server->map_number = number;
	return true;
}

/* A board speaks for itself alone. */
static void cookie(struct ipos_engine *engine, struct ipos_server *sender,
		   const struct ipos_map_row *row)
{
	int err;

	if (row->addr != sender->ip) {
		ipos_count(engine->counters, drop_map_untrusted);
		return;
	}
	err = ipos_cookiemap_claim(&engine->cookies, row->text, row->len,
				   sender, row->kind == IPOS_MAP_LEARNED ?
					   IPOS_COOKIEMAP_LEARNED :
					   IPOS_COOKIEMAP_KEPT);
	if (err < 0)
		ipos_learn_refused(engine, err);
	else if (err)
		ipos_count(engine->counters, cookies_heard);
}

/* Somebody else comes for what is this board's: it is told no other way. */
static void used(struct ipos_engine *engine, const struct ipos_map_row *row)
{
	struct ipos_cookiemap_row *cookie;

	if (row->addr != READ_ONCE(engine->settings.server_ip))
		return;
	cookie = ipos_cookiemap_peek(&engine->cookies, row->text, row->len);
	if (cookie && ipos_cookiemap_is_here(cookie))
		ipos_cookiemap_touch(cookie);
}

static void name(struct ipos_engine *engine, struct ipos_server *sender,
		 const struct ipos_map_row *row)
{
	int err = ipos_cookiename_set(sender, row->addr, row->port, row->text,
				      row->len);

	if (err)
		ipos_learn_refused(engine, err);
	else if (!READ_ONCE(engine->outgoing.learns))
		ipos_outgoing_review(engine);
}

static bool is_text(const struct ipos_map_row *row)
{
	if (row->kind == IPOS_MAP_NAME)
		return !row->len || ipos_cookie_is_name(row->text, row->len);
	return ipos_cookieval_is_id(row->text, row->len);
}

static void take(struct ipos_engine *engine, struct ipos_server *sender,
		 const struct ipos_map *map, const void *body)
{
	struct ipos_map_row row;
	unsigned int i;

	for (i = 0; i < map->rows; i++) {
		bool good = ipos_map_parse_row(body, i, &row);

		switch (good ? row.kind : 0) {
		case IPOS_MAP_LEARNED:
		case IPOS_MAP_KEPT:
		case IPOS_MAP_USED:
		case IPOS_MAP_NAME:
			good = is_text(&row);
		}
		if (!good)
			ipos_count(engine->counters, drop_map_length);
		else if (row.kind == IPOS_MAP_NAME)
			name(engine, sender, &row);
		else if (row.kind == IPOS_MAP_USED)
			used(engine, &row);
		else if (row.kind == IPOS_MAP_LEARNED ||
			 row.kind == IPOS_MAP_KEPT)
			cookie(engine, sender, &row);
	}
}

/* As its advertisements have told who it is; one after the other. */
static void hear(struct ipos_engine *engine, struct ipos_server *sender,
		 const struct ipos_map *map, const void *body)
{
	spin_lock_bh(&engine->servers.hearing);
	if (READ_ONCE(sender->dead) || READ_ONCE(sender->leaving))
		ipos_count(engine->counters, drop_frame_sender);
	else if (map->epoch != sender->heard.epoch)
		ipos_count(engine->counters, drop_map_epoch);
	else if (!is_new(sender, map->number))
		ipos_count(engine->counters, drop_map_replayed);
	else
		take(engine, sender, map, body);
	spin_unlock_bh(&engine->servers.hearing);
}

/**
 * ipos_told_frame() - type 0x84 on a fabric device
 * @engine: the namespace
 * @dev: where it arrived
 * @skb: data at the encapsulation header, which is linear, MAC header set; not
 *	consumed
 *
 * Softirq, RCU held.
 */
void ipos_told_frame(struct ipos_engine *engine, struct net_device *dev,
		     struct sk_buff *skb)
{
	struct ipos_server *sender;
	struct ipos_map map;
	struct ipos_hdr hdr;
	size_t body_len;

	ipos_count(engine->counters, maps_received);
	sender = ipos_server_sender(&engine->servers, dev,
				    eth_hdr(skb)->h_source);
	if (!sender) {
		ipos_count(engine->counters, drop_frame_sender);
		return;
	}
	if (!ipos_hear_check(engine, skb, &hdr, &body_len,
			     IPOS_N_drop_map_length))
		return;
	if (hdr.dst_ip != sender->ip)
		ipos_count(engine->counters, drop_map_untrusted);
	else if (ipos_map_parse(skb->data + IPOS_HDR_LEN, body_len, &map))
		ipos_count(engine->counters, drop_map_length);
	else
		hear(engine, sender, &map, skb->data + IPOS_HDR_LEN);
}
