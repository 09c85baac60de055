/* SPDX-License-Identifier: GPL-2.0 */
/* What the kernel's ctype, which knows Latin-1, does not tell of a byte. */
#ifndef IPOS_INSPECT_ASCII_H
#define IPOS_INSPECT_ASCII_H

#include "compat/types.h"

static inline bool ipos_is_alpha(u8 c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline bool ipos_is_digit(u8 c)
{
	return c >= '0' && c <= '9';
}

/* RFC 3986, section 2.3. */
static inline bool ipos_is_unreserved(u8 c)
{
	return ipos_is_alpha(c) || ipos_is_digit(c) ||
	       c == '-' || c == '.' || c == '_' || c == '~';
}

/* RFC 9110, section 5.6.2: what methods, field and cookie names are made of. */
static inline bool ipos_is_token(u8 c)
{
	switch (c) {
	case '!': case '#': case '$': case '%': case '&': case '\'':
	case '*': case '+': case '^': case '`': case '|':
		return true;
	default:
		return ipos_is_unreserved(c);
	}
}

static inline u8 ipos_to_lower(u8 c)
{
	return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

/* The digit's value, or -1. */
static inline int ipos_from_hex(u8 c)
{
	c = ipos_to_lower(c);
	if (ipos_is_digit(c))
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

#endif /* IPOS_INSPECT_ASCII_H */
