// SPDX-License-Identifier: GPL-2.0
#include <linux/etherdevice.h>
#include <linux/ip.h>
#include <linux/ipos_wire.h>
#include <net/ip.h>
#include "link/frame.h"
#include "link/split.h"

const u8 ipos_frame_group[ETH_ALEN] __aligned(2) = IPOS_GROUP_LLADDR;

static struct net_device *device(const struct ipos_server *to)
{
	struct net_device *dev = rcu_dereference(to->dev);

	return dev && dev->flags & IFF_UP ? dev : NULL;
}

/* The packet begins with an Ethernet header whose destination is written. */
static int transmit_to(struct net_device *dev, __be16 ethertype,
		       struct sk_buff *skb)
{
	struct ethhdr *eth = (struct ethhdr *)skb->data;
	int err;

	ether_addr_copy(eth->h_source, dev->dev_addr);
	eth->h_proto = ethertype;
	skb_reset_mac_header(skb);
	skb_set_network_header(skb, ETH_HLEN);
	skb->mac_len = ETH_HLEN;
	skb->protocol = ethertype;
	skb->dev = dev;
	err = dev_queue_xmit(skb);
	return net_xmit_eval(err) ? -ENOBUFS : 0;
}

/* The packet begins with room for an Ethernet header. */
static int transmit(const struct ipos_server *to, struct net_device *dev,
		    __be16 ethertype, struct sk_buff *skb)
{
	struct ethhdr *eth = (struct ethhdr *)skb->data;

	if (unlikely(!ipos_server_lladdr(to, eth->h_dest))) {
		kfree_skb(skb);
		return -ENODEV;
	}
	return transmit_to(dev, ethertype, skb);
}

/* A frame with room for the Ethernet header before it, or NULL. */
static struct sk_buff *new_frame(const struct net_device *dev,
				 const void *frame, size_t len)
{
	struct sk_buff *skb;

	skb = alloc_skb(LL_RESERVED_SPACE(dev) + len + dev->needed_tailroom,
			GFP_ATOMIC);
	if (!skb)
		return NULL;
	skb_reserve(skb, LL_RESERVED_SPACE(dev));
	skb_put_data(skb, frame, len);
	skb_push(skb, ETH_HLEN);
	return skb;
}

/**
 * ipos_frame_send() - send a frame that a builder of wire/ made
 * @to: the board
 * @ethertype: type field, network byte order
 * @frame: begins at the encapsulation header
 * @len: its bytes
 *
 * Softirq or bottom halves off, RCU held.
 *
 * Return: 0, -ENODEV no device that is up reaches the board, -ENOMEM,
 * -ENOBUFS the device's queue dropped it.
 */
int ipos_frame_send(const struct ipos_server *to, __be16 ethertype,
		    const void *frame, size_t len)
{
	struct net_device *dev = device(to);
	struct sk_buff *skb;

	if (!dev)
		return -ENODEV;
	skb = new_frame(dev, frame, len);
	return skb ? transmit(to, dev, ethertype, skb) : -ENOMEM;
}

/**
 * ipos_frame_send_group() - send a frame to all boards behind a device
 * @dev: a fabric device
 * @ethertype: type field, network byte order
 * @frame: begins at the encapsulation header
 * @len: its bytes
 *
 * Softirq or bottom halves off, RCU held.
 *
 * Return: 0, -ENODEV the device is not up, -ENOMEM, -ENOBUFS.
 */
int ipos_frame_send_group(struct net_device *dev, __be16 ethertype,
			  const void *frame, size_t len)
{
	struct sk_buff *skb;

	if (!(dev->flags & IFF_UP))
		return -ENODEV;
	skb = new_frame(dev, frame, len);
	if (!skb)
		return -ENOMEM;
	ether_addr_copy(((struct ethhdr *)skb->data)->h_dest,
			ipos_frame_group);
	return transmit_to(dev, ethertype, skb);
}

/*
 * What is added in front is taken away behind, as far as it is free there: a
 * larger buffer would be one of the allocator's next size.
 */
static int expand(struct sk_buff *skb, unsigned int room,
		  const struct net_device *dev)
{
	unsigned int have = skb_headroom(skb);
	int free = skb_tailroom(skb) - dev->needed_tailroom;
	int more = 0;

	if (have < room)
		more = ALIGN(room - have, NET_SKB_PAD);
	return pskb_expand_head(skb, more, -clamp(free, 0, more), GFP_ATOMIC);
}

/* Room for both headers that nobody else looks at. */
static int make_room(struct sk_buff *skb, const struct net_device *dev)
{
	unsigned int room = IPOS_ENCAP_LEN + dev->needed_headroom;

	if (likely(skb_headroom(skb) >= room && !skb_header_cloned(skb)))
		return 0;
	return expand(skb, room, dev);
}

static int encap_one(const struct ipos_server *to, struct net_device *dev,
		     __be16 ethertype, const struct ipos_hdr *hdr,
		     struct sk_buff *skb)
{
	int err = -ENOMEM;

	if (skb->ip_summed == CHECKSUM_PARTIAL && skb_checksum_help(skb))
		goto drop;
	if (make_room(skb, dev))
		goto drop;
	skb_scrub_packet(skb, false);
	skb_clear_tstamp(skb);
	skb->ip_summed = CHECKSUM_NONE;
	__skb_push(skb, IPOS_ENCAP_LEN);
	memcpy(skb->data + ETH_HLEN, hdr, sizeof(*hdr));
	return transmit(to, dev, ethertype, skb);
drop:
	kfree_skb(skb);
	return err;
}

