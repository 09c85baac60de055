// SPDX-License-Identifier: GPL-2.0
#include <linux/ip.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <net/ip.h>
#include <net/tcp.h>
#include "engine/packet.h"
#include "link/segment.h"

static __always_inline struct iphdr *ip_header(struct sk_buff *skb,
					       u8 protocol, unsigned int least)
{
	unsigned int ihl, len;
	struct iphdr *iph;

	if (!pskb_may_pull(skb, sizeof(*iph) + least))
		return NULL;
	iph = (struct iphdr *)skb->data;
	ihl = iph->ihl;
	len = ntohs(iph->tot_len);
	if (iph->version != 4 || ihl < 5 || iph->protocol != protocol ||
	    ip_is_fragment(iph) || len < ihl * 4 + least || len > skb->len)
		return NULL;
	if (unlikely(ihl > 5)) {
		if (!pskb_may_pull(skb, ihl * 4 + least))
			return NULL;
		iph = (struct iphdr *)skb->data;
	}
	return ip_fast_csum(iph, ihl) ? NULL : iph;
}

/**
 * ipos_packet_ip_header() - the header of a whole IP packet
 * @skb: data at it
 * @protocol: IPPROTO_*, which it must be of
 * @least: bytes that must follow
 *
 * May move the skb's data; the header and @least bytes are in one piece then.
 * Any context.
 *
 * Return: the header, or NULL for fragments, other protocols, malformed
 * headers and a wrong checksum of the header.
 */
struct iphdr *ipos_packet_ip_header(struct sk_buff *skb, u8 protocol,
				    unsigned int least)
{
	return ip_header(skb, protocol, least);
}

/* The length of a GSO packet is the skb's: tot_len may not hold it. */
static u32 ip_length(const struct sk_buff *skb, const struct iphdr *iph)
{
	return skb_is_gso(skb) ? skb->len : ntohs(iph->tot_len);
}

/**
 * ipos_packet_is_fragment() - is it a sound fragment?
 * @skb: data at the IP header
 * @protocol: IPPROTO_*, which it must be of
 *
 * May move the skb's data. Any context.
 *
 * Return: false for whole packets, too.
 */
bool ipos_packet_is_fragment(struct sk_buff *skb, u8 protocol)
{
	const struct iphdr *iph;
	unsigned int ihl;

	if (!pskb_may_pull(skb, sizeof(*iph)))
		return false;
	iph = (struct iphdr *)skb->data;
	ihl = iph->ihl;
	if (iph->version != 4 || ihl < 5 || iph->protocol != protocol ||
	    !ip_is_fragment(iph) || ntohs(iph->tot_len) <= ihl * 4 ||
	    ntohs(iph->tot_len) > skb->len || !pskb_may_pull(skb, ihl * 4))
		return false;
	return !ip_fast_csum(skb->data, ihl);
}

static bool parse_udp(struct sk_buff *skb, struct ipos_packet *packet)
{
	const struct udphdr *uh;
	const struct iphdr *iph;
	unsigned int udp;

	iph = ip_header(skb, IPPROTO_UDP, sizeof(*uh));
	if (!iph)
		return false;
	udp = iph->ihl * 4;
	uh = (const struct udphdr *)((const u8 *)iph + udp);
	if (ntohs(uh->len) < sizeof(*uh) ||
	    ntohs(uh->len) > ip_length(skb, iph) - udp)
		return false;
	packet->key = ipos_key_init(IPOS_PROTO_UDP, iph->saddr, uh->source,
				    iph->daddr, uh->dest);
	packet->l4 = udp;
	return true;
}

/**
 * ipos_packet_parse() - is it a whole segment or datagram, and of what flow?
 * @skb: data at the IP header
 * @packet: its key and l4 are filled
 *
 * May move the skb's data. A packet that it does not take is left for the
 * stack to judge. Any context.
 *
 * Return: false for fragments, other protocols, malformed headers and a wrong
 * checksum of the IP header.
 */
