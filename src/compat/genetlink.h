/* SPDX-License-Identifier: GPL-2.0 */
/* The attributes of a generic netlink dump moved into its struct genl_info. */
#ifndef IPOS_COMPAT_GENETLINK_H
#define IPOS_COMPAT_GENETLINK_H

#include <net/genetlink.h>

/**
 * ipos_compat_dump_attrs() - the attributes of a dump's request
 * @cb: the dump
 *
 * Return: indexed by attribute, up to the largest of the command's policy.
 */
static inline struct nlattr **
ipos_compat_dump_attrs(struct netlink_callback *cb)
{
#ifdef IPOS_HAVE_GENL_INFO_DUMP
	return genl_info_dump(cb)->attrs;
#else
	return genl_dumpit_info(cb)->attrs;
#endif
}

#endif /* IPOS_COMPAT_GENETLINK_H */