/* As a router would have done it on a link so narrow; RFC 791. */
static int encap_fragments(const struct ipos_server *to,
			   struct net_device *dev, __be16 ethertype,
			   const struct ipos_hdr *hdr, struct sk_buff *skb,
			   unsigned int room)
{
	struct ip_frag_state state;
	int err = IPOS_FRAME_CUT, one;
	struct sk_buff *fragment;

	skb_reset_network_header(skb);
	if (ip_hdr(skb)->frag_off & htons(IP_DF) ||
	    room < ip_hdrlen(skb) + 8) {
		kfree_skb(skb);
		return -EMSGSIZE;
	}
	if (skb->ip_summed == CHECKSUM_PARTIAL && skb_checksum_help(skb)) {
		kfree_skb(skb);
		return -ENOMEM;
	}
	ip_frag_init(skb, ip_hdrlen(skb),
		     IPOS_ENCAP_LEN + dev->needed_headroom,
		     room - ip_hdrlen(skb), false, &state);
	while (state.left) {
		fragment = ip_frag_next(skb, &state);
		if (IS_ERR(fragment)) {
			err = PTR_ERR(fragment);
			break;
		}
		ip_send_check(ip_hdr(fragment));
		one = encap_one(to, dev, ethertype, hdr, fragment);
		if (one)
			err = one;
	}
	consume_skb(skb);
	return err;
}

/* What is not TCP's to cut, and how its sender made it. */
static int encap_whole(const struct ipos_server *to, struct net_device *dev,
		       __be16 ethertype, const struct ipos_hdr *hdr,
		       struct sk_buff *skb, unsigned int room)
{
	if (likely(skb->len <= room))
		return encap_one(to, dev, ethertype, hdr, skb);
	return encap_fragments(to, dev, ethertype, hdr, skb, room);
}

static bool is_udp(const struct sk_buff *skb)
{
	return ((struct iphdr *)skb->data)->protocol == IPPROTO_UDP;
}

static int encap_segments(const struct ipos_server *to, struct net_device *dev,
			  __be16 ethertype, const struct ipos_hdr *hdr,
			  struct sk_buff *skb, unsigned int room,
			  ipos_frame_failed failed, void *arg)
{
	int err = ipos_split_fits(skb, room) ? 0 : IPOS_FRAME_CUT, one;
	struct sk_buff *segs = ipos_split_consume(skb, room), *seg, *next;

	if (IS_ERR(segs))
		return PTR_ERR(segs);
	skb_list_walk_safe(segs, seg, next) {
		skb_mark_not_on_list(seg);
		__skb_pull(seg, ETH_HLEN);
		one = encap_whole(to, dev, ethertype, hdr, seg, room);
		if (one && err < 0)
			failed(arg, err);
		if (one)
			err = one;
	}
	return err;
}

/* How long an IP packet may be that goes out by a device. */
static unsigned int room_of(const struct net_device *dev)
{
	unsigned int mtu = READ_ONCE(dev->mtu);

	return mtu - min_t(unsigned int, mtu, sizeof(struct ipos_hdr));
}

/* Of a packet that is cut anyway, the longest piece. */
static unsigned int longest(const struct sk_buff *skb)
{
	if (!skb_is_gso(skb))
		return skb->len;
	return ip_hdrlen(skb) + sizeof(struct udphdr) +
	       skb_shinfo(skb)->gso_size;
}

/**
 * ipos_frame_too_long() - whether a datagram must not go, nor be cut
 * @to: the board
 * @skb: data at the IP header, network header set
 *
 * RCU held.
 *
 * Return: how long it may be at most; 0 when it can go.
 */
unsigned int ipos_frame_too_long(const struct ipos_server *to,
				 const struct sk_buff *skb)
{
	struct net_device *dev;
	unsigned int room;

	if (!is_udp(skb) || !(ip_hdr(skb)->frag_off & htons(IP_DF)))
		return 0;
	dev = device(to);
	if (!dev)
		return 0;
	room = room_of(dev);
	return longest(skb) > room ? room : 0;
}

/**
 * ipos_frame_encap_consume() - figures 11g, 11h: send a client's packet on
 * @to: the board
 * @ethertype: type field, network byte order
 * @hdr: the whole encapsulation header, checksum included
 * @skb: data at the IP header, headers linear; consumed whatever happens
 * @failed: told of each error of a segment before the one that is returned
 * @arg: its argument
 *
 * GSO packets are segmented, TCP segments longer than the fabric's MTU cut,
 * longer datagrams fragmented, checksums completed, Ethernet padding removed.
 * Softirq or bottom halves off, RCU held.
 *
 * Return: 0, IPOS_FRAME_CUT: sent, in more pieces than the sender had made;
 * -ENODEV, -EMSGSIZE longer than the fabric's MTU and not to be cut, -EBADMSG
 * to be cut, but its checksum is wrong, -ENOMEM, -ENOBUFS, -EINVAL; of several
 * segments the last error.
 */
int ipos_frame_encap_consume(const struct ipos_server *to, __be16 ethertype,
			     const struct ipos_hdr *hdr, struct sk_buff *skb,
			     ipos_frame_failed failed, void *arg)
{
	struct net_device *dev = device(to);
	unsigned int room;
	int err = -ENODEV;

	if (!dev)
		goto drop;
	room = room_of(dev);
	err = -ENOMEM;
	if (!skb_is_gso(skb) &&
	    pskb_trim_rcsum(skb, ntohs(((struct iphdr *)skb->data)->tot_len)))
		goto drop;
	if (skb_is_gso(skb) || (unlikely(skb->len > room) && !is_udp(skb)))
		return encap_segments(to, dev, ethertype, hdr, skb, room,
				      failed, arg);
	return encap_whole(to, dev, ethertype, hdr, skb, room);
drop:
	kfree_skb(skb);
	return err;
}
