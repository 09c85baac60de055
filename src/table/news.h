/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Telling of boards that come and go, and of the programs on them that listen.
 */
#ifndef IPOS_TABLE_NEWS_H
#define IPOS_TABLE_NEWS_H

#include "base/event.h"
#include "wire/advert.h"

/**
 * ipos_cluster_event() - tell of what happened to a board of the cluster
 * @net: the namespace of the board that has seen it
 * @event: what
 * @server: Server IP of the board it happened to, 0 = the one that tells
 * @listener: the program, of listening and closed; NULL for all others
 *
 * To the tracepoint ipos:ipos_cluster, and to those who listen. Cheap while
 * nobody does. Any context.
 */
static inline void ipos_cluster_event(struct net *net,
				      enum ipos_cluster_event event,
				      __be32 server,
				      const struct ipos_listener *listener)
{
	struct ipos_news news = {
		.event = event, .server = server, .name = "",
	};

	if (listener) {
		news.addr = listener->addr;
		news.port = listener->port;
		news.proto = listener->proto;
		news.pid = listener->pid;
		news.name = listener->name;
	}
	ipos_event_news(net, &news);
}

#endif /* IPOS_TABLE_NEWS_H */
