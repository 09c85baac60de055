// SPDX-License-Identifier: GPL-2.0
#include "inspect/ascii.h"
#include "inspect/cookieval.h"
#include "inspect/match.h"

/**
 * ipos_cookie_is_name() - whether a cookie can be called so
 * @name: ASCII or not
 * @len: of @name, bytes
 *
 * Context: any.
 * Return: whether it is a token of 1 to IPOS_COOKIE_NAME_MAX bytes.
 */
bool ipos_cookie_is_name(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (!ipos_is_token((u8)name[i]))
			return false;
	return len && len <= IPOS_COOKIE_NAME_MAX;
}

/* Visible ASCII but the separator: more than the RFC allows, as browsers do. */
static bool is_octet(u8 c)
{
	return c > ' ' && c < 0x7f && c != ';';
}

/**
 * ipos_cookieval_is_id() - whether a text can be a Cookie ID
 * @text: the text
 * @len: of @text, bytes
 *
 * Context: any.
 * Return: whether a value could come out as this.
 */
bool ipos_cookieval_is_id(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (!is_octet((u8)text[i]))
			return false;
	return len && len <= IPOS_COOKIE_VALUE_MAX;
}

/**
 * ipos_cookieval_add() - the next byte of a value
 * @value: zeroed before the first one
 * @c: the byte, not the semicolon that ends it
 *
 * Blanks before and after the value do not belong to it.
 *
 * Context: any.
 */
void ipos_cookieval_add(struct ipos_cookieval *value, u8 c)
{
	if (c == ' ' || c == '\t') {
		value->blank = value->len;
		return;
	}
	if (value->blank || !is_octet(c) ||
	    value->len == IPOS_COOKIE_VALUE_MAX)
		value->unfit = true;
	else
		value->text[value->len++] = (char)c;
}

/**
 * ipos_cookieval_end() - there are no more bytes
 * @value: as they have made it; empty afterwards if it is unfit
 *
 * Quotes around a value do not belong to it: who gives it back may leave them
 * out.
 *
 * Context: any.
 */
void ipos_cookieval_end(struct ipos_cookieval *value)
{
	u8 len = value->len;

	if (len > 1 && value->text[0] == '"' && value->text[len - 1] == '"') {
		memmove(value->text, value->text + 1, len - 2);
		len -= 2;
	}
	if (value->unfit)
		len = 0;
	value->len = len;
	value->text[len] = '\0';
}

enum part {
	PART_BEGIN,		/* blanks before a name */
	PART_NAME,
	PART_VALUE,
	PART_SKIP,		/* another cookie */
	PART_OVER,		/* the value is known */
};

/**
 * ipos_cookies_init() - begin with a new request
 * @cookies: overwritten, whatever it held
 * @name: of the cookie, at most IPOS_COOKIE_NAME_MAX bytes, NUL-terminated
 *
 * Context: any.
 */
void ipos_cookies_init(struct ipos_cookies *cookies, const char *name)
{
	size_t i;

	memset(cookies, 0, sizeof(*cookies));
	for (i = 0; i < IPOS_COOKIE_NAME_MAX && name[i]; i++)
		cookies->name[i] = name[i];
}

/**
 * ipos_cookies_line() - a field Cookie begins
 * @cookies: made by ipos_cookies_init(); no other field is being read
 *
 * Context: any.
 */
void ipos_cookies_line(struct ipos_cookies *cookies)
{
	if (cookies->part != PART_OVER)
		cookies->part = PART_BEGIN;
}

static u8 name_byte(struct ipos_cookies *cookies, u8 c)
{
	if (cookies->part == PART_BEGIN) {
		if (c == ' ' || c == '\t')
			return PART_BEGIN;
		cookies->match = 0;
	}
	if (c != '=') {
		cookies->match = ipos_match_byte(cookies->match, cookies->name,
						 c);
		return cookies->match == IPOS_MISMATCH ? PART_SKIP : PART_NAME;
	}
	if (!ipos_match_whole(cookies->match, cookies->name))
		return PART_SKIP;
	memset(&cookies->value, 0, sizeof(cookies->value));
	return PART_VALUE;
}

/* An empty value, or one that cannot be an ID, leaves room for a next one. */
static u8 value_end(struct ipos_cookies *cookies)
{
	cookies->unfit |= cookies->value.unfit;
	ipos_cookieval_end(&cookies->value);
	return cookies->value.len ? PART_OVER : PART_BEGIN;
}

/**
 * ipos_cookies_byte() - the next byte of the field's value
 * @cookies: within a field
 * @c: the byte
 *
 * Context: any.
 */
void ipos_cookies_byte(struct ipos_cookies *cookies, u8 c)
{
	switch ((enum part)cookies->part) {
	case PART_BEGIN:
	case PART_NAME:
		cookies->part = c == ';' ? PART_BEGIN : name_byte(cookies, c);
		break;
	case PART_VALUE:
		if (c == ';')
			cookies->part = value_end(cookies);
		else
			ipos_cookieval_add(&cookies->value, c);
		break;
	case PART_SKIP:
		if (c == ';')
			cookies->part = PART_BEGIN;
		break;
	case PART_OVER:
		break;
	}
}

/**
 * ipos_cookies_end() - the field is over
 * @cookies: within a field
 *
 * Context: any.
 */
void ipos_cookies_end(struct ipos_cookies *cookies)
{
	if (cookies->part == PART_VALUE)
		cookies->part = value_end(cookies);
}
