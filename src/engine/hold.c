// SPDX-License-Identifier: GPL-2.0
#include <net/tcp.h>
#include "engine/hold.h"
#include "engine/packet.h"

/* In skb->cb, ours while the segment is held. */
struct held {
	u32	seq;
	u32	end;
	u32	len;
	u8	payload;
};

static struct held *held(const struct sk_buff *skb)
{
	BUILD_BUG_ON(sizeof(struct held) > sizeof(skb->cb));
	return (struct held *)skb->cb;
}

/**
 * ipos_hold_init() - hold nothing yet
 * @hold: the hold
 * @nxt: sequence number of the first byte to come
 */
void ipos_hold_init(struct ipos_hold *hold, u32 nxt)
{
	__skb_queue_head_init(&hold->list);
	hold->nxt = nxt;
	hold->bytes = 0;
}

/**
 * ipos_hold_purge() - free what is held
 * @hold: initialized
 */
void ipos_hold_purge(struct ipos_hold *hold)
{
	__skb_queue_purge(&hold->list);
	hold->bytes = 0;
}

/* What a segment must not keep from where it arrived. */
static void detach(struct sk_buff *skb)
{
	skb_orphan(skb);
	skb_dst_drop(skb);
	nf_reset_ct(skb);
	skb->dev = NULL;
}

/*
 * Whoever gets the segments would take them for copies. What is in order may
 * have been acknowledged: it stays as it was told.
 */
static void drop_covered(struct ipos_hold *hold, struct sk_buff *skb)
{
	struct sk_buff *next;

	while (!skb_queue_is_last(&hold->list, skb)) {
		next = skb_queue_next(&hold->list, skb);
		if (after(held(next)->end, held(skb)->end) ||
		    before(held(next)->seq, hold->nxt))
			return;
		__skb_unlink(next, &hold->list);
		hold->bytes -= next->truesize;
		consume_skb(next);
	}
}

/**
 * ipos_hold_insert_consume() - keep a segment in its place
 * @hold: the hold
 * @skb: data at the IP header; consumed: freed where a held segment covers it
 * @packet: what it says, within the window
 *
 * What it covers itself is freed.
 *
 * Return: whether it is held.
 */
bool ipos_hold_insert_consume(struct ipos_hold *hold, struct sk_buff *skb,
			      const struct ipos_packet *packet)
{
	struct sk_buff *prev;

	skb_queue_reverse_walk(&hold->list, prev)
		if (!after(held(prev)->seq, packet->seq))
			break;
	if (prev != (struct sk_buff *)&hold->list &&
	    !after(packet->end, held(prev)->end)) {
		consume_skb(skb);
		return false;
	}
	detach(skb);
	*held(skb) = (struct held){
		.seq = packet->seq, .end = packet->end,
		.len = packet->len, .payload = packet->payload,
	};
	__skb_queue_after(&hold->list, prev, skb);
	hold->bytes += skb->truesize;
	drop_covered(hold, skb);
	return true;
}

/**
 * ipos_hold_advance() - the next bytes in order
 * @hold: the hold
 * @offset: filled: where in the packet they begin
 * @len: filled: how many they are; 0 for a bare FIN
 *
 * Return: the packet, still held, or NULL when the next byte is missing.
 */
struct sk_buff *ipos_hold_advance(struct ipos_hold *hold, u32 *offset,
				  u32 *len)
{
	struct sk_buff *skb;
	u32 skip;

	skb_queue_walk(&hold->list, skb) {
		if (after(held(skb)->seq, hold->nxt))
			break;
		if (!after(held(skb)->end, hold->nxt))
			continue;
		skip = min(hold->nxt - held(skb)->seq, held(skb)->len);
		*offset = held(skb)->payload + skip;
		*len = held(skb)->len - skip;
		hold->nxt = held(skb)->end;
		return skb;
	}
	return NULL;
}

/**
 * ipos_hold_end() - the sequence number after a held segment
 * @skb: held
 *
 * Return: host order.
 */
u32 ipos_hold_end(const struct sk_buff *skb)
{
	return held(skb)->end;
}
