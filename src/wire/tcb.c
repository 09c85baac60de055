// SPDX-License-Identifier: GPL-2.0
/* The 140 bytes of the TCP control block, and what of them can be believed. */
#include "wire/tcb.h"

#define STATE_ESTABLISHED	1
#define WSCALE_MAX		14	/* RFC 7323, section 2.3 */
#define WINDOW_MAX		(65535U << WSCALE_MAX)
#define SND_MSS_MIN		48	/* what Linux sends with at the least */
#define ADV_MSS_MIN		88	/* what it advertises at the least */
#define QUEUE_MAX		65536
#define TIME_MAX_US		250000000U /* Linux keeps SRTT eightfold */

/**
 * ipos_tcb_parse() - a control block from its bytes
 * @wire: the bytes, offsets 0-139 of the control block in figure 11d
 * @tcb: where to, integers in host order
 *
 * Takes the values as they are: see ipos_tcb_sane().
 *
 * Context: any.
 */
void ipos_tcb_parse(const struct ipos_wire_tcb *wire, struct ipos_tcb *tcb)
{
	memset(tcb, 0, sizeof(*tcb));
	tcb->version = wire->version;
	tcb->state = wire->state;
	tcb->flags = be16_to_cpu(wire->flags);
	tcb->handoff_id = be64_to_cpu(wire->handoff_id);
	tcb->iss = be32_to_cpu(wire->iss);
	tcb->irs = be32_to_cpu(wire->irs);
	tcb->snd_una = be32_to_cpu(wire->snd_una);
	tcb->snd_nxt = be32_to_cpu(wire->snd_nxt);
	tcb->snd_wnd = be32_to_cpu(wire->snd_wnd);
	tcb->snd_wl1 = be32_to_cpu(wire->snd_wl1);
	tcb->rcv_nxt = be32_to_cpu(wire->rcv_nxt);
	tcb->rcv_wnd = be32_to_cpu(wire->rcv_wnd);
	tcb->rcv_wup = be32_to_cpu(wire->rcv_wup);
	tcb->snd_mss = be16_to_cpu(wire->snd_mss);
	tcb->adv_mss = be16_to_cpu(wire->adv_mss);
	tcb->snd_wscale = wire->snd_wscale;
	tcb->rcv_wscale = wire->rcv_wscale;
	tcb->ttl = wire->ttl;
	tcb->tos = wire->tos;
	tcb->ts_recent = be32_to_cpu(wire->ts_recent);
	tcb->ts_recent_age = be32_to_cpu(wire->ts_recent_age);
	tcb->tsval = be32_to_cpu(wire->tsval);
	tcb->srtt = be32_to_cpu(wire->srtt);
	tcb->rttvar = be32_to_cpu(wire->rttvar);
	tcb->rto = be32_to_cpu(wire->rto);
	tcb->cwnd = be32_to_cpu(wire->cwnd);
	tcb->ssthresh = be32_to_cpu(wire->ssthresh);
	tcb->window_clamp = be32_to_cpu(wire->window_clamp);
	memcpy(tcb->congestion, wire->congestion, sizeof(tcb->congestion));
	tcb->sndq_len = be32_to_cpu(wire->sndq_len);
	tcb->rcvq_len = be32_to_cpu(wire->rcvq_len);
	tcb->epoch = be64_to_cpu(wire->epoch);
}

/**
 * ipos_tcb_build() - the bytes of a control block, the mirror of parsing it
 * @tcb: the values, integers in host order
 * @wire: where to; all 140 bytes are written, the reserved ones with zero
 *
 * The version written is IPOS_TCB_VERSION, since that is the layout made here,
 * whatever @tcb says.
 *
 * Context: any.
 */
