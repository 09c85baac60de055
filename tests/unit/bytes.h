/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Bytes to test with: copies that end where their allocation ends, so that the
 * address sanitizer sees the first byte read beyond, and a generator that
 * repeats itself from run to run.
 */
#ifndef UNIT_BYTES_H
#define UNIT_BYTES_H

#include <stdlib.h>
#include <string.h>
#include "compat/types.h"

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))

/* free() it; never NULL, not even for no bytes. */
static inline u8 *bytes_exact(const void *from, size_t len)
{
	u8 *copy = malloc(len);

	if (!copy && !len)
		copy = malloc(1);
	if (!copy)
		abort();
	if (len)
		memcpy(copy, from, len);
	return copy;
}

/* xorshift64: any seed but 0. */
static inline u64 bytes_random(u64 *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

static inline void bytes_fill(u64 *seed, void *to, size_t len)
{
	u8 *p = to;

	while (len--)
		*p++ = (u8)(bytes_random(seed) >> 32);
}

#endif /* UNIT_BYTES_H */
