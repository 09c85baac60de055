/* SPDX-License-Identifier: GPL-2.0 */
/* Inputs for the kernel, each grown from one that reached code no other had. */
#ifndef FUZZ_KERNEL_GUIDED_H
#define FUZZ_KERNEL_GUIDED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define INPUT_MAX	4096
#define RECORD_HEAD	4

/*
 * An input is a row of records: a byte and a half-word whose meaning is the
 * target's, in the host's order, and a body of that many bytes.
 */
struct record {
	uint8_t		kind, flags;
	uint16_t	len;
	uint8_t		body[INPUT_MAX];
};

struct target {
	const char	*name;
	void		(*open)(char **devices);
	void		(*run)(struct record *record);
};

extern const struct target frames, netlink;

uint64_t fuzz_random(void);
void fuzz_die(const char *what) __attribute__((noreturn));

bool coverage_open(void);
void coverage_begin(void);
unsigned int coverage_end(void);
unsigned int coverage_edges(void);

#endif
