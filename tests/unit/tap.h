/* SPDX-License-Identifier: GPL-2.0 */
/* The Test Anything Protocol, as much of it as the tests of this folder say. */
#ifndef UNIT_TAP_H
#define UNIT_TAP_H

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

#define TAP_ATTRIBUTE(what)	__attribute__((what))

static int tap_count;
static int tap_failures;

/* A diagnostic; prove shows it with -v, or when it goes to stderr as here. */
TAP_ATTRIBUTE(format(printf, 1, 2))
static inline void tap_diag(const char *format, ...)
{
	va_list args;

	fputs("# ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}

TAP_ATTRIBUTE(format(printf, 2, 3))
static inline bool tap_ok(bool good, const char *format, ...)
{
	va_list args;

	printf("%sok %d - ", good ? "" : "not ", ++tap_count);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	putchar('\n');
	/* So that what was tested last is known after a crash. */
	fflush(stdout);
	tap_failures += !good;
	return good;
}

/* The plan, and the exit status of the program. */
static inline int tap_done(void)
{
	printf("1..%d\n", tap_count);
	return tap_failures ? 1 : 0;
}

#endif /* UNIT_TAP_H */
