/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Golden frames: golden/NAME.hex holds one frame from its Ethernet header on,
 * as hexadecimal bytes in any layout, comments from '#' to the end of the line.
 * Lines "# field: value" before the bytes say what they mean.
 */
#ifndef UNIT_GOLDEN_H
#define UNIT_GOLDEN_H

#include <stdbool.h>
#include "compat/types.h"

#define GOLDEN_FIELDS	64
#define GOLDEN_ETH_LEN	14

struct golden_field {
	char name[24];
	char value[40];
};

struct golden {
	u8	*bytes;		/* an allocation of exactly len bytes */
	size_t	len;
	size_t	count;
	struct golden_field fields[GOLDEN_FIELDS];
};

/* These end the program where the file is not as it should be. */
void golden_load(struct golden *golden, const char *name);
void golden_free(struct golden *golden);

bool golden_has(const struct golden *golden, const char *field);
const char *golden_text(const struct golden *golden, const char *field);
u64 golden_number(const struct golden *golden, const char *field);
/* Dotted address, in network order. */
__be32 golden_ip(const struct golden *golden, const char *field);
void golden_mac(const struct golden *golden, const char *field, u8 mac[6]);

#endif /* UNIT_GOLDEN_H */
