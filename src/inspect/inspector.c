// SPDX-License-Identifier: GPL-2.0
#include "inspect/inspector.h"

/**
 * ipos_inspector_init() - begin with a new connection
 * @inspector: overwritten, whatever it held
 * @mode: what its service asks for
 *
 * Context: any.
 */
void ipos_inspector_init(struct ipos_inspector *inspector,
			 enum ipos_inspect_mode mode)
{
	inspector->mode = mode;
	switch (mode) {
	case IPOS_MODE_HTTP:
		ipos_http_init(&inspector->http);
		break;
	case IPOS_MODE_TLS:
		ipos_tls_init(&inspector->tls);
		break;
	case IPOS_MODE_NONE:
		break;
	}
}

/**
 * ipos_inspector_feed() - the next bytes that the client sent
 * @inspector: made by ipos_inspector_init()
 * @data: bytes that follow directly upon those of the call before
 * @len: how many, also 0
 *
 * An answer other than IPOS_INSPECT_NEED_MORE is final: further calls repeat
 * it.
 *
 * Context: any; @inspector belongs to the caller alone.
 * Return: enum ipos_inspect; without an inspector none.
 */
enum ipos_inspect ipos_inspector_feed(struct ipos_inspector *inspector,
				      const u8 *data, size_t len)
{
	switch ((enum ipos_inspect_mode)inspector->mode) {
	case IPOS_MODE_HTTP:
		return ipos_http_feed(&inspector->http, data, len);
	case IPOS_MODE_TLS:
		return ipos_tls_feed(&inspector->tls, data, len);
	case IPOS_MODE_NONE:
		break;
	}
	return IPOS_INSPECT_NONE;
}

/**
 * ipos_inspector_host() - which host the client wants
 * @inspector: has answered IPOS_INSPECT_FOUND
 *
 * Context: any.
 * Return: in lower case, without port and final dot; empty if it did not say.
 */
const char *ipos_inspector_host(const struct ipos_inspector *inspector)
{
	return inspector->mode == IPOS_MODE_TLS ? inspector->tls.host :
						  inspector->http.host;
}

/**
 * ipos_inspector_path() - which path there
 * @inspector: has answered IPOS_INSPECT_FOUND
 *
 * Context: any.
 * Return: in its normal form; empty if it did not say, as in TLS.
 */
const char *ipos_inspector_path(const struct ipos_inspector *inspector)
{
	return inspector->mode == IPOS_MODE_TLS ? "" :
						  inspector->http.path.text;
}

/**
 * ipos_inspector_want_cookie() - a cookie is looked for, where there can be one
 * @inspector: made by ipos_inspector_init(), not fed yet
 * @name: as for ipos_http_want_cookie()
 *
 * Context: any.
 */
void ipos_inspector_want_cookie(struct ipos_inspector *inspector,
				const char *name)
{
	if (inspector->mode == IPOS_MODE_HTTP)
		ipos_http_want_cookie(&inspector->http, name);
}

/**
 * ipos_inspector_cookies() - what was found of the cookie that was wanted
 * @inspector: has answered IPOS_INSPECT_FOUND
 *
 * Context: any.
 * Return: the cookie, empty where none was wanted; NULL: there can be none.
 */
const struct ipos_cookies *
ipos_inspector_cookies(const struct ipos_inspector *inspector)
{
	return inspector->mode == IPOS_MODE_HTTP ? &inspector->http.cookies :
						   NULL;
}
