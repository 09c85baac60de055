// SPDX-License-Identifier: GPL-2.0
#include <linux/ip.h>
#include <linux/tcp.h>
#include <net/ip.h>
#include <net/tcp.h>
#include "endpoint/deliver.h"
#include "engine/packet.h"
#include "link/segment.h"

/**
 * ipos_packet_ip_header() - the header of a whole IP packet
 * @skb: data at it
 * @protocol: IPPROTO_*, which it must be of
 * @least: bytes that must follow
 *
 * May move the skb's data; pulls the header alone. Any context.
 *
 * Return: the header, or NULL for fragments, other protocols, malformed
 * headers and a wrong checksum of the header.
 */
struct iphdr *ipos_packet_ip_header(struct sk_buff *skb, u8 protocol,
				    unsigned int least)
{
	struct iphdr *iph;

	if (!pskb_may_pull(skb, sizeof(*iph)))
		return NULL;
	iph = (struct iphdr *)skb->data;
	if (iph->version != 4 || iph->ihl < 5 ||
	    iph->protocol != protocol || ip_is_fragment(iph) ||
	    ntohs(iph->tot_len) < iph->ihl * 4 + least ||
	    ntohs(iph->tot_len) > skb->len)
		return NULL;
	if (!pskb_may_pull(skb, iph->ihl * 4))
		return NULL;
	iph = (struct iphdr *)skb->data;
	return ip_fast_csum(iph, iph->ihl) ? NULL : iph;
}

/* The length of a GSO packet is the skb's: tot_len may not hold it. */
static u32 ip_length(const struct sk_buff *skb, const struct iphdr *iph)
{
	return skb_is_gso(skb) ? skb->len : ntohs(iph->tot_len);
}

/**
 * ipos_packet_parse() - is it a whole TCP segment, and what does it say?
 * @skb: data at the IP header
 * @packet: filled
 *
 * May move the skb's data; sets network and transport header. A packet that
 * it does not take is left for the stack to judge. Any context.
 *
 * Return: false for fragments, other protocols, malformed headers and a wrong
 * checksum of the IP header.
 */
bool ipos_packet_parse(struct sk_buff *skb, struct ipos_packet *packet)
{
	const struct tcphdr *th;
	const struct iphdr *iph;
	unsigned int tcp;

	iph = ipos_packet_ip_header(skb, IPPROTO_TCP, sizeof(*th));
	if (!iph)
		return false;
	tcp = iph->ihl * 4;
	if (!pskb_may_pull(skb, tcp + sizeof(*th)))
		return false;
	th = (struct tcphdr *)(skb->data + tcp);
	if (th->doff < 5 || !pskb_may_pull(skb, tcp + th->doff * 4))
		return false;
	iph = (struct iphdr *)skb->data;
	th = (struct tcphdr *)(skb->data + tcp);
	if (ip_length(skb, iph) < tcp + th->doff * 4)
		return false;
	skb_reset_network_header(skb);
	skb_set_transport_header(skb, tcp);

	packet->key = ipos_key_init(IPOS_PROTO_TCP, iph->saddr, th->source,
				    iph->daddr, th->dest);
	packet->seq = ntohl(th->seq);
	packet->ack = ntohl(th->ack_seq);
	packet->window = ntohs(th->window);
	packet->flags = tcp_flag_byte(th);
	packet->tcp = tcp;
	packet->payload = tcp + th->doff * 4;
	packet->len = ip_length(skb, iph) - packet->payload;
	packet->end = packet->seq + packet->len + th->syn + th->fin;
	return true;
}

/**
 * ipos_packet_checksum_ok() - verify the TCP checksum
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
	return ipos_segment_checksum_ok(skb, packet->tcp);
}

/**
 * ipos_packet_has_socket() - whether a socket of this host is to hear it
 * @net: the namespace
 * @packet: what it says
 *
 * TIME_WAIT must still hear the client, but not its SYN: that is no
 * listener's before the connection is placed. Any context.
 *
 * Return: true if this host's stack is to get the packet.
 */
bool ipos_packet_has_socket(struct net *net, const struct ipos_packet *packet)
{
	switch (ipos_socket_find(net, &packet->key)) {
	case IPOS_SOCKET_LIVE:
		return true;
	case IPOS_SOCKET_TIME_WAIT:
		return !(packet->flags & TCPHDR_SYN);
	default:
		return false;
	}
}
