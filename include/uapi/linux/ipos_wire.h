/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * ipOS frames as they travel between boards. All integers are big-endian,
 * nothing is aligned. The figures named are those of docs/protocol.md.
 *
 * Used by the module, the tools, the tests and the fuzzers.
 */
#ifndef _UAPI_LINUX_IPOS_WIRE_H
#define _UAPI_LINUX_IPOS_WIRE_H

#include <linux/types.h>

/* Figure 11a. Below 0x0600 Linux hands such a frame up as ETH_P_802_2. */
#define IPOS_ETHERTYPE		0x0007

/* ipOS's own protocol numbers, not those of IP. */
enum ipos_protocol {
	IPOS_PROTO_TCP = 1,
	IPOS_PROTO_UDP = 2,
};

enum ipos_type {
	IPOS_TYPE_CONNECT = 1,		/* 11e, 11f: offers an endpoint */
	IPOS_TYPE_PACKET = 2,		/* 11g, 11h: the client's IP packet */
	IPOS_TYPE_ACK = 3,		/* 11i: the target has reserved */
	IPOS_TYPE_REFUSAL = 0x80,	/* target to origin, instead of 11i */
	IPOS_TYPE_CLOSED = 0x81,	/* either way: the endpoint is gone */
	IPOS_TYPE_WITHDRAW = 0x82,	/* origin to target: forget it */
	IPOS_TYPE_ADVERT = 0x83,	/* server advertisement */
	IPOS_TYPE_MAP = 0x84,		/* map update */
};

/* Reasons of IPOS_TYPE_REFUSAL. */
enum ipos_refusal {
	IPOS_REFUSE_NO_LISTENER = 1,
	IPOS_REFUSE_QUEUE_FULL = 2,
	IPOS_REFUSE_NO_MEMORY = 3,
	IPOS_REFUSE_EXISTS = 4,
	IPOS_REFUSE_VERSION = 5,
	IPOS_REFUSE_NO_ROUTE = 6,
	IPOS_REFUSE_DRAINING = 7,
	IPOS_REFUSE_STARTING = 8,	/* nothing listens yet */
};

/* Reasons of IPOS_TYPE_CLOSED. */
enum ipos_closed {
	IPOS_CLOSED_CLOSED = 1,
	IPOS_CLOSED_UNKNOWN = 2,	/* a type 2 packet found no endpoint */
	IPOS_CLOSED_WITHDRAWN = 3,	/* answers IPOS_TYPE_WITHDRAW */
	IPOS_CLOSED_LEAVING = 4,	/* the origin goes away */
};

/* Figure 11b, 16 bytes. */
struct ipos_hdr {
	__be32	src_ip;			/* the client */
	__be16	src_port;
	__be32	dst_ip;			/* Server IP of the target board */
	__be16	dst_port;		/* the port its application listens on */
	__u8	type;			/* enum ipos_type */
	__u8	protocol;		/* enum ipos_protocol */
	__sum16	checksum;		/* RFC 1071, with this field zero */
} __attribute__((packed));

/* Figure 11c, 6 bytes: what the client talks to, the source of all replies. */
struct ipos_conn_udp {
	__be32	server_ip;
	__be16	server_port;
} __attribute__((packed));

#define IPOS_TCB_VERSION	1

/* Bits of struct ipos_wire_tcb.flags. */
#define IPOS_TCB_TIMESTAMPS	0x0001
#define IPOS_TCB_SACK		0x0002
#define IPOS_TCB_WSCALE		0x0004
#define IPOS_TCB_ECN		0x0008
#define IPOS_TCB_UNATTACHED	0x0010	/* no byte reached an application */
#define IPOS_TCB_PEER_FIN	0x0020

#define IPOS_CONGESTION_LEN	16

/* The TCP control block, 140 bytes; names follow RFC 9293. */
struct ipos_wire_tcb {
	__u8	version;
	__u8	state;			/* Linux numbering, 1 = ESTABLISHED */
	__be16	flags;
	__be64	handoff_id;
	__be32	iss;
	__be32	irs;
	__be32	snd_una;
	__be32	snd_nxt;
	__be32	snd_wnd;		/* bytes, already scaled */
	__be32	snd_wl1;
	__be32	rcv_nxt;
	__be32	rcv_wnd;		/* bytes */
	__be32	rcv_wup;		/* RCV.NXT at the last window update */
	__be16	snd_mss;
	__be16	adv_mss;
	__u8	snd_wscale;
	__u8	rcv_wscale;
	__u8	ttl;
	__u8	tos;
	__be32	ts_recent;
	__be32	ts_recent_age;		/* ms */
	__be32	tsval;			/* next TSval to send, ms ticks */
	__be32	srtt;			/* us */
	__be32	rttvar;			/* us */
	__be32	rto;			/* us */
	__be32	cwnd;			/* segments */
	__be32	ssthresh;		/* segments */
	__be32	window_clamp;
	__u8	congestion[IPOS_CONGESTION_LEN]; /* NUL-padded, "" = default */
	__be32	sndq_len;		/* bytes that follow */
	__be32	rcvq_len;		/* bytes that follow as type 2 packets */
	__be64	epoch;			/* the target's, 0 = not known */
	__u8	reserved[16];
} __attribute__((packed));

/* Figure 11d, 146 bytes. */
struct ipos_conn_tcp {
	__be32	server_ip;
	__be16	server_port;
	struct ipos_wire_tcb tcb;
} __attribute__((packed));

