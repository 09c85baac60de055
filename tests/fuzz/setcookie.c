// SPDX-License-Identifier: GPL-2.0
/*
 * sources: src/inspect/setcookie.c src/inspect/cookieval.c
 * A response's head says the same however it is cut, and what is learned of it
 * can be an ID.
 */
#include "fuzz.h"
#include "inspect/setcookie.h"

static enum ipos_inspect in_pieces(struct ipos_setcookie *s, const u8 *data,
				   size_t len)
{
	enum ipos_inspect result = IPOS_INSPECT_NEED_MORE;
	u64 seed = len + 1;
	size_t n, piece;
	u8 *bytes;

	ipos_setcookie_init(s, "id");
	for (n = 0; n < len && result == IPOS_INSPECT_NEED_MORE; n += piece) {
		piece = fuzz_piece(&seed, len - n);
		bytes = bytes_exact(data + n, piece);
		result = ipos_setcookie_feed(s, bytes, piece);
		free(bytes);
	}
	return result;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t len)
{
	struct ipos_setcookie whole, cut;
	enum ipos_inspect result;

	ipos_setcookie_init(&whole, "id");
	result = ipos_setcookie_feed(&whole, data, len);
	PROPERTY(in_pieces(&cut, data, len) == result);
	if (result != IPOS_INSPECT_FOUND)
		return 0;
	PROPERTY(whole.unfit == cut.unfit);
	PROPERTY(!strcmp(whole.value.text, cut.value.text));
	PROPERTY(strlen(whole.value.text) == whole.value.len);
	PROPERTY(!whole.value.len || whole.unfit ||
		 ipos_cookieval_is_id(whole.value.text, whole.value.len));
	return 0;
}
