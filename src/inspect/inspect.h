/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What every inspector answers. An inspector is fed a connection's bytes in
 * order, in pieces of any size, until it has made up its mind. Pure, like the
 * wire: no allocation, no clock, no socket; how long to wait for more and how
 * many bytes to hold meanwhile is decided by whoever feeds it.
 */
#ifndef IPOS_INSPECT_INSPECT_H
#define IPOS_INSPECT_INSPECT_H

enum ipos_inspect {
	IPOS_INSPECT_NEED_MORE,	/* all right so far */
	IPOS_INSPECT_FOUND,	/* all that selection can use is known */
	IPOS_INSPECT_NONE,	/* not this protocol: goes by the policy alone */
};

#endif /* IPOS_INSPECT_INSPECT_H */
