/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whether an unattached endpoint takes a segment, as the kernel's own TCP
 * would: RFC 9293, section 3.10.7.4, with PAWS (RFC 7323) and what RFC 5961
 * asks against blind attacks. Nothing is changed or sent here.
 */
#ifndef IPOS_ENGINE_JUDGE_H
#define IPOS_ENGINE_JUDGE_H

#include <linux/types.h>

struct ipos_endpoint;
struct ipos_packet;
struct tcp_options_received;

/* But for the first and the last two, the segment is dropped. */
enum ipos_judgement {
	IPOS_JUDGED_GOOD,
	IPOS_JUDGED_IGNORED,	/* without an answer */
	IPOS_JUDGED_REPEATED,	/* an ACK says where we are */
	IPOS_JUDGED_CHALLENGED,	/* the same, and data is no reason for more */
	IPOS_JUDGED_SYN,	/* the connection's own, once more */
	IPOS_JUDGED_UNSENT,	/* acknowledges what was never sent: a RST */
	IPOS_JUDGED_FATAL,	/* a RST for it ends the connection */
	IPOS_JUDGED_RESET,	/* the client ends it */
};

enum ipos_judgement ipos_judge_handshake(const struct ipos_endpoint *ep,
					 const struct ipos_packet *packet,
					 const struct tcp_options_received *opt);
enum ipos_judgement ipos_judge_established(const struct ipos_endpoint *ep,
					   const struct ipos_packet *packet,
					   const struct tcp_options_received *opt);

#endif /* IPOS_ENGINE_JUDGE_H */
