// SPDX-License-Identifier: GPL-2.0
/*
 * sources: src/inspect/inspector.c src/inspect/http.c src/inspect/path.c src/inspect/tls.c
 * sources: src/inspect/cookieval.c
 * The name in a ClientHello is a DNS name in lower case, or none.
 */
#include "split.h"

static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-_.";

int LLVMFuzzerTestOneInput(const u8 *data, size_t len)
{
	struct ipos_inspector inspector;
	const char *host = inspector.tls.host;

	if (fuzz_split(&inspector, IPOS_MODE_TLS, NULL, data, len) !=
	    IPOS_INSPECT_FOUND)
		return 0;
	fuzz_is_text(host, inspector.tls.host_len, IPOS_TLS_HOST_MAX);
	PROPERTY(strspn(host, allowed) == strlen(host));
	PROPERTY(host[0] != '.' && !strstr(host, ".."));
	return 0;
}