void ipos_tcb_build(const struct ipos_tcb *tcb, struct ipos_wire_tcb *wire)
{
	memset(wire, 0, sizeof(*wire));
	wire->version = IPOS_TCB_VERSION;
	wire->state = tcb->state;
	wire->flags = cpu_to_be16(tcb->flags);
	wire->handoff_id = cpu_to_be64(tcb->handoff_id);
	wire->iss = cpu_to_be32(tcb->iss);
	wire->irs = cpu_to_be32(tcb->irs);
	wire->snd_una = cpu_to_be32(tcb->snd_una);
	wire->snd_nxt = cpu_to_be32(tcb->snd_nxt);
	wire->snd_wnd = cpu_to_be32(tcb->snd_wnd);
	wire->snd_wl1 = cpu_to_be32(tcb->snd_wl1);
	wire->rcv_nxt = cpu_to_be32(tcb->rcv_nxt);
	wire->rcv_wnd = cpu_to_be32(tcb->rcv_wnd);
	wire->rcv_wup = cpu_to_be32(tcb->rcv_wup);
	wire->snd_mss = cpu_to_be16(tcb->snd_mss);
	wire->adv_mss = cpu_to_be16(tcb->adv_mss);
	wire->snd_wscale = tcb->snd_wscale;
	wire->rcv_wscale = tcb->rcv_wscale;
	wire->ttl = tcb->ttl;
	wire->tos = tcb->tos;
	wire->ts_recent = cpu_to_be32(tcb->ts_recent);
	wire->ts_recent_age = cpu_to_be32(tcb->ts_recent_age);
	wire->tsval = cpu_to_be32(tcb->tsval);
	wire->srtt = cpu_to_be32(tcb->srtt);
	wire->rttvar = cpu_to_be32(tcb->rttvar);
	wire->rto = cpu_to_be32(tcb->rto);
	wire->cwnd = cpu_to_be32(tcb->cwnd);
	wire->ssthresh = cpu_to_be32(tcb->ssthresh);
	wire->window_clamp = cpu_to_be32(tcb->window_clamp);
	memcpy(wire->congestion, tcb->congestion, sizeof(wire->congestion));
	wire->sndq_len = cpu_to_be32(tcb->sndq_len);
	wire->rcvq_len = cpu_to_be32(tcb->rcvq_len);
	wire->epoch = cpu_to_be64(tcb->epoch);
}

/*
 * The name may end up in the name of a module to load, so it must be a plain
 * word that ends inside its field.
 */
static bool congestion_sane(const char name[IPOS_CONGESTION_LEN])
{
	int i;

	for (i = 0; i < IPOS_CONGESTION_LEN; i++) {
		char c = name[i];

		if (!c)
			return true;
		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		      (c >= '0' && c <= '9') || c == '_' || c == '-'))
			return false;
	}
	return false;
}

static bool numbers_sane(const struct ipos_tcb *tcb)
{
	return tcb->snd_wscale <= WSCALE_MAX && tcb->rcv_wscale <= WSCALE_MAX &&
	       tcb->snd_wnd <= WINDOW_MAX && tcb->rcv_wnd <= WINDOW_MAX &&
	       tcb->snd_mss >= SND_MSS_MIN && tcb->adv_mss >= ADV_MSS_MIN &&
	       tcb->srtt <= TIME_MAX_US && tcb->rttvar <= TIME_MAX_US &&
	       tcb->rto <= TIME_MAX_US && (s32)tcb->cwnd >= 0 &&
	       tcb->rcvq_len <= QUEUE_MAX;
}

/*
 * Before any byte reached an application, nothing beyond the SYN was sent, and
 * all that was acknowledged lies in the receive queue.
 */
static bool unattached_sane(const struct ipos_tcb *tcb)
{
	return tcb->snd_una == tcb->iss + 1 && tcb->snd_nxt == tcb->iss + 1 &&
	       tcb->sndq_len == 0 &&
	       tcb->rcv_nxt - tcb->irs - 1 == tcb->rcvq_len &&
	       tcb->rcv_nxt - tcb->rcv_wup <= tcb->rcvq_len;
}

static bool attached_sane(const struct ipos_tcb *tcb)
{
	return (s32)(tcb->snd_nxt - tcb->snd_una) >= 0 &&
	       (s32)(tcb->rcv_nxt - tcb->rcv_wup) >= 0;
}

/**
 * ipos_tcb_sane() - whether a socket may be built from a control block
 * @tcb: a control block of any origin
 *
 * A board must not be able to hand another one values that its TCP would warn
 * about, or divide by. A window shift without IPOS_TCB_WSCALE is let through:
 * the flag decides; so is a congestion window of 0, which says that none was
 * measured yet. A FIN of the peer is never counted in RCV.NXT here: one
 * that was acknowledged has left ESTABLISHED.
 *
 * Context: any.
 * Return: true if all values are within what RFC 9293 and Linux allow.
 */
bool ipos_tcb_sane(const struct ipos_tcb *tcb)
{
	if (tcb->version != IPOS_TCB_VERSION || tcb->state != STATE_ESTABLISHED)
		return false;
	if (!numbers_sane(tcb) || !congestion_sane(tcb->congestion))
		return false;
	if (tcb->flags & IPOS_TCB_UNATTACHED)
		return unattached_sane(tcb);
	return attached_sane(tcb);
}
