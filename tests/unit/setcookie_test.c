// SPDX-License-Identifier: GPL-2.0
#include "bytes.h"
#include "inspect/setcookie.h"
#include "tap.h"

#define OK "HTTP/1.1 200 OK\r\n"

/* value: NULL: no response; "": a head that gives none. */
static const struct response {
	const char *name;
	const char *text;
	const char *value;
} responses[] = {
	{ "none", OK "Content-Length: 0\r\n\r\n", "" },
	{ "no_fields", OK "\r\n", "" },
	{ "one", OK "Set-Cookie: SID=abc\r\n\r\n", "abc" },
	{ "attributes", OK "Set-Cookie: SID=abc; Path=/; HttpOnly\r\n\r\n",
	  "abc" },
	{ "no_blanks", OK "set-cookie:SID=abc;Path=/;HttpOnly\r\n\r\n", "abc" },
	{ "late", OK "A: b\r\nX-Set-Cookie: SID=x\r\nSet-Cookies: SID=y\r\n"
	  "SET-COOKIE: SID=abc\r\nZ: y\r\n\r\n", "abc" },
	{ "bare_lf", "HTTP/1.0 302 Found\nSet-Cookie: SID=abc\n\n", "abc" },
	{ "no_reason", "HTTP/1.1 200\r\nSet-Cookie: SID=abc\r\n\r\n", "abc" },
	{ "others", OK "Set-Cookie: a=b\r\nSet-Cookie: SID=abc\r\n"
	  "Set-Cookie: c=SID=d\r\n\r\n", "abc" },
	{ "the_last_one", OK "Set-Cookie: SID=abc\r\nSet-Cookie: SID=def\r\n\r\n",
	  "def" },
	{ "taken_back_then_given", OK "Set-Cookie: SID=; Max-Age=0\r\n"
	  "Set-Cookie: SID=abc; Path=/\r\n\r\n", "abc" },
	{ "given_then_taken_back", OK "Set-Cookie: SID=abc\r\n"
	  "Set-Cookie: SID=deleted; Max-Age=0\r\n\r\n", "" },
	{ "empty", OK "Set-Cookie: SID=\r\n\r\n", "" },
	{ "max_age_0", OK "Set-Cookie: SID=x; Path=/; max-age=0; a=b\r\n\r\n",
	  "" },
	{ "max_age_000", OK "Set-Cookie: SID=x;MAX-AGE=000\r\n\r\n", "" },
	{ "max_age_negative", OK "Set-Cookie: SID=x; Max-Age=-1\r\n\r\n", "" },
	{ "max_age_10", OK "Set-Cookie: SID=abc; Max-Age=10\r\n\r\n", "abc" },
	{ "max_age_010", OK "Set-Cookie: SID=abc; Max-Age=010;x\r\n\r\n",
	  "abc" },
	{ "max_age_nothing", OK "Set-Cookie: SID=abc; Max-Age=\r\n\r\n",
	  "abc" },
	{ "max_ages", OK "Set-Cookie: SID=abc; Max-Ages=0; XMax-Age=0\r\n\r\n",
	  "abc" },
	{ "max_age_as_value", OK "Set-Cookie: SID=max-age=0\r\n\r\n",
	  "max-age=0" },
	{ "quoted", OK "Set-Cookie: SID=\"abc\"; Path=/\r\n\r\n", "abc" },
	{ "blanks", OK "Set-Cookie: \t SID=abc \t ; Path=/\r\n\r\n", "abc" },
	{ "folded", OK "Set-Cookie: SID=abc;\r\n Path=/\r\n\r\n", "abc" },
	{ "longer_name", OK "Set-Cookie: SIDE=x\r\nSet-Cookie: SI=y\r\n\r\n", "" },
	{ "name_in_other_case", OK "Set-Cookie: sid=x\r\n\r\n", "" },
	{ "unfit", OK "Set-Cookie: SID=a b\r\n\r\n", "" },
	{ "interim", "HTTP/1.1 100 Continue\r\n\r\n"
	  "HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n"
	  OK "Set-Cookie: SID=abc\r\n\r\n", "abc" },
	{ "body_is_not_read", OK "\r\nSet-Cookie: SID=abc\r\n\r\n", "" },

	{ "not_http", "SSH-2.0-x\r\nSet-Cookie: SID=abc\r\n\r\n", NULL },
	{ "http_2", "HTTP/2 200\r\nSet-Cookie: SID=abc\r\n\r\n", NULL },
	{ "tls", "\x16\x03\x01", NULL },
	{ "no_status", "HTTP/1.1 OK\r\n\r\n", NULL },
	{ "no_version", "HTTP/1.x 200\r\n\r\n", NULL },
	{ "line_without_colon", OK "Set-Cookie\r\n\r\n", NULL },
	{ "colon_first", OK ": SID=abc\r\n\r\n", NULL },
};

