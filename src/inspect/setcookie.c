// SPDX-License-Identifier: GPL-2.0
/*
 * The head of an HTTP/1.x response, RFC 9112, one byte at a time, as http.c
 * reads a request's. What the server says is believed: nothing is checked but
 * that it is such a head at all.
 */
#include "inspect/ascii.h"
#include "inspect/match.h"
#include "inspect/setcookie.h"

enum state {
	ST_VERSION,
	ST_MINOR,
	ST_STATUS,		/* its first digit */
	ST_REASON,
	ST_FIELD,		/* the first byte of a field line */
	ST_NAME,
	ST_VALUE,
	ST_FOUND,
	ST_NONE,
};

/* Of a value: nothing of it matters unless it is a Set-Cookie of our name. */
enum part {
	PART_OTHER,
	PART_BEGIN,		/* blanks before the name */
	PART_NAME,
	PART_VALUE,
	PART_ATTRIBUTE,		/* blanks before an attribute's name */
	PART_MAX_AGE,		/* that name */
	PART_AGE,		/* the first byte of that age */
	PART_DIGITS,
	PART_SKIP,		/* the rest of an attribute */
};

static bool is_blank(u8 c)
{
	return c == ' ' || c == '\t';
}

/* The age is over: one that is not above 0 takes the cookie back. */
static void age_end(struct ipos_setcookie *s)
{
	if (s->part == PART_DIGITS && !s->digits)
		s->ends = true;
}

static u8 age_byte(struct ipos_setcookie *s, u8 c)
{
	if (s->part == PART_AGE) {
		if (is_blank(c))
			return PART_AGE;
		s->digits = 0;
		s->ends |= c == '-';
	}
	if (!ipos_is_digit(c)) {
		if (s->part == PART_DIGITS)
			age_end(s);
		return PART_SKIP;
	}
	s->digits |= c != '0';
	return PART_DIGITS;
}

static u8 attribute_byte(struct ipos_setcookie *s, u8 c)
{
	if (s->part == PART_ATTRIBUTE) {
		if (is_blank(c))
			return PART_ATTRIBUTE;
		s->match = 0;
	}
	if (c == '=' && ipos_match_whole(s->match, "max-age"))
		return PART_AGE;
	s->match = ipos_match_byte(s->match, "max-age", ipos_to_lower(c));
	return s->match == IPOS_MISMATCH ? PART_SKIP : PART_MAX_AGE;
}

static u8 name_byte(struct ipos_setcookie *s, u8 c)
{
	if (s->part == PART_BEGIN) {
		if (is_blank(c))
			return PART_BEGIN;
		s->match = 0;
	}
	if (c == '=')
		return ipos_match_whole(s->match, s->name) ? PART_VALUE : PART_OTHER;
	s->match = ipos_match_byte(s->match, s->name, c);
	return s->match == IPOS_MISMATCH ? PART_OTHER : PART_NAME;
}

static u8 part_byte(struct ipos_setcookie *s, u8 c)
{
	switch ((enum part)s->part) {
	case PART_BEGIN:
	case PART_NAME:
		return name_byte(s, c);
	case PART_VALUE:
		if (c == ';')
			return PART_ATTRIBUTE;
		ipos_cookieval_add(&s->next, c);
		return PART_VALUE;
	case PART_ATTRIBUTE:
	case PART_MAX_AGE:
	case PART_AGE:
	case PART_DIGITS:
	case PART_SKIP:
		if (c == ';') {
			age_end(s);
			return PART_ATTRIBUTE;
		}
		if (s->part == PART_SKIP)
			return PART_SKIP;
		return s->part < PART_AGE ? attribute_byte(s, c) :
					    age_byte(s, c);
	case PART_OTHER:
		break;
	}
	return PART_OTHER;
}

/* Of several Set-Cookies with one name the last one counts, as in a browser. */
static void field_end(struct ipos_setcookie *s)
{
	if (s->part < PART_VALUE)
		return;
	age_end(s);
	s->unfit |= s->next.unfit;
	ipos_cookieval_end(&s->next);
	s->value = s->next;
	if (s->ends)
		memset(&s->value, 0, sizeof(s->value));
}

