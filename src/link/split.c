// SPDX-License-Identifier: GPL-2.0
/*
 * What a sender's TCP could have sent in smaller segments from the beginning:
 * the kernel's segmentation cuts GSO packets, and segments of clients that
 * heed no MSS or began before the fabric's MTU was lowered.
 */
#include <linux/if_ether.h>
#include <linux/ip.h>
#include <net/tcp.h>
#include "compat/gso.h"
#include "link/segment.h"
#include "link/split.h"

/* Bytes of both headers; 0 where the packet is not one that can be cut. */
static unsigned int headers(const struct sk_buff *skb)
{
	const struct iphdr *iph = (struct iphdr *)skb->data;
	unsigned int len = iph->ihl * 4;
	const struct tcphdr *th;

	if (iph->protocol != IPPROTO_TCP ||
	    skb_headlen(skb) < len + sizeof(*th))
		return 0;
	th = (struct tcphdr *)(skb->data + len);
	/* A number in the header would be wrong in all but the first. */
	if (th->syn || th->urg)
		return 0;
	return len + th->doff * 4;
}

/* How much data each segment may carry, as if the sender had known it. */
static int limit(struct sk_buff *skb, unsigned int room)
{
	struct skb_shared_info *info;
	unsigned int len = headers(skb);

	if (!len || room < len + TCP_MIN_MSS)
		return -EMSGSIZE;
	if (!ipos_segment_checksum_ok(skb, ip_hdrlen(skb)))
		return -EBADMSG;
	/* Others may read the same; the pieces in a list fit the old size. */
	if (skb_unclone(skb, GFP_ATOMIC) ||
	    (skb_has_frag_list(skb) && skb_linearize(skb)))
		return -ENOMEM;
	info = skb_shinfo(skb);
	info->gso_size = min(room - len, GSO_BY_FRAGS - 1U);
	info->gso_type |= SKB_GSO_TCPV4 | SKB_GSO_DODGY;
	info->gso_segs = DIV_ROUND_UP(skb->len - len, info->gso_size);
	return 0;
}

/* GSO wants the packet to begin with a link-layer header. */
static struct sk_buff *segments(struct sk_buff *skb)
{
	struct sk_buff *segs;

	if (skb_cow_head(skb, ETH_HLEN))
		return ERR_PTR(-ENOMEM);
	memset(skb_push(skb, ETH_HLEN), 0, ETH_HLEN);
	skb_reset_mac_header(skb);
	skb->mac_len = ETH_HLEN;
	eth_hdr(skb)->h_proto = htons(ETH_P_IP);
	skb->protocol = htons(ETH_P_IP);
	segs = skb_gso_segment(skb, 0);
	return segs ?: ERR_PTR(-EINVAL);
}

/**
 * ipos_split_fits() - whether a packet goes out in the pieces it says
 * @skb: data at the IP header, headers linear
 * @room: bytes of the longest IP packet to come out
 *
 * Return: false when it is to be cut shorter, if it can be. Any context.
 */
bool ipos_split_fits(const struct sk_buff *skb, unsigned int room)
{
	if (!skb_is_gso(skb))
		return skb->len <= room;
	return headers(skb) + skb_shinfo(skb)->gso_size <= room;
}

/**
 * ipos_split_consume() - cut a TCP segment
 * @skb: a GSO packet, or one longer than @room; data at the IP header, headers
 *	linear; consumed
 * @room: bytes of the longest IP packet to come out
 *
 * A packet's checksum is made anew, so it is verified before. GSO packets are
 * cut where their sender said, or shorter. Any context.
 *
 * Return: a list, data at the MAC header, which is not yet written, or
 * ERR_PTR(): -EMSGSIZE what cannot be cut, -EBADMSG a wrong checksum,
 * -ENOMEM, -EINVAL.
 */
struct sk_buff *ipos_split_consume(struct sk_buff *skb, unsigned int room)
{
	struct sk_buff *segs;
	int err = 0;

	skb_set_network_header(skb, 0);
	if (!ipos_split_fits(skb, room))
		err = limit(skb, room);
	segs = err ? ERR_PTR(err) : segments(skb);
	if (IS_ERR(segs))
		kfree_skb(skb);
	else
		consume_skb(skb);
	return segs;
}
