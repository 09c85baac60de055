/* SPDX-License-Identifier: GPL-2.0 */
/* Comparing bytes with a word as they come; 0 is the beginning. */
#ifndef IPOS_INSPECT_MATCH_H
#define IPOS_INSPECT_MATCH_H

#include "compat/types.h"

#define IPOS_MISMATCH	0xff

/* How many bytes of the word were met, this one included. */
static inline u8 ipos_match_byte(u8 match, const char *word, u8 c)
{
	if (match != IPOS_MISMATCH && c && (u8)word[match] == c)
		return match + 1;
	return IPOS_MISMATCH;
}

static inline bool ipos_match_whole(u8 match, const char *word)
{
	return match != IPOS_MISMATCH && !word[match];
}

#endif /* IPOS_INSPECT_MATCH_H */
