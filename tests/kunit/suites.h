/* SPDX-License-Identifier: GPL-2.0 */
/* The suites of this module, and what they share. */
#ifndef IPOS_KUNIT_SUITES_H
#define IPOS_KUNIT_SUITES_H

#include <kunit/test.h>
#include "base/key.h"

extern struct kunit_suite ipos_flow_suite;
extern struct kunit_suite ipos_server_suite;
extern struct kunit_suite ipos_presence_suite;
extern struct kunit_suite ipos_service_suite;
extern struct kunit_suite ipos_url_suite;
extern struct kunit_suite ipos_withdrawn_suite;
extern struct kunit_suite ipos_listen_suite;
extern struct kunit_suite ipos_app_suite;
extern struct kunit_suite ipos_program_suite;
extern struct kunit_suite ipos_cookiemap_suite;
extern struct kunit_suite ipos_pending_suite;

/* Memory for flows, while a suite runs. */
int flows_init(struct kunit_suite *suite);
void flows_exit(struct kunit_suite *suite);

/* An empty Server State Table as a test's priv. */
int servers_init(struct kunit *test);
void servers_exit(struct kunit *test);

/* 192.0.2.0/24, 10.0.0.0/24: the network byte order of the last number. */
#define CLIENT(n)	htonl(0xc0000200 | (n))
#define BOARD(n)	htonl(0x0a000000 | (n))

/* The connection of one client's port to board 1. */
static inline struct ipos_key client_key(u16 port)
{
	return ipos_key_init(IPOS_PROTO_TCP, CLIENT(100), htons(port),
			     CLIENT(1), htons(80));
}

/* The 11b header of the same, offered to a board. */
static inline struct ipos_hdr client_hdr(u16 port, u8 board)
{
	return (struct ipos_hdr){
		.src_ip = CLIENT(100), .src_port = htons(port),
		.dst_ip = BOARD(board), .dst_port = htons(80),
		.type = IPOS_TYPE_PACKET, .protocol = IPOS_PROTO_TCP,
	};
}

#endif /* IPOS_KUNIT_SUITES_H */