static enum ipos_inspect feed(struct ipos_setcookie *s, const void *data,
			      size_t len)
{
	u8 *copy = bytes_exact(data, len);
	enum ipos_inspect result = ipos_setcookie_feed(s, copy, len);

	free(copy);
	return result;
}

static bool right(const struct response *r, const struct ipos_setcookie *s,
		  enum ipos_inspect result)
{
	if (!r->value)
		return result == IPOS_INSPECT_NONE;
	return result == IPOS_INSPECT_FOUND &&
	       strlen(r->value) == s->value.len &&
	       !strcmp(r->value, s->value.text);
}

static void table__every_split(const struct response *r)
{
	size_t len = strlen(r->text), first, second;
	struct ipos_setcookie s;
	bool good = true;

	for (first = 0; first <= len; first++)
		for (second = first; second <= len; second += 1 + len / 16) {
			ipos_setcookie_init(&s, "SID");
			feed(&s, r->text, first);
			feed(&s, r->text + first, second - first);
			good &= right(r, &s, feed(&s, r->text + second,
						  len - second));
		}
	if (!good)
		tap_diag("value '%s'", s.value.text);
	tap_ok(good, "table__%s", r->name);
}

/* Until the empty line nothing is final: another one may follow. */
static void head__truncated(void)
{
	static const char text[] = OK "Set-Cookie: SID=abc; Max-Age=1\r\n\r\n";
	struct ipos_setcookie s;
	bool good = true;
	size_t len;

	for (len = 0; len < sizeof(text) - 2; len++) {
		ipos_setcookie_init(&s, "SID");
		good &= feed(&s, text, len) == IPOS_INSPECT_NEED_MORE;
	}
	tap_ok(good, "head__truncated");
}

static void value__of_length(size_t len, bool fits)
{
	static const char head[] = OK "Set-Cookie: SID=";
	char *text = malloc(len + 100);
	struct ipos_setcookie s;

	memcpy(text, head, sizeof(head));
	memset(text + sizeof(head) - 1, 'v', len);
	strcpy(text + sizeof(head) - 1 + len, "; Path=/\r\n\r\n");
	ipos_setcookie_init(&s, "SID");
	tap_ok(feed(&s, text, strlen(text)) == IPOS_INSPECT_FOUND &&
	       s.value.len == (fits ? len : 0) && s.unfit == !fits,
	       "value__of_length_%zu", len);
	free(text);
}

static void name__of_length(size_t len)
{
	struct ipos_setcookie s;
	char name[100], text[300];

	memset(name, 'n', len);
	name[len] = '\0';
	snprintf(text, sizeof(text), OK "Set-Cookie: %s=abc\r\n\r\n", name);
	ipos_setcookie_init(&s, name);
	tap_ok(feed(&s, text, strlen(text)) == IPOS_INSPECT_FOUND &&
	       !strcmp(s.value.text, "abc"), "name__of_length_%zu", len);
}

static void garbage__random(void)
{
	struct ipos_setcookie s;
	u64 seed = 20261123;
	bool good = true;
	u8 bytes[300];
	int i, j;

	for (i = 0; i < 20000; i++) {
		bytes_fill(&seed, bytes, sizeof(bytes));
		for (j = 0; j < 300; j += 1 + bytes[j] % 8)
			bytes[j] = ":=; \r\nSID"[bytes[j] % 9];
		memcpy(bytes, OK "Set-Cookie: SID=", 33);
		ipos_setcookie_init(&s, "SID");
		feed(&s, bytes, sizeof(bytes));
		good &= s.value.len <= IPOS_COOKIE_VALUE_MAX &&
			strlen(s.value.text) == s.value.len;
	}
	tap_ok(good, "garbage__random");
}

int main(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(responses); i++)
		table__every_split(&responses[i]);
	head__truncated();
	value__of_length(1, true);
	value__of_length(128, true);
	value__of_length(129, false);
	value__of_length(9000, false);
	name__of_length(1);
	name__of_length(63);
	garbage__random();
	return tap_done();
}
