/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the exit status says, and the one way to say what is wrong.
 */
#ifndef IPOS_CTL_ERROR_H
#define IPOS_CTL_ERROR_H

enum {
	DONE = 0,
	WRONG = 1,		/* what was asked for */
	REFUSED = 2,		/* by the kernel */
};

/* Prints "Error: ...", with a full stop, and returns WRONG. */
int error(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* The same, and returns REFUSED. */
int refusal(const char *format, ...) __attribute__((format(printf, 1, 2)));
void warning(const char *text);

#endif /* IPOS_CTL_ERROR_H */
