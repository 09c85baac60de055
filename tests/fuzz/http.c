// SPDX-License-Identifier: GPL-2.0
/*
 * sources: src/inspect/inspector.c src/inspect/http.c src/inspect/path.c src/inspect/tls.c
 * sources: src/inspect/cookieval.c
 * Of a request's head host and path are text of bounded length; the path is
 * absolute and in its normal form.
 */
#include "split.h"

static void is_normal(const struct ipos_path *path)
{
	fuzz_is_text(path->text, path->len, IPOS_PATH_MAX);
	PROPERTY(!path->len || path->text[0] == '/');
	PROPERTY(!strstr(path->text, "/../") && !strstr(path->text, "/./"));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t len)
{
	struct ipos_inspector inspector;

	if (fuzz_split(&inspector, IPOS_MODE_HTTP, data, len) !=
	    IPOS_INSPECT_FOUND)
		return 0;
	fuzz_is_text(inspector.http.host, inspector.http.host_len,
		     IPOS_HTTP_HOST_MAX);
	is_normal(&inspector.http.path);
	return 0;
}
