/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bytes <-> structs of every ipOS frame. Pure: no allocation, no clock, no
 * socket; compiled into the module and into the user-space tests alike.
 *
 * A "frame" here begins at the encapsulation header (figure 11b): whoever
 * calls has taken the Ethernet header off, or puts it on.
 */
#ifndef IPOS_WIRE_WIRE_H
#define IPOS_WIRE_WIRE_H

#include "compat/types.h"

/* What a parser found; each but OK has its drop counter. */
enum ipos_wire_result {
	IPOS_WIRE_OK,
	IPOS_WIRE_SHORT,	/* ends before the header or the body does */
	IPOS_WIRE_CHECKSUM,
	IPOS_WIRE_TYPE,		/* a type this board does not know */
	IPOS_WIRE_PROTOCOL,	/* neither TCP nor UDP */
	IPOS_WIRE_LENGTH,	/* the body's own length or a number is absurd */
	IPOS_WIRE_VERSION,	/* a control block of another version */
};

/* The control block (figure 11d, offsets 0-139), integers in host order. */
struct ipos_tcb {
	u8	version;
	u8	state;
	u16	flags;
	u64	handoff_id;
	u32	iss;
	u32	irs;
	u32	snd_una;
	u32	snd_nxt;
	u32	snd_wnd;
	u32	snd_wl1;
	u32	rcv_nxt;
	u32	rcv_wnd;
	u32	rcv_wup;
	u16	snd_mss;
	u16	adv_mss;
	u8	snd_wscale;
	u8	rcv_wscale;
	u8	ttl;
	u8	tos;
	u32	ts_recent;
	u32	ts_recent_age;	/* ms */
	u32	tsval;		/* ms ticks */
	u32	srtt;		/* us */
	u32	rttvar;		/* us */
	u32	rto;		/* us */
	u32	cwnd;
	u32	ssthresh;
	u32	window_clamp;
	char	congestion[IPOS_CONGESTION_LEN];
	u32	sndq_len;
	u32	rcvq_len;
	u64	epoch;
};

/* Figures 11c and 11d: tcb is meaningful for TCP alone. */
struct ipos_conn {
	__be32	server_ip;
	__be16	server_port;
	struct ipos_tcb tcb;
};

/* The body of 0x80, 0x81, 0x82, integers in host order. */
struct ipos_notice {
	u16	reason;
	u64	handoff_id;
	__be32	server_ip;
	__be16	server_port;
	u32	seq;
};

/* The longest frame that the builders below make, without Ethernet header. */
#define IPOS_FRAME_MAX	(IPOS_HDR_LEN + IPOS_CONN_TCP_LEN)

enum ipos_wire_result ipos_wire_check(const void *frame, size_t len,
				      struct ipos_hdr *hdr, size_t *body_len);
enum ipos_wire_result ipos_wire_parse_conn(const struct ipos_hdr *hdr,
					   const void *body, size_t body_len,
					   struct ipos_conn *conn);
enum ipos_wire_result ipos_wire_parse_notice(const void *body, size_t body_len,
					     struct ipos_notice *notice);

size_t ipos_wire_finish(u8 *frame, const struct ipos_hdr *hdr,
			enum ipos_type type, size_t body_len);
void ipos_wire_build_packet_hdr(struct ipos_hdr *hdr);
size_t ipos_wire_build_conn(void *frame, const struct ipos_hdr *hdr,
			    const struct ipos_conn *conn);
size_t ipos_wire_build_ack(void *frame, const struct ipos_hdr *hdr);
size_t ipos_wire_build_notice(void *frame, const struct ipos_hdr *hdr,
			      enum ipos_type type,
			      const struct ipos_notice *notice);

bool ipos_tcb_sane(const struct ipos_tcb *tcb);

#endif /* IPOS_WIRE_WIRE_H */
