// SPDX-License-Identifier: GPL-2.0
#include "inspect/ascii.h"
#include "inspect/path.h"

/* Of a segment that is neither "." nor "..", nor can become one. */
#define NO_DOTS	0xff

/* Back to where the last segment begins. */
static void cut_segment(struct ipos_path *path)
{
	while (path->len && path->text[path->len - 1] != '/')
		path->len--;
	path->cut = false;
}

/* ".." takes itself away and the segment before it, wherever that lies. */
static void cut_two(struct ipos_path *path)
{
	if (path->beyond > 1) {
		path->beyond--;
		return;
	}
	cut_segment(path);
	if (!path->beyond && path->len > 1) {
		path->len--;
		cut_segment(path);
	}
	path->beyond = 0;
}

static void keep(struct ipos_path *path, u8 c)
{
	if (!path->beyond && !path->cut && path->len < IPOS_PATH_MAX)
		path->text[path->len++] = (char)c;
	else if (c == '/')
		path->beyond++;
	else if (!path->beyond)
		path->cut = true;
}

/* Whether the segment was a dot segment, and is gone now. */
static bool end_segment(struct ipos_path *path)
{
	u8 dots = path->dots;

	path->dots = 0;
	if (dots == 1 && !path->beyond)
		cut_segment(path);
	else if (dots == 2)
		cut_two(path);
	return dots == 1 || dots == 2;
}

static void add_literal(struct ipos_path *path, u8 c)
{
	if (c == '/') {
		if (!end_segment(path))
			keep(path, c);
		return;
	}
	path->dots = c == '.' && path->dots < 2 ? path->dots + 1 : NO_DOTS;
	keep(path, c);
}

static void add_encoded(struct ipos_path *path, u8 c)
{
	static const char digits[] = "0123456789ABCDEF";

	if (ipos_is_unreserved(c)) {
		add_literal(path, c);
		return;
	}
	add_literal(path, '%');
	add_literal(path, digits[c >> 4]);
	add_literal(path, digits[c & 0xf]);
}

/**
 * ipos_path_add() - the next byte of a path
 * @path: zeroed before the first one
 * @c: as it was written, not '?' nor '#'
 *
 * An unreserved byte and its encoding are the same, and so are both cases of
 * the digits. Segments "." and ".." are resolved, once that is done. Repeated
 * slashes stay, for they are segments, and "%2F" is no slash.
 *
 * Context: any.
 * Return: false when it cannot be there: percent-encoding without two digits.
 */
bool ipos_path_add(struct ipos_path *path, u8 c)
{
	int digit;

	if (!path->digits) {
		if (c == '%')
			path->digits = 1;
		else
			add_literal(path, c);
		return true;
	}
	digit = ipos_from_hex(c);
	if (digit < 0)
		return false;
	if (path->digits++ == 1) {
		path->pct = (u8)(digit << 4);
		return true;
	}
	path->digits = 0;
	add_encoded(path, path->pct | (u8)digit);
	return true;
}

/**
 * ipos_path_end() - there are no more bytes
 * @path: as they have made it
 *
 * Context: any.
 * Return: false when percent-encoding is not complete.
 */
bool ipos_path_end(struct ipos_path *path)
{
	end_segment(path);
	path->text[path->len] = '\0';
	return !path->digits;
}
