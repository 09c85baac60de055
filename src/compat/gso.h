/* SPDX-License-Identifier: GPL-2.0 */
/* skb_gso_segment() moved from linux/netdevice.h to a header of its own. */
#ifndef IPOS_COMPAT_GSO_H
#define IPOS_COMPAT_GSO_H

#ifdef IPOS_HAVE_NET_GSO
#include <net/gso.h>
#else
#include <linux/netdevice.h>
#endif

#endif /* IPOS_COMPAT_GSO_H */
