// SPDX-License-Identifier: GPL-2.0
#include <net/tcp.h>
#include "engine/place.h"
#include "engine/request.h"

/* After the delayed-ACK time a Nagle client waits for nothing else. */
#define DELAYED_ACK_MS	40
/* Memory of all held segments of one endpoint. */
#define HELD_ONE	(4U << 20)

enum outcome {
	GO_ON,
	FOUND,
	BY_POLICY,
};

static struct ipos_counters __percpu *counters(const struct ipos_endpoint *ep)
{
	return ep->pending.engine->counters;
}

static u32 gathered(const struct ipos_endpoint *ep)
{
	return ep->hold.nxt - ep->irs - 1;
}

static enum ipos_inspect feed(struct ipos_endpoint *ep, struct sk_buff *skb,
			      u32 offset, u32 len)
{
	enum ipos_inspect result = IPOS_INSPECT_NEED_MORE;
	u8 chunk[128];
	u32 n;

	for (; len && result == IPOS_INSPECT_NEED_MORE; len -= n, offset += n) {
		n = min_t(u32, len, sizeof(chunk));
		if (skb_copy_bits(skb, offset, chunk, n))
			return IPOS_INSPECT_NONE;
		result = ipos_inspector_feed(&ep->inspector, chunk, n);
	}
	return result;
}

/* Beyond the bound nothing is read, however large the segment is. */
static u32 within_bound(const struct ipos_endpoint *ep, u32 len)
{
	u32 bound = READ_ONCE(ep->pending.engine->settings.hold_bytes);

	if (gathered(ep) > bound)
		len -= min(len, gathered(ep) - bound);
	return len;
}

/* Feeds what is in order now; a FIN or the bound ends the gathering. */
static enum outcome inspect(struct ipos_endpoint *ep)
{
	struct ipos_engine *engine = ep->pending.engine;
	struct sk_buff *skb;
	u32 offset, len;

	while ((skb = ipos_hold_advance(&ep->hold, &offset, &len))) {
		len = within_bound(ep, len);
		switch (feed(ep, skb, offset, len)) {
		case IPOS_INSPECT_FOUND:
			return FOUND;
		case IPOS_INSPECT_NONE:
			ipos_count(counters(ep), request_unparsed);
			return BY_POLICY;
		case IPOS_INSPECT_NEED_MORE:
			break;
		}
		if (tcp_hdr(skb)->fin)
			return BY_POLICY;
	}
	if (gathered(ep) < READ_ONCE(engine->settings.hold_bytes) &&
	    ep->hold.bytes < HELD_ONE &&
	    atomic_long_read(&engine->held_bytes) < IPOS_HELD_ALL) {
		ipos_sacked_advance(&ep->sacked, ep->hold.nxt);
		return GO_ON;
	}
	ipos_count(counters(ep), request_too_long);
	return BY_POLICY;
}

/* Whether it brings something new. */
static bool hold(struct ipos_endpoint *ep, struct sk_buff *skb,
		 const struct ipos_packet *packet)
{
	long bytes = ep->hold.bytes;

	if (!ipos_hold_insert_consume(&ep->hold, skb, packet)) {
		ipos_count(counters(ep), drop_packet_copy);
		return false;
	}
	atomic_long_add(ep->hold.bytes - bytes,
			&ep->pending.engine->held_bytes);
	ipos_count(counters(ep), held);
	return true;
}

static u32 until(unsigned long deadline)
{
	long left = deadline - jiffies;

	return left > 0 ? jiffies_to_msecs(left) : 0;
}

static void wait_more(struct ipos_endpoint *ep)
{
	u32 ms = until(ep->deadline);

	if (ep->hold.nxt != ep->rcv_nxt)
		ms = min_t(u32, ms, DELAYED_ACK_MS);
	ipos_pending_arm(&ep->pending, ms);
}

/**
 * ipos_request_begin() - the handshake is complete
 * @ep: established
 *
 * Without inspection the endpoint is placed at once: the server may be the one
 * that speaks first.
 */
