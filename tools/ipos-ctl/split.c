// SPDX-License-Identifier: GPL-2.0
#include <stdbool.h>
#include <stddef.h>
#include "split.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/**
 * split_blanks() - go to the next word
 * @line: at its beginning, or behind a word
 *
 * Return: where it begins, or the line's end.
 */
char *split_blanks(char *line)
{
	while (is_blank(*line))
		line++;
	return line;
}

/**
 * split_word() - cut one word off, in place
 * @from: where it begins; ends with a NUL then
 *
 * Quotes and backslashes hold blanks and # back.
 *
 * Return: what follows it, or NULL when a quote is not closed.
 */
char *split_word(char *from)
{
	char *to = from, quote = '\0';

	for (; *from && (quote || !is_blank(*from)); from++) {
		if (*from == '\\' && from[1] && quote != '\'')
			*to++ = *++from;
		else if (quote ? *from == quote : *from == '\'' || *from == '"')
			quote = quote ? '\0' : *from;
		else
			*to++ = *from;
	}
	if (quote)
		return NULL;
	if (*from)
		from++;
	*to = '\0';
	return from;
}
