/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A cookie's name and value, RFC 6265, as requests carry them in Cookie and
 * responses in Set-Cookie: both are read by the same rules, so that what was
 * learned of the one is found again in the other. Pure.
 */
#ifndef IPOS_INSPECT_COOKIEVAL_H
#define IPOS_INSPECT_COOKIEVAL_H

#include "compat/types.h"

#define IPOS_COOKIE_NAME_MAX	63	/* of the one that a service has */
#define IPOS_COOKIE_VALUE_MAX	128	/* of a value that can be an ID */

/**
 * struct ipos_cookieval - a value on its way
 * @text: visible ASCII; NUL-terminated after ipos_cookieval_end()
 * @len: of @text, bytes without the NUL
 * @unfit: it is too long, or has bytes that an ID has not
 * @blank: blanks were met, which must be the last
 */
struct ipos_cookieval {
	char	text[IPOS_COOKIE_VALUE_MAX + 1];
	u8	len;
	bool	unfit;
	bool	blank;
};

/**
 * struct ipos_cookies - the Cookie fields of a request
 * @name: of the cookie looked for, NUL-terminated
 * @value: of the first one with this name that is not empty; to be read after
 *	ipos_cookies_end()
 * @unfit: a value of this name cannot be an ID
 * @part: where in a field's value the parser is
 * @match: how many bytes of the name have been met
 */
struct ipos_cookies {
	char			name[IPOS_COOKIE_NAME_MAX + 1];
	struct ipos_cookieval	value;
	bool			unfit;
	u8			part;
	u8			match;
};

void ipos_cookies_init(struct ipos_cookies *cookies, const char *name);
void ipos_cookies_line(struct ipos_cookies *cookies);
void ipos_cookies_byte(struct ipos_cookies *cookies, u8 c);
void ipos_cookies_end(struct ipos_cookies *cookies);

bool ipos_cookie_is_name(const char *name, size_t len);
void ipos_cookieval_add(struct ipos_cookieval *value, u8 c);
void ipos_cookieval_end(struct ipos_cookieval *value);
bool ipos_cookieval_is_id(const char *text, size_t len);

#endif /* IPOS_INSPECT_COOKIEVAL_H */