static u8 field_byte(struct ipos_setcookie *s, u8 c)
{
	/* A folded line goes on. */
	if (is_blank(c)) {
		s->part = part_byte(s, c);
		return ST_VALUE;
	}
	field_end(s);
	s->part = PART_OTHER;
	s->match = 0;
	if (c == '\r')
		return ST_FIELD;
	if (c == '\n') {
		if (s->status != '1')
			return ST_FOUND;
		/* An interim response: the next one follows. */
		return ST_VERSION;
	}
	s->match = ipos_match_byte(s->match, "set-cookie", ipos_to_lower(c));
	return c == ':' ? ST_NONE : ST_NAME;
}

static u8 field_name_byte(struct ipos_setcookie *s, u8 c)
{
	if (c == '\n')
		return ST_NONE;
	if (c != ':') {
		s->match = ipos_match_byte(s->match, "set-cookie", ipos_to_lower(c));
		return ST_NAME;
	}
	if (ipos_match_whole(s->match, "set-cookie")) {
		memset(&s->next, 0, sizeof(s->next));
		s->ends = false;
		s->part = PART_BEGIN;
	}
	return ST_VALUE;
}

static u8 value_byte(struct ipos_setcookie *s, u8 c)
{
	if (c == '\n')
		return ST_FIELD;
	if (c != '\r')
		s->part = part_byte(s, c);
	return ST_VALUE;
}

static u8 version_byte(struct ipos_setcookie *s, u8 c)
{
	s->match = ipos_match_byte(s->match, "HTTP/1.", c);
	if (s->match == IPOS_MISMATCH)
		return ST_NONE;
	return ipos_match_whole(s->match, "HTTP/1.") ? ST_MINOR : ST_VERSION;
}

static u8 next_state(struct ipos_setcookie *s, u8 c)
{
	switch ((enum state)s->state) {
	case ST_VERSION:
		return version_byte(s, c);
	case ST_MINOR:
		if (c == ' ')
			return ST_STATUS;
		return ipos_is_digit(c) ? ST_MINOR : ST_NONE;
	case ST_STATUS:
		s->status = c;
		return ipos_is_digit(c) ? ST_REASON : ST_NONE;
	case ST_REASON:
		s->part = PART_OTHER;
		return c == '\n' ? ST_FIELD : ST_REASON;
	case ST_FIELD:
		return field_byte(s, c);
	case ST_NAME:
		return field_name_byte(s, c);
	case ST_VALUE:
		return value_byte(s, c);
	case ST_FOUND:
	case ST_NONE:
		break;
	}
	return s->state;
}

/**
 * ipos_setcookie_init() - begin with a new connection
 * @s: overwritten, whatever it held
 * @name: of the cookie, at most IPOS_COOKIE_NAME_MAX bytes, NUL-terminated
 *
 * Context: any.
 */
void ipos_setcookie_init(struct ipos_setcookie *s, const char *name)
{
	size_t i;

	memset(s, 0, sizeof(*s));
	for (i = 0; i < IPOS_COOKIE_NAME_MAX && name[i]; i++)
		s->name[i] = name[i];
}

/**
 * ipos_setcookie_feed() - the next bytes that the server sends
 * @s: made by ipos_setcookie_init()
 * @data: bytes that follow directly upon those of the call before
 * @len: how many, also 0
 *
 * An answer other than IPOS_INSPECT_NEED_MORE is final. IPOS_INSPECT_FOUND: the
 * head is complete, @s->value says what it gave. Interim responses (1xx) are
 * passed over. A cookie is taken back by an empty value, or by a Max-Age that
 * is not above 0; dates are not read.
 *
 * Context: any; @s belongs to the caller alone.
 * Return: enum ipos_inspect.
 */
enum ipos_inspect ipos_setcookie_feed(struct ipos_setcookie *s,
				      const u8 *data, size_t len)
{
	size_t i;

	for (i = 0; i < len && s->state < ST_FOUND; i++)
		s->state = next_state(s, data[i]);
	if (s->state < ST_FOUND)
		return IPOS_INSPECT_NEED_MORE;
	return s->state == ST_FOUND ? IPOS_INSPECT_FOUND : IPOS_INSPECT_NONE;
}
