/* SPDX-License-Identifier: GPL-2.0 */
#ifndef IPOS_BASE_VERDICT_H
#define IPOS_BASE_VERDICT_H

/* What became of a packet. */
enum ipos_verdict {
	IPOS_PASS,	/* the stack's; it was not changed, or prepared for it */
	IPOS_CONSUMED,	/* ours: sent on, held, or dropped and counted */
};

#endif /* IPOS_BASE_VERDICT_H */