bool ipos_packet_parse(struct sk_buff *skb, struct ipos_packet *packet)
{
	const struct tcphdr *th;
	const struct iphdr *iph;
	unsigned int tcp;

	iph = ip_header(skb, IPPROTO_TCP, sizeof(*th));
	if (!iph)
		return parse_udp(skb, packet);
	tcp = iph->ihl * 4;
	th = (const struct tcphdr *)((const u8 *)iph + tcp);
	if (th->doff < 5 || ip_length(skb, iph) < tcp + th->doff * 4)
		return false;
	packet->key = ipos_key_init(IPOS_PROTO_TCP, iph->saddr, th->source,
				    iph->daddr, th->dest);
	packet->l4 = tcp;
	return true;
}

/* A datagram is nothing but its data. */
static void read_udp(struct sk_buff *skb, struct ipos_packet *packet)
{
	unsigned int l4 = packet->l4;

	skb_reset_network_header(skb);
	skb_set_transport_header(skb, l4);
	packet->seq = 0;
	packet->end = 0;
	packet->ack = 0;
	packet->window = 0;
	packet->flags = 0;
	packet->payload = l4 + sizeof(struct udphdr);
	packet->len = ip_length(skb, ip_hdr(skb)) - packet->payload;
}

/**
 * ipos_packet_read() - what does the segment or datagram say?
 * @skb: as parsed
 * @packet: as parsed; the rest is filled
 *
 * May move the skb's data; sets network and transport header. Any context.
 *
 * Return: false when there is no memory to have its options in one piece.
 */
bool ipos_packet_read(struct sk_buff *skb, struct ipos_packet *packet)
{
	unsigned int tcp = packet->l4;
	const struct tcphdr *th;

	if (packet->key.proto == IPOS_PROTO_UDP) {
		read_udp(skb, packet);
		return true;
	}
	th = (const struct tcphdr *)(skb->data + tcp);
	if (!pskb_may_pull(skb, tcp + th->doff * 4))
		return false;
	th = (const struct tcphdr *)(skb->data + tcp);
	skb_reset_network_header(skb);
	skb_set_transport_header(skb, tcp);

	packet->seq = ntohl(th->seq);
	packet->ack = ntohl(th->ack_seq);
	packet->window = ntohs(th->window);
	packet->flags = tcp_flag_byte(th);
	packet->payload = tcp + th->doff * 4;
	packet->len = ip_length(skb, ip_hdr(skb)) - packet->payload;
	packet->end = packet->seq + packet->len + th->syn + th->fin;
	return true;
}

/**
 * ipos_packet_is_signed() - has the segment an MD5 signature, RFC 2385?
 * @skb: as read
 * @packet: what it says
 *
 * Whether it is right only the stack can tell, whose listener has the key.
 * Any context.
 *
 * Return: false for datagrams, too.
 */
bool ipos_packet_is_signed(const struct sk_buff *skb,
			   const struct ipos_packet *packet)
{
	const u8 *p = skb->data + packet->l4 + sizeof(struct tcphdr);
	const u8 *end = skb->data + packet->payload;

	if (packet->key.proto != IPOS_PROTO_TCP)
		return false;
	while (p < end && *p != TCPOPT_EOL) {
		if (*p == TCPOPT_NOP) {
			p++;
			continue;
		}
		if (end - p < 2 || p[1] < 2 || p[1] > end - p)
			return false;
		if (p[0] == TCPOPT_MD5SIG)
			return p[1] == TCPOLEN_MD5SIG;
		p += p[1];
	}
	return false;
}

/**
 * ipos_packet_checksum_ok() - verify the TCP or UDP checksum
 * @skb: as parsed
 * @packet: what it says
 *
 * Remembers the verdict in the skb. Any context.
 *
 * Return: whether it is right, or this host's own and not yet computed.
 */
bool ipos_packet_checksum_ok(struct sk_buff *skb,
			     const struct ipos_packet *packet)
{
	if (skb->ip_summed == CHECKSUM_PARTIAL)
		return true;
	if (pskb_trim_rcsum(skb, packet->payload + packet->len))
		return false;
	if (packet->key.proto == IPOS_PROTO_UDP)
		return ipos_segment_udp_checksum_ok(skb, packet->l4);
	return ipos_segment_checksum_ok(skb, packet->l4);
}
