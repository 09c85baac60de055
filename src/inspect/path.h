/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A URL's path in its normal form (RFC 3986, sections 6.2.2.1 to 6.2.2.3), so
 * that what means the same compares equal: of a request, and of a row of the
 * URL Map. Pure.
 */
#ifndef IPOS_INSPECT_PATH_H
#define IPOS_INSPECT_PATH_H

#include "compat/types.h"

#define IPOS_PATH_MAX	511	/* what is kept of a longer path */

/**
 * struct ipos_path - a path on its way into its normal form
 * @text: begins with a slash; NUL-terminated after ipos_path_end(), cut at
 *	IPOS_PATH_MAX bytes
 * @len: of @text, bytes without the NUL
 * @beyond: slashes that were not kept, and private, as all below
 * @cut: bytes of the last segment in @text were not kept
 * @dots: dots of the segment that is read, as long as there is nothing else
 * @digits: how many of a percent-encoded byte are read, and the percent sign
 * @pct: the first of them, shifted into place
 */
struct ipos_path {
	char	text[IPOS_PATH_MAX + 1];
	u16	len;
	u32	beyond;
	bool	cut;
	u8	dots;
	u8	digits;
	u8	pct;
};

bool ipos_path_add(struct ipos_path *path, u8 c);
bool ipos_path_end(struct ipos_path *path);

#endif /* IPOS_INSPECT_PATH_H */
