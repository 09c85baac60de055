/* SPDX-License-Identifier: GPL-2.0 */
/* A network namespace may have a table of UDP sockets of its own. */
#ifndef IPOS_COMPAT_UDP_H
#define IPOS_COMPAT_UDP_H

#include <net/net_namespace.h>
#include <net/udp.h>

/**
 * ipos_compat_udp_table() - where a namespace's UDP sockets are
 * @net: the namespace
 *
 * Return: the table; those of other namespaces may be there, too.
 */
static inline struct udp_table *ipos_compat_udp_table(const struct net *net)
{
#ifdef IPOS_HAVE_NET_UDP_TABLE
	return net->ipv4.udp_table;
#else
	return &udp_table;
#endif
}

#endif /* IPOS_COMPAT_UDP_H */
