/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The kernel's SYN cookies: __cookie_v4_check() lost its last argument, and a
 * kernel may be built without any of them.
 */
#ifndef IPOS_COMPAT_COOKIE_H
#define IPOS_COMPAT_COOKIE_H

#include <net/tcp.h>

#ifdef CONFIG_SYN_COOKIES

#define IPOS_COOKIE_VALID	TCP_SYNCOOKIE_VALID

/**
 * ipos_compat_cookie_make() - the ISN that is a cookie
 * @iph: addresses
 * @th: the SYN
 * @mss: the client's; lowered to one that the cookie can tell
 *
 * Context: any.
 * Return: host order.
 */
static inline u32 ipos_compat_cookie_make(const struct iphdr *iph,
					  const struct tcphdr *th, u16 *mss)
{
	return __cookie_v4_init_sequence(iph, th, mss);
}

/**
 * ipos_compat_cookie_check() - what a cookie tells
 * @iph: addresses
 * @th: the ACK of the SYN-ACK, or the first segment with data
 *
 * Context: any.
 * Return: the MSS, or 0: it is no cookie, or too old.
 */
static inline int ipos_compat_cookie_check(const struct iphdr *iph,
					   const struct tcphdr *th)
{
#ifdef IPOS_HAVE_COOKIE_ARGUMENT
	return __cookie_v4_check(iph, th, ntohl(th->ack_seq) - 1);
#else
	return __cookie_v4_check(iph, th);
#endif
}

#else

#define IPOS_COOKIE_VALID	0

static inline u32 ipos_compat_cookie_make(const struct iphdr *iph,
					  const struct tcphdr *th, u16 *mss)
{
	return 0;
}

static inline int ipos_compat_cookie_check(const struct iphdr *iph,
					   const struct tcphdr *th)
{
	return 0;
}

#endif /* CONFIG_SYN_COOKIES */

#endif /* IPOS_COMPAT_COOKIE_H */
