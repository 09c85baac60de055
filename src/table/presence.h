/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What an advertisement changes in the Server State Table, and what silence
 * does: a board is learned, heard, restarted, moved; stale, gone, forgotten.
 */
#ifndef IPOS_TABLE_PRESENCE_H
#define IPOS_TABLE_PRESENCE_H

#include <linux/ipos.h>
#include "table/server.h"
#include "wire/advert.h"

/* What came of an advertisement; each but TAKEN has its drop counter. */
enum ipos_presence_verdict {
	IPOS_PRESENCE_TAKEN,
	IPOS_PRESENCE_SENDER,		/* not known, and not to be learned */
	IPOS_PRESENCE_UNTRUSTED,	/* a known board's address, another MAC */
	IPOS_PRESENCE_EPOCH,		/* of a former life */
	IPOS_PRESENCE_REPLAYED,		/* heard already, or an older one */
	IPOS_PRESENCE_LENGTH,		/* not a part of its own snapshot */
	IPOS_PRESENCE_LIMIT,		/* the table is full */
	IPOS_PRESENCE_MEMORY,
};

/* What is worth telling of a board: of enum ipos_cluster_event, a bit each. */
#define IPOS_PRESENCE_JOINED	BIT(IPOS_CLUSTER_EVENT_JOINED)
#define IPOS_PRESENCE_RESTARTED	BIT(IPOS_CLUSTER_EVENT_RESTARTED)
#define IPOS_PRESENCE_MOVED	BIT(IPOS_CLUSTER_EVENT_MOVED)
#define IPOS_PRESENCE_STALE	BIT(IPOS_CLUSTER_EVENT_STALE)
#define IPOS_PRESENCE_FRESH	BIT(IPOS_CLUSTER_EVENT_FRESH)
#define IPOS_PRESENCE_GONE	BIT(IPOS_CLUSTER_EVENT_GONE)
#define IPOS_PRESENCE_LEFT	BIT(IPOS_CLUSTER_EVENT_LEFT)

/**
 * struct ipos_presence - one part of an advertisement, as it came
 * @ip: Server IP that it names, network order
 * @lladdr: MAC it came from, six bytes
 * @dev: device it came by; does not go meanwhile
 * @learn: boards that are not known become known
 * @advert: what it says
 * @server: the board's row; NULL: there is none
 * @news: IPOS_PRESENCE_* that it means
 * @complete: it was the last part of its snapshot to come
 */
struct ipos_presence {
	__be32				ip;
	const u8			*lladdr;
	struct net_device		*dev;
	bool				learn;
	const struct ipos_advert	*advert;
	struct ipos_server		*server;
	u32				news;
	bool				complete;
};

enum ipos_presence_verdict ipos_presence_hear(struct ipos_server_table *table,
					      struct ipos_presence *p);
u32 ipos_presence_age(struct ipos_server_table *table,
		      struct ipos_server *server);

#endif /* IPOS_TABLE_PRESENCE_H */