void ipos_request_begin(struct ipos_endpoint *ep)
{
	struct ipos_engine *engine = ep->pending.engine;

	ep->stage = IPOS_STAGE_REQUEST;
	ep->deadline = jiffies +
		msecs_to_jiffies(READ_ONCE(engine->settings.hold_ms));
	if (ep->inspector.mode == IPOS_MODE_NONE)
		ipos_place(ep, false);
	else
		wait_more(ep);
}

/* As far as may be acknowledged: what is offered changes no more. */
static void answer(struct ipos_endpoint *ep)
{
	if (ep->stage == IPOS_STAGE_REQUEST)
		ipos_unattached_ack(ep);
	else
		ipos_unattached_challenge(ep);
}

/* What has come before is told (RFC 2883), with the next ACK at the latest. */
static void tell_copy(struct ipos_endpoint *ep,
		      const struct ipos_packet *packet)
{
	u32 nxt = ep->hold.nxt;

	if (packet->end == packet->seq || !before(packet->seq, nxt))
		return;
	ep->sacked.copy = (struct ipos_sack){
		.start = packet->seq,
		.end = before(packet->end, nxt) ? packet->end : nxt,
	};
}

/* What is not just the next is answered at once. */
static void take(struct ipos_endpoint *ep, struct sk_buff *skb,
		 const struct ipos_packet *packet)
{
	u32 nxt = ep->hold.nxt;

	if (!after(packet->end, ep->rcv_nxt) ||
	    !before(packet->seq, ep->rcv_nxt + ep->rcv_wnd)) {
		tell_copy(ep, packet);
		ipos_count(counters(ep), drop_packet_sequence);
		kfree_skb(skb);
	} else if (!hold(ep, skb, packet)) {
		/* All of it, also where it lies beyond a gap. */
		ep->sacked.copy = (struct ipos_sack){
			.start = packet->seq, .end = packet->end,
		};
		if (after(packet->seq, nxt))
			ipos_sacked_add(&ep->sacked, packet->seq, packet->end);
	} else if (after(packet->seq, nxt)) {
		ipos_sacked_copy(&ep->sacked, packet->seq, packet->end);
		ipos_sacked_add(&ep->sacked, packet->seq, packet->end);
	} else {
		tell_copy(ep, packet);
		ipos_sacked_copy(&ep->sacked, packet->seq, packet->end);
		return;
	}
	answer(ep);
}

/**
 * ipos_request_repeat() - say where we are: a segment was not acceptable
 * @ep: established, perhaps offered
 * @packet: what it says; neither SYN nor RST
 */
void ipos_request_repeat(struct ipos_endpoint *ep,
			 const struct ipos_packet *packet)
{
	tell_copy(ep, packet);
	answer(ep);
}

/**
 * ipos_request_segment_consume() - an acceptable segment
 * @ep: established, perhaps offered
 * @skb: data at the IP header, checksum verified; consumed
 * @packet: what it says; neither SYN nor RST
 */
void ipos_request_segment_consume(struct ipos_endpoint *ep,
				  struct sk_buff *skb,
				  const struct ipos_packet *packet)
{
	if (packet->end == packet->seq) {
		consume_skb(skb);
		return;
	}
	take(ep, skb, packet);
	if (ep->stage != IPOS_STAGE_REQUEST)
		return;
	switch (inspect(ep)) {
	case FOUND:
		ipos_place(ep, true);
		break;
	case BY_POLICY:
		ipos_place(ep, false);
		break;
	case GO_ON:
		wait_more(ep);
	}
}

/**
 * ipos_request_expire() - acknowledge what has come, or wait no longer
 * @ep: gathering
 */
void ipos_request_expire(struct ipos_endpoint *ep)
{
	if (!time_before(jiffies, ep->deadline)) {
		ipos_count(counters(ep), request_timeout);
		ipos_place(ep, false);
		return;
	}
	if (ep->hold.nxt != ep->rcv_nxt) {
		ipos_count(counters(ep), ack_forced);
		ipos_unattached_ack(ep);
	}
	wait_more(ep);
}
