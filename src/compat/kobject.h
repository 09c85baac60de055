/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Since 6.4 the callbacks of a type of kobjects do not change the object. The
 * IPOS_HAVE_* come from the probes in Kbuild.include.
 */
#ifndef IPOS_COMPAT_KOBJECT_H
#define IPOS_COMPAT_KOBJECT_H

#include <linux/kobject.h>

#ifdef IPOS_HAVE_CONST_KOBJECT
#define ipos_compat_kobject	const struct kobject
#else
#define ipos_compat_kobject	struct kobject
#endif

#endif /* IPOS_COMPAT_KOBJECT_H */
