/* SPDX-License-Identifier: GPL-2.0 */
/* An inspector's answer: the same however the bytes are cut, and final. */
#ifndef FUZZ_SPLIT_H
#define FUZZ_SPLIT_H

#include "fuzz.h"
#include "inspect/inspector.h"

static inline void fuzz_is_text(const char *text, size_t len, size_t max)
{
	PROPERTY(len <= max);
	PROPERTY(strlen(text) == len);
}

/*
 * Leaves in @inspector what it found; @cookie: which is wanted, or NULL. Pieces
 * end where their memory ends.
 */
static inline enum ipos_inspect fuzz_split(struct ipos_inspector *inspector,
					   enum ipos_inspect_mode mode,
					   const char *cookie,
					   const u8 *data, size_t len)
{
	enum ipos_inspect whole, cut = IPOS_INSPECT_NEED_MORE;
	struct ipos_inspector other;
	u64 seed = len + 1;
	size_t n, piece;
	u8 *bytes;

	ipos_inspector_init(inspector, mode);
	if (cookie)
		ipos_inspector_want_cookie(inspector, cookie);
	other = *inspector;
	whole = ipos_inspector_feed(inspector, data, len);
	for (n = 0; n < len && cut == IPOS_INSPECT_NEED_MORE; n += piece) {
		piece = fuzz_piece(&seed, len - n);
		bytes = bytes_exact(data + n, piece);
		cut = ipos_inspector_feed(&other, bytes, piece);
		free(bytes);
	}
	PROPERTY(cut == whole);
	if (whole == IPOS_INSPECT_NEED_MORE)
		return whole;
	PROPERTY(ipos_inspector_feed(&other, (const u8 *)"\0\n", 2) == whole);
	if (whole == IPOS_INSPECT_NONE)
		return whole;
	PROPERTY(!strcmp(ipos_inspector_host(inspector),
			 ipos_inspector_host(&other)));
	PROPERTY(!strcmp(ipos_inspector_path(inspector),
			 ipos_inspector_path(&other)));
	return whole;
}

#endif /* FUZZ_SPLIT_H */
