// SPDX-License-Identifier: GPL-2.0
#include <linux/icmp.h>
#include <linux/ip.h>
#include <linux/tcp.h>
#include <net/checksum.h>
#include <net/ip.h>
#include "engine/packet.h"
#include "engine/quote.h"

/* Of the TCP or UDP header only this much is sure to be quoted (RFC 792). */
#define QUOTED 8

/* Those of which a socket learns something; redirects are a host's own. */
static bool is_error(u8 type)
{
	return type == ICMP_DEST_UNREACH || type == ICMP_TIME_EXCEEDED ||
	       type == ICMP_PARAMETERPROB;
}

/* Of the quoted packet, whose beginning this is; 0: neither TCP nor UDP. */
static u8 protocol_of(const struct iphdr *iph)
{
	if (iph->version != 4 || iph->ihl < 5 ||
	    iph->frag_off & htons(IP_OFFSET))
		return 0;
	switch (iph->protocol) {
	case IPPROTO_TCP:
		return IPOS_PROTO_TCP;
	case IPPROTO_UDP:
		return IPOS_PROTO_UDP;
	default:
		return 0;
	}
}

static bool parse_error(struct sk_buff *skb, struct ipos_quote *quote)
{
	const struct icmphdr *icmph;
	const struct iphdr *iph;

	iph = ipos_packet_ip_header(skb, IPPROTO_ICMP, sizeof(*icmph) +
				    sizeof(struct iphdr) + QUOTED);
	if (!iph || skb_is_gso(skb))
		return false;
	quote->icmp = iph->ihl * 4;
	quote->len = ntohs(iph->tot_len);
	if (!pskb_may_pull(skb, quote->icmp + sizeof(*icmph) + sizeof(*iph)))
		return false;
	icmph = (struct icmphdr *)(skb->data + quote->icmp);
	quote->type = icmph->type;
	quote->code = icmph->code;
	return is_error(quote->type);
}

/*
 * May move the skb's data. False: no error, or about neither TCP nor UDP. The
 * key is the sender's view, as a client's.
 */
static bool parse_sent(struct sk_buff *skb, struct ipos_quote *quote)
{
	const struct iphdr *sent;
	const struct tcphdr *th;
	unsigned int at;
	u8 proto;

	if (!parse_error(skb, quote))
		return false;
	at = quote->icmp + sizeof(struct icmphdr);
	sent = (struct iphdr *)(skb->data + at);
	proto = protocol_of(sent);
	if (!proto)
		return false;
	at += sent->ihl * 4;
	if (at + QUOTED > quote->len || !pskb_may_pull(skb, at + QUOTED))
		return false;
	sent = (struct iphdr *)(skb->data + quote->icmp +
				sizeof(struct icmphdr));
	th = (struct tcphdr *)(skb->data + at);
	/* It is told to whoever sent the packet. */
	if (((struct iphdr *)skb->data)->daddr != sent->saddr)
		return false;
	quote->key = ipos_key_init(proto, sent->saddr, th->source,
				   sent->daddr, th->dest);
	quote->seq = ntohl(th->seq);
	return true;
}

/**
 * ipos_quote_parse() - is it an ICMP error about what a server has sent?
 * @skb: data at the IP header; may be moved
 * @quote: filled
 *
 * Return: whether it is, and tells the sender. Any context.
 */
bool ipos_quote_parse(struct sk_buff *skb, struct ipos_quote *quote)
{
	const struct ipos_key *sent = &quote->key;

	if (!parse_sent(skb, quote))
		return false;
	quote->key = ipos_key_init(sent->proto, sent->saddr, sent->sport,
				   sent->caddr, sent->cport);
	return true;
}

/**
 * ipos_quote_request() - is it an error about a client's datagram?
 * @skb: data at the IP header; may be moved
 * @key: filled: client, and where the datagram was sent
 *
 * Return: whether it is. Any context.
 */
bool ipos_quote_request(struct sk_buff *skb, struct ipos_key *key)
{
	struct ipos_quote quote;

	if (!parse_sent(skb, &quote) || quote.key.proto != IPOS_PROTO_UDP)
		return false;
	*key = quote.key;
	return true;
}

/**
 * ipos_quote_checksum_ok() - verify the checksum of an ICMP error
 * @skb: as parsed; what is behind the error is cut off
 * @quote: what it says
 *
 * Return: whether it is right. Any context.
 */
bool ipos_quote_checksum_ok(struct sk_buff *skb,
			    const struct ipos_quote *quote)
{
	bool ok;

	if (pskb_trim_rcsum(skb, quote->len))
		return false;
	__skb_pull(skb, quote->icmp);
	ok = !skb_checksum_simple_validate(skb);
	__skb_push(skb, quote->icmp);
	return ok;
}
