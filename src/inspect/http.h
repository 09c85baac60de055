/* SPDX-License-Identifier: GPL-2.0 */
/* The head of an HTTP/1.x request, RFC 9112: which host, which path. */
#ifndef IPOS_INSPECT_HTTP_H
#define IPOS_INSPECT_HTTP_H

#include "inspect/cookieval.h"
#include "inspect/inspect.h"
#include "inspect/path.h"
#include "compat/types.h"

#define IPOS_HTTP_HOST_MAX	255	/* a DNS name never exceeds it */

/**
 * struct ipos_http - a request head on its way through the parser
 * @host: lower-cased, without port and without a final dot, an IPv6 literal
 *	with its brackets; NUL-terminated; empty if the request names none
 * @path: the path without query; empty for the forms that have none (CONNECT
 *	with an authority, an asterisk)
 * @cookies: of the cookie that was wanted
 * @host_len: of @host, bytes without the NUL
 * @missing: what is wanted and not known yet, bits private to the parser
 * @state: private to the parser, as all below
 * @host_state: where in a host the parser is
 * @field: which field's value is being read
 * @like: which field the name that is being read may be
 * @match: how many bytes of the word looked for have been met
 * @connect: the method is CONNECT
 *
 * @host, @path and @cookies are to be read after IPOS_INSPECT_FOUND only.
 */
struct ipos_http {
	char	host[IPOS_HTTP_HOST_MAX + 1];
	struct ipos_path path;
	struct ipos_cookies cookies;
	u16	host_len;
	u8	missing;
	u8	state;
	u8	host_state;
	u8	field;
	u8	like;
	u8	match;
	u8	connect;
};

void ipos_http_init(struct ipos_http *h);
void ipos_http_want_cookie(struct ipos_http *h, const char *name);
enum ipos_inspect ipos_http_feed(struct ipos_http *h, const u8 *data,
				 size_t len);

#endif /* IPOS_INSPECT_HTTP_H */
