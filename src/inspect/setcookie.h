/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The head of an HTTP/1.x response: which value a cookie is given. Pure.
 */
#ifndef IPOS_INSPECT_SETCOOKIE_H
#define IPOS_INSPECT_SETCOOKIE_H

#include "inspect/cookieval.h"
#include "inspect/inspect.h"

/**
 * struct ipos_setcookie - a response's head on its way through the parser
 * @name: of the cookie looked for, NUL-terminated
 * @value: of the last Set-Cookie with this name so far; empty where there was
 *	none, or where it took the cookie back
 * @unfit: a value of this name cannot be an ID
 * @next: the value of the Set-Cookie at hand; private, as all below
 * @state: where in the head the parser is
 * @part: where in a Set-Cookie
 * @match: how many bytes of the word looked for have been met
 * @status: the first digit of the status
 * @ends: the Set-Cookie at hand takes the cookie back
 * @digits: of its Max-Age
 */
struct ipos_setcookie {
	char			name[IPOS_COOKIE_NAME_MAX + 1];
	struct ipos_cookieval	value;
	bool			unfit;
	struct ipos_cookieval	next;
	u8			state;
	u8			part;
	u8			match;
	u8			status;
	bool			ends;
	u8			digits;
};

void ipos_setcookie_init(struct ipos_setcookie *s, const char *name);
enum ipos_inspect ipos_setcookie_feed(struct ipos_setcookie *s,
				      const u8 *data, size_t len);

#endif /* IPOS_INSPECT_SETCOOKIE_H */
