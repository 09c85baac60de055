// SPDX-License-Identifier: GPL-2.0
#include <net/tcp.h>
#include "engine/sacked.h"

/* Whether they overlap or touch; then @block covers both. */
static bool extend(struct ipos_sack *block, const struct ipos_sack *by)
{
	if (after(by->start, block->end) || after(block->start, by->end))
		return false;
	if (before(by->start, block->start))
		block->start = by->start;
	if (after(by->end, block->end))
		block->end = by->end;
	return true;
}

static void drop(struct ipos_sacked *sacked, unsigned int at)
{
	sacked->n--;
	memmove(&sacked->block[at], &sacked->block[at + 1],
		(sacked->n - at) * sizeof(sacked->block[0]));
}

/**
 * ipos_sacked_copy() - what of a segment has been told before
 * @sacked: see there; the first such bytes are told again (RFC 2883)
 * @start: its first sequence number
 * @end: after its last
 */
void ipos_sacked_copy(struct ipos_sacked *sacked, u32 start, u32 end)
{
	struct ipos_sack *copy = &sacked->copy;
	const struct ipos_sack *block;
	unsigned int at;

	for (at = 0; at < sacked->n; at++) {
		block = &sacked->block[at];
		if (!before(block->start, end) || !before(start, block->end) ||
		    (copy->start != copy->end &&
		     !before(block->start, copy->start)))
			continue;
		copy->start = before(start, block->start) ? block->start :
							    start;
		copy->end = before(end, block->end) ? end : block->end;
	}
}

/**
 * ipos_sacked_add() - a segment is held beyond a gap
 * @sacked: see there
 * @start: its first sequence number
 * @end: after its last
 */
void ipos_sacked_add(struct ipos_sacked *sacked, u32 start, u32 end)
{
	struct ipos_sack block = { .start = start, .end = end };
	unsigned int at = 0;

	while (at < sacked->n) {
		if (extend(&block, &sacked->block[at])) {
			drop(sacked, at);
			at = 0;
		} else {
			at++;
		}
	}
	if (sacked->n == IPOS_SACKS)
		sacked->n--;
	memmove(&sacked->block[1], &sacked->block[0],
		sacked->n * sizeof(sacked->block[0]));
	sacked->block[0] = block;
	sacked->n++;
}

/**
 * ipos_sacked_advance() - forget what lies beyond no gap any more
 * @sacked: see there
 * @nxt: the first byte that is missing
 */
void ipos_sacked_advance(struct ipos_sacked *sacked, u32 nxt)
{
	unsigned int at = 0;

	while (at < sacked->n) {
		if (after(sacked->block[at].start, nxt))
			at++;
		else
			drop(sacked, at);
	}
}

/**
 * ipos_sacked_is_last() - whether the client's segments end there
 * @sacked: see there
 * @seq: a sequence number
 *
 * Return: whether it follows the last byte that was told.
 */
bool ipos_sacked_is_last(const struct ipos_sacked *sacked, u32 seq)
{
	bool found = false;
	unsigned int at;

	for (at = 0; at < sacked->n; at++) {
		if (after(sacked->block[at].end, seq))
			return false;
		found |= sacked->block[at].end == seq;
	}
	return found;
}

/**
 * ipos_sacked_tell() - what an ACK says of it
 * @sacked: see there; what came again is told once
 * @segment: the ACK
 */
void ipos_sacked_tell(struct ipos_sacked *sacked, struct ipos_segment *segment)
{
	unsigned int room = segment->timestamps ? IPOS_SACKS - 1 : IPOS_SACKS;
	unsigned int at;

	if (sacked->copy.start != sacked->copy.end)
		segment->sacks[segment->n_sacks++] = sacked->copy;
	for (at = 0; at < sacked->n && segment->n_sacks < room; at++)
		segment->sacks[segment->n_sacks++] = sacked->block[at];
	sacked->copy.end = sacked->copy.start;
}
