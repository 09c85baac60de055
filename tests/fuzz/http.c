// SPDX-License-Identifier: GPL-2.0
/*
 * sources: src/inspect/inspector.c src/inspect/http.c src/inspect/path.c src/inspect/tls.c
 * sources: src/inspect/cookieval.c
 * Of a request's head host and path are text of bounded length; the path is
 * absolute and in its normal form; a cookie's value can be an ID.
 */
#include "split.h"

static void is_normal(const struct ipos_path *path)
{
	fuzz_is_text(path->text, path->len, IPOS_PATH_MAX);
	PROPERTY(!path->len || path->text[0] == '/');
	PROPERTY(!strstr(path->text, "/../") && !strstr(path->text, "/./"));
}

static void is_cookie(const struct ipos_cookies *cookies)
{
	const struct ipos_cookieval *value = &cookies->value;

	fuzz_is_text(value->text, value->len, IPOS_COOKIE_VALUE_MAX);
	PROPERTY(!value->len || value->unfit ||
		 ipos_cookieval_is_id(value->text, value->len));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t len)
{
	/* Half of them with a cookie that is wanted. */
	const char *cookie = len & 1 ? "id" : NULL;
	struct ipos_inspector inspector;

	if (fuzz_split(&inspector, IPOS_MODE_HTTP, cookie, data, len) !=
	    IPOS_INSPECT_FOUND)
		return 0;
	if (cookie)
		is_cookie(ipos_inspector_cookies(&inspector));
	fuzz_is_text(inspector.http.host, inspector.http.host_len,
		     IPOS_HTTP_HOST_MAX);
	is_normal(&inspector.http.path);
	return 0;
}
