/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What an unattached endpoint tells of segments that are not due yet, or came
 * again (RFC 2018, RFC 2883). Under the flow's lock.
 */
#ifndef IPOS_ENGINE_SACKED_H
#define IPOS_ENGINE_SACKED_H

#include "link/segment.h"

/**
 * struct ipos_sacked - host order
 * @block: what is held beyond a gap, the latest first
 * @copy: what has come again since the last ACK; empty if both ends are alike
 * @n: blocks
 */
struct ipos_sacked {
	struct ipos_sack	block[IPOS_SACKS];
	struct ipos_sack	copy;
	u8			n;
};

void ipos_sacked_copy(struct ipos_sacked *sacked, u32 start, u32 end);
void ipos_sacked_add(struct ipos_sacked *sacked, u32 start, u32 end);
void ipos_sacked_advance(struct ipos_sacked *sacked, u32 nxt);
bool ipos_sacked_is_last(const struct ipos_sacked *sacked, u32 seq);
void ipos_sacked_tell(struct ipos_sacked *sacked,
		      struct ipos_segment *segment);

#endif /* IPOS_ENGINE_SACKED_H */
