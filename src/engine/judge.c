// SPDX-License-Identifier: GPL-2.0
#include <net/tcp.h>
#include "engine/judge.h"
#include "engine/packet.h"
#include "engine/unattached.h"

/* How much older a timestamp may be where retransmissions are not looked at. */
#define PAWS_WINDOW	1

/* By how much @tsval is older, or less than 0. A clock that stands at 0 is none. */
static s32 age(u32 recent, const struct tcp_options_received *opt)
{
	return opt->saw_tstamp && recent ? (s32)(recent - opt->rcv_tsval) :
					   S32_MIN;
}

/*
 * The whole segment need not fit: what begins in the window is taken, as all
 * of it was told by its sender at once.
 */
static bool overlaps_window(const struct ipos_endpoint *ep,
			    const struct ipos_packet *packet)
{
	u32 edge = ep->rcv_nxt + ep->rcv_wnd;

	if (packet->seq == ep->rcv_nxt)
		return true;
	if (after(packet->end, ep->rcv_nxt) && before(packet->seq, edge))
		return true;
	return packet->seq == edge && packet->end == edge;
}

/**
 * ipos_judge_handshake() - a segment before the handshake is complete
 * @ep: SYN received
 * @packet: what it says
 * @opt: its options, as far as they were agreed on
 *
 * Return: what is to be done with it. GOOD completes the handshake.
 */
enum ipos_judgement ipos_judge_handshake(const struct ipos_endpoint *ep,
					 const struct ipos_packet *packet,
					 const struct tcp_options_received *opt)
{
	u8 kind = packet->flags & (TCPHDR_SYN | TCPHDR_ACK | TCPHDR_RST);
	bool old = age(ep->ts_recent, opt) > 0;

	if (kind == TCPHDR_SYN && packet->seq == ep->irs && !old)
		return IPOS_JUDGED_SYN;
	if (kind & TCPHDR_ACK && !(kind & TCPHDR_RST) &&
	    packet->ack != ep->iss + 1)
		return IPOS_JUDGED_UNSENT;
	if (old || !overlaps_window(ep, packet))
		return kind & TCPHDR_RST ? IPOS_JUDGED_IGNORED :
					   IPOS_JUDGED_REPEATED;
	if (kind & TCPHDR_RST)
		return packet->seq == ep->rcv_nxt ? IPOS_JUDGED_RESET :
						    IPOS_JUDGED_CHALLENGED;
	if (kind & TCPHDR_SYN)
		return IPOS_JUDGED_FATAL;
	return kind ? IPOS_JUDGED_GOOD : IPOS_JUDGED_IGNORED;
}

/* An ACK that another has overtaken: it says nothing new, nor harms. */
static bool is_overtaken_ack(const struct ipos_endpoint *ep,
			     const struct ipos_packet *packet, s32 older)
{
	return packet->flags & TCPHDR_ACK && packet->seq == packet->end &&
	       packet->seq == ep->hold.nxt && packet->ack == ep->iss + 1 &&
	       !ipos_unattached_opens_window(ep, packet) &&
	       older <= (s32)(ipos_unattached_rto(ep) / USEC_PER_MSEC);
}

/* What the client knows to be acknowledged, or will know by our challenge. */
static bool is_reset(const struct ipos_endpoint *ep,
		     const struct ipos_packet *packet)
{
	return packet->seq == ep->rcv_nxt || packet->seq == ep->hold.nxt ||
	       ipos_sacked_is_last(&ep->sacked, packet->seq);
}

/**
 * ipos_judge_established() - a segment after the handshake
 * @ep: established, perhaps offered
 * @packet: what it says
 * @opt: its options, as far as they were agreed on
 *
 * Return: what is to be done with it.
 */
enum ipos_judgement
ipos_judge_established(const struct ipos_endpoint *ep,
		       const struct ipos_packet *packet,
		       const struct tcp_options_received *opt)
{
	u8 kind = packet->flags & (TCPHDR_SYN | TCPHDR_ACK | TCPHDR_RST);
	s32 older = age(ep->ts_echo, opt);

	if (!kind)
		return IPOS_JUDGED_IGNORED;
	if (older > PAWS_WINDOW && !(kind & TCPHDR_RST) &&
	    !is_overtaken_ack(ep, packet, older))
		return kind & TCPHDR_SYN ? IPOS_JUDGED_CHALLENGED :
					   IPOS_JUDGED_REPEATED;
	if (before(packet->end, ep->rcv_nxt) ||
	    after(packet->seq, ep->rcv_nxt + ep->rcv_wnd)) {
		if (kind & TCPHDR_RST)
			return IPOS_JUDGED_IGNORED;
		return kind & TCPHDR_SYN ? IPOS_JUDGED_CHALLENGED :
					   IPOS_JUDGED_REPEATED;
	}
	if (kind & TCPHDR_RST)
		return is_reset(ep, packet) ? IPOS_JUDGED_RESET :
					      IPOS_JUDGED_CHALLENGED;
	if (kind & TCPHDR_SYN || before(packet->ack, ep->iss + 1))
		return IPOS_JUDGED_CHALLENGED;
	return packet->ack == ep->iss + 1 ? IPOS_JUDGED_GOOD :
					    IPOS_JUDGED_IGNORED;
}