/* The body of types 0x80, 0x81 and 0x82, 22 bytes. */
struct ipos_wire_notice {
	__be16	length;			/* of this body, itself included */
	__be16	reason;
	__be64	handoff_id;
	__be32	server_ip;
	__be16	server_port;
	__be32	seq;			/* of the packet that found nothing */
} __attribute__((packed));

/* Where 0x83 and 0x84 go: a locally administered group. */
#define IPOS_GROUP_LLADDR	{ 0x03, 0x00, 0x69, 0x70, 0x4f, 0x53 }

/* Bits of struct ipos_wire_advert.flags. */
#define IPOS_ADVERT_DRAINING	0x0001	/* wants nothing new */
#define IPOS_ADVERT_LEAVING	0x0002	/* is gone with this */

#define IPOS_ADVERT_PARTS	256	/* of one snapshot, at most */

/* The body of type 0x83, before the listening sockets, 64 bytes. */
struct ipos_wire_advert {
	__be16	length;			/* of this body, itself included */
	__be64	epoch;			/* the sender's, never 0 */
	__be32	snapshot;
	__be16	part;			/* from 1 */
	__be16	parts;
	__be16	interval;		/* ms */
	__be16	flags;
	__be32	connections;		/* established */
	__be16	cpu;			/* per mille */
	__be16	weight;
	__be64	memory;			/* available, KiB */
	__be64	bandwidth;		/* available, kbit/s */
	__be32	in_flight;
	__be32	accept_us;
	__be32	memory_total;		/* MiB, 0 = not known */
	__be32	bandwidth_total;	/* Mbit/s, 0 = not known */
	__be16	listeners;		/* how many follow */
} __attribute__((packed));

#define IPOS_PROCESS_LEN	16

/* In the protocol of a listening socket: nothing listens, but it would. */
#define IPOS_LISTENER_STARTABLE	0x80

/* Bits of struct ipos_wire_listener.flags, of one that is startable. */
#define IPOS_LISTENER_STARTING	0x01	/* is being started */

/* A listening socket in type 0x83, 28 bytes. */
struct ipos_wire_listener {
	__u8	protocol;		/* enum ipos_protocol, STARTABLE */
	__u8	flags;
	__be16	port;
	__be32	addr;			/* 0 = any */
	__be32	pid;			/* 0 = not known; KiB, STARTABLE */
	__u8	name[IPOS_PROCESS_LEN];	/* NUL-padded */
} __attribute__((packed));

/* Kinds of rows in type 0x84; those not known are passed over. */
enum ipos_map_kind {
	IPOS_MAP_LEARNED = 1,		/* a cookie, just given out by the sender */
	IPOS_MAP_KEPT = 2,		/* a cookie that the sender still has */
	IPOS_MAP_NAME = 3,		/* what a service's cookie is called */
	IPOS_MAP_USED = 4,		/* another board's cookie has come here */
};

#define IPOS_MAP_TEXT_LEN	128

/* The body of type 0x84, before the rows, 20 bytes. */
struct ipos_wire_map {
	__be16	length;			/* of this body, itself included */
	__be64	epoch;			/* the sender's, never 0 */
	__be32	number;			/* grows with each frame */
	__be16	part;			/* from 1 */
	__be16	parts;
	__be16	rows;			/* how many follow */
} __attribute__((packed));

/* A row of type 0x84, 136 bytes. */
struct ipos_wire_map_row {
	__u8	kind;			/* enum ipos_map_kind */
	__u8	length;			/* of the text */
	__be16	port;			/* of a service, else 0 */
	__be32	addr;			/* likewise; of a cookie: Server IP */
	__u8	text[IPOS_MAP_TEXT_LEN]; /* NUL-padded */
} __attribute__((packed));

#define IPOS_HDR_LEN		16
#define IPOS_CONN_UDP_LEN	6
#define IPOS_TCB_LEN		140
#define IPOS_CONN_TCP_LEN	146
#define IPOS_NOTICE_LEN		22
#define IPOS_ADVERT_LEN		64
#define IPOS_LISTENER_LEN	28
#define IPOS_MAP_LEN		20
#define IPOS_MAP_ROW_LEN	136

#ifdef __KERNEL__
#define IPOS_WIRE_ASSERT(x)	static_assert(x)
#else
#define IPOS_WIRE_ASSERT(x)	_Static_assert(x, #x)
#endif
IPOS_WIRE_ASSERT(sizeof(struct ipos_hdr) == IPOS_HDR_LEN);
IPOS_WIRE_ASSERT(sizeof(struct ipos_conn_udp) == IPOS_CONN_UDP_LEN);
IPOS_WIRE_ASSERT(sizeof(struct ipos_wire_tcb) == IPOS_TCB_LEN);
IPOS_WIRE_ASSERT(sizeof(struct ipos_conn_tcp) == IPOS_CONN_TCP_LEN);
IPOS_WIRE_ASSERT(sizeof(struct ipos_wire_notice) == IPOS_NOTICE_LEN);
IPOS_WIRE_ASSERT(sizeof(struct ipos_wire_advert) == IPOS_ADVERT_LEN);
IPOS_WIRE_ASSERT(sizeof(struct ipos_wire_listener) == IPOS_LISTENER_LEN);
IPOS_WIRE_ASSERT(sizeof(struct ipos_wire_map) == IPOS_MAP_LEN);
IPOS_WIRE_ASSERT(sizeof(struct ipos_wire_map_row) == IPOS_MAP_ROW_LEN);

#endif /* _UAPI_LINUX_IPOS_WIRE_H */
