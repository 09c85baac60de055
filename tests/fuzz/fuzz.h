/* SPDX-License-Identifier: GPL-2.0 */
/* What the targets share: a property that breaks ends the program, with a trace. */
#ifndef FUZZ_FUZZ_H
#define FUZZ_FUZZ_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "bytes.h"

#define PROPERTY(condition)						\
	do {								\
		if (!(condition)) {					\
			fprintf(stderr, "%s:%d: not so: %s\n",		\
				__FILE__, __LINE__, #condition);	\
			abort();					\
		}							\
	} while (0)

int LLVMFuzzerTestOneInput(const u8 *data, size_t len);

/* How many of @len bytes are fed next: pieces of 1 to 64, by @seed, never 0. */
static inline size_t fuzz_piece(u64 *seed, size_t len)
{
	size_t piece = bytes_random(seed) % 64 + 1;

	return piece < len ? piece : len;
}

#endif /* FUZZ_FUZZ_H */
