/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The name of an endpoint: protocol and 4-tuple as the client sees them.
 */
#ifndef IPOS_BASE_KEY_H
#define IPOS_BASE_KEY_H

#include <linux/in.h>
#include <linux/jhash.h>
#include <linux/types.h>
#include <linux/ipos_wire.h>

/**
 * struct ipos_key - the 4-tuple as the client sees it, network byte order
 * @caddr: the client's address
 * @saddr: the address the client talks to, on whichever board it lives
 * @cport: the client's port
 * @sport: the port the client talks to
 * @proto: enum ipos_protocol
 * @zero: padding
 *
 * Build it with ipos_key_init() only, so that the padding is zero.
 */
struct ipos_key {
	__be32	caddr;
	__be32	saddr;
	__be16	cport;
	__be16	sport;
	u8	proto;
	u8	zero[3];
};

static inline struct ipos_key ipos_key_init(u8 proto, __be32 caddr,
					    __be16 cport, __be32 saddr,
					    __be16 sport)
{
	return (struct ipos_key){
		.caddr = caddr, .saddr = saddr,
		.cport = cport, .sport = sport, .proto = proto,
	};
}

/* Of the connection a frame is about: its header names the client alone. */
static inline struct ipos_key ipos_key_of(const struct ipos_hdr *hdr,
					  __be32 saddr, __be16 sport)
{
	return ipos_key_init(hdr->protocol, hdr->src_ip, hdr->src_port, saddr,
			     sport);
}

static inline u32 ipos_key_ports(const struct ipos_key *key)
{
	return (__force u32)key->sport << 16 | (__force u32)key->cport;
}

/* As the stack hashes its own connections; the secret is the table's. */
static inline u32 ipos_key_hash(const struct ipos_key *key, u32 secret)
{
	return jhash_3words((__force u32)key->caddr, (__force u32)key->saddr,
			    ipos_key_ports(key), secret ^ key->proto);
}

static inline bool ipos_key_equal(const struct ipos_key *a,
				  const struct ipos_key *b)
{
	return a->caddr == b->caddr && a->cport == b->cport &&
	       a->saddr == b->saddr && a->sport == b->sport &&
	       a->proto == b->proto;
}

/* An address that one host can have. */
static inline bool ipos_is_unicast(__be32 addr)
{
	return !ipv4_is_multicast(addr) && !ipv4_is_lbcast(addr) &&
	       !ipv4_is_zeronet(addr) && !ipv4_is_loopback(addr);
}

#endif /* IPOS_BASE_KEY_H */
