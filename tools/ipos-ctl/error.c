// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include "error.h"

static void say(const char *what, const char *format, va_list args)
{
	char text[1024];
	size_t len;

	/* In its place among what was shown before. */
	fflush(stdout);
	vsnprintf(text, sizeof(text), format, args);
	len = strlen(text);
	fprintf(stderr, "%s: %s%s\n", what, text,
		len && text[len - 1] == '.' ? "" : ".");
}

/**
 * error() - what was asked for is wrong
 * @format: as of printf()
 *
 * Return: WRONG.
 */
int error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say("Error", format, args);
	va_end(args);
	return WRONG;
}

/**
 * refusal() - the kernel does not do it
 * @format: as of printf()
 *
 * Return: REFUSED.
 */
int refusal(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say("Error", format, args);
	va_end(args);
	return REFUSED;
}

static void warn(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	say("Warning", format, args);
	va_end(args);
}

/**
 * warning() - it was done, but
 * @text: what to know
 */
void warning(const char *text)
{
	warn("%s", text);
}
