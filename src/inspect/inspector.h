/* SPDX-License-Identifier: GPL-2.0 */
/* Whichever inspector a service asked for, and what it has found. */
#ifndef IPOS_INSPECT_INSPECTOR_H
#define IPOS_INSPECT_INSPECTOR_H

#include "inspect/http.h"
#include "inspect/inspect.h"
#include "inspect/tls.h"

enum ipos_inspect_mode {
	IPOS_MODE_NONE,
	IPOS_MODE_HTTP,
	IPOS_MODE_TLS,
};

/**
 * struct ipos_inspector - one of them, at work
 * @mode: enum ipos_inspect_mode: which one
 * @http: its state, if it is that one
 * @tls: likewise
 */
struct ipos_inspector {
	u8	mode;
	union {
		struct ipos_http http;
		struct ipos_tls tls;
	};
};

void ipos_inspector_init(struct ipos_inspector *inspector,
			 enum ipos_inspect_mode mode);
enum ipos_inspect ipos_inspector_feed(struct ipos_inspector *inspector,
				      const u8 *data, size_t len);
const char *ipos_inspector_host(const struct ipos_inspector *inspector);
const char *ipos_inspector_path(const struct ipos_inspector *inspector);
void ipos_inspector_want_cookie(struct ipos_inspector *inspector,
				const char *name);
const struct ipos_cookies *
ipos_inspector_cookies(const struct ipos_inspector *inspector);

#endif /* IPOS_INSPECT_INSPECTOR_H */
