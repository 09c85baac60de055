// SPDX-License-Identifier: GPL-2.0
#include "bytes.h"
#include "inspect/http.h"
#include "tap.h"

/* NULL for host and path: the request cannot be parsed. */
struct request {
	const char *name;
	const char *text;
	const char *host;
	const char *path;
};

#define HOST_A "Host: a\r\n\r\n"

static const struct request requests[] = {
	{ "plain", "GET / HTTP/1.1\r\nHost: example.org\r\n\r\n",
	  "example.org", "/" },
	{ "path", "GET /video/1.mp4 HTTP/1.1\r\n" HOST_A, "a", "/video/1.mp4" },
	{ "query_cut", "GET /a?b=/c%zz?d HTTP/1.1\r\n" HOST_A, "a", "/a" },
	{ "empty_query", "GET /a? HTTP/1.1\r\n" HOST_A, "a", "/a" },
	{ "any_method", "M-SEARCH! /a HTTP/1.1\r\n" HOST_A, "a", "/a" },
	{ "1_0_with_host", "GET /a HTTP/1.0\r\n" HOST_A, "a", "/a" },
	{ "1_0_without_host", "GET /a HTTP/1.0\r\nAccept: b\r\n\r\n", "", "/a" },
	{ "1_0_no_field", "GET /a HTTP/1.0\r\n\r\n", "", "/a" },
	{ "1_1_without_host", "GET /a HTTP/1.1\r\nAccept: */*\r\n\r\n", "",
	  "/a" },
	{ "host_late", "GET /a HTTP/1.1\r\nAccept: b:c\r\nX:\r\nHosts: d\r\n"
	  "Hos: e\r\nXHost: f\r\nhOsT: a\r\n\r\n", "a", "/a" },

	/* Line ends. */
	{ "empty_lines_first", "\r\n\n\r\nGET /a HTTP/1.1\r\n" HOST_A, "a",
	  "/a" },
	{ "bare_lf", "GET /a HTTP/1.1\nX: y\nHost: a\n\n", "a", "/a" },
	{ "bare_lf_no_host", "GET /a HTTP/1.0\nX: y\n\n", "", "/a" },
	{ "bare_cr_first", "\rGET / HTTP/1.1\r\n" HOST_A, NULL, NULL },
	{ "bare_cr_in_line", "GET / HTTP/1.1\rHost: a\r\n\r\n", NULL, NULL },
	{ "bare_cr_in_value", "GET / HTTP/1.1\r\nX: a\rb\r\n" HOST_A, NULL,
	  NULL },
	{ "bare_cr_in_host", "GET / HTTP/1.1\r\nHost: a\rb\r\n\r\n", NULL,
	  NULL },
	{ "bare_cr_at_end", "GET / HTTP/1.1\r\nX: a\r\n\rb", NULL, NULL },
	{ "blank_first", " GET / HTTP/1.1\r\n" HOST_A, NULL, NULL },

	/* The request line. */
	{ "two_spaces", "GET  / HTTP/1.1\r\n" HOST_A, NULL, NULL },
	{ "two_spaces_later", "GET /  HTTP/1.1\r\n" HOST_A, NULL, NULL },
	{ "tab", "GET\t/ HTTP/1.1\r\n" HOST_A, NULL, NULL },
	{ "space_after_version", "GET / HTTP/1.1 \r\n" HOST_A, NULL, NULL },
	{ "0_9", "GET /\r\n", NULL, NULL },
	{ "0_9_lf", "GET /a?b\n", NULL, NULL },
	{ "1_2", "GET / HTTP/1.2\r\n" HOST_A, NULL, NULL },
	{ "1_10", "GET / HTTP/1.10\r\n" HOST_A, NULL, NULL },
	{ "2_0", "GET / HTTP/2.0\r\n" HOST_A, NULL, NULL },
	{ "http_2_preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", NULL, NULL },
	{ "lower_case_version", "GET / http/1.1\r\n" HOST_A, NULL, NULL },
	{ "other_protocol", "GET / RTSP/1.0\r\n" HOST_A, NULL, NULL },
	{ "version_cut", "GET / HTTP/1\r\n" HOST_A, NULL, NULL },
	{ "method_no_token", "GE(T / HTTP/1.1\r\n" HOST_A, NULL, NULL },
	{ "method_alone", "GET\r\n\r\n", NULL, NULL },
	{ "ssh", "SSH-2.0-OpenSSH_9.2\r\n", NULL, NULL },
	{ "smtp", "EHLO mail.example.org\r\n", NULL, NULL },
	{ "fragment", "GET /a#b HTTP/1.1\r\n" HOST_A, NULL, NULL },
	{ "fragment_in_query", "GET /a?b#c HTTP/1.1\r\n" HOST_A, NULL, NULL },
	{ "relative_target", "GET a/b HTTP/1.1\r\n" HOST_A, NULL, NULL },
	{ "control_in_path", "GET /a\x01 HTTP/1.1\r\n" HOST_A, NULL, NULL },
	{ "delete_in_path", "GET /a\x7f HTTP/1.1\r\n" HOST_A, NULL, NULL },
	{ "control_in_query", "GET /a?\x1f HTTP/1.1\r\n" HOST_A, NULL, NULL },
	{ "bytes_above_ascii", "GET /\xc3\xa9 HTTP/1.1\r\n" HOST_A, "a",
	  "/\xc3\xa9" },

	/* The forms of a target. */
	{ "absolute", "GET http://B.example/c?d HTTP/1.1\r\n" HOST_A,
	  "b.example", "/c" },
	{ "absolute_port", "GET HTTPS://b.example:8443/c HTTP/1.1\r\n" HOST_A,
	  "b.example", "/c" },
	{ "absolute_no_path", "GET http://b.example HTTP/1.1\r\n" HOST_A,
	  "b.example", "/" },
	{ "absolute_query_only", "GET http://b.example?c HTTP/1.1\r\n" HOST_A,
	  "b.example", "/" },
	{ "absolute_1_0", "GET http://b.example/c HTTP/1.0\r\n\r\n",
	  "b.example", "/c" },
	{ "absolute_v6", "GET http://[2001:DB8::1]:80/c HTTP/1.1\r\n" HOST_A,
	  "[2001:db8::1]", "/c" },
	{ "absolute_no_host", "GET http:///c HTTP/1.1\r\n" HOST_A, NULL, NULL },
	{ "absolute_port_only", "GET http://:80/c HTTP/1.1\r\n" HOST_A, NULL,
	  NULL },
	{ "absolute_userinfo", "GET http://u@b/c HTTP/1.1\r\n" HOST_A, NULL,
	  NULL },
	{ "absolute_password", "GET http://u:p@b/c HTTP/1.1\r\n" HOST_A, NULL,
	  NULL },
	{ "absolute_one_slash", "GET http:/b/c HTTP/1.1\r\n" HOST_A, NULL,
	  NULL },
	{ "absolute_no_authority", "GET mailto:b HTTP/1.1\r\n" HOST_A, NULL,
	  NULL },
	{ "absolute_tab", "GET http://b\t/c HTTP/1.1\r\n" HOST_A, NULL, NULL },
	{ "authority", "CONNECT B.example:443 HTTP/1.1\r\n" HOST_A,
	  "b.example", "" },
	{ "authority_v6", "CONNECT [::1]:443 HTTP/1.1\r\n" HOST_A, "[::1]",
	  "" },
	{ "authority_slash", "CONNECT /a HTTP/1.1\r\n" HOST_A, NULL, NULL },
	{ "authority_absolute", "CONNECT http://b HTTP/1.1\r\n" HOST_A, NULL,
	  NULL },
	{ "authority_other_method", "GET b:443 HTTP/1.1\r\n" HOST_A, NULL,
	  NULL },
	{ "connect_prefix", "CONNEC /a HTTP/1.1\r\n" HOST_A, "a", "/a" },
	{ "connect_longer", "CONNECTS /a HTTP/1.1\r\n" HOST_A, "a", "/a" },
	{ "connect_lower", "connect /a HTTP/1.1\r\n" HOST_A, "a", "/a" },
	{ "asterisk", "OPTIONS * HTTP/1.1\r\n" HOST_A, "a", "" },
	{ "asterisk_more", "OPTIONS *a HTTP/1.1\r\n" HOST_A, NULL, NULL },

	/* Percent-encoding. */
	{ "unreserved", "GET /%61%7e%7E%2D%2e%5f%30%5A HTTP/1.1\r\n" HOST_A,
	  "a", "/a~~-._0Z" },
	{ "reserved", "GET /%2f%2F%3f%25%c3%a9%00 HTTP/1.1\r\n" HOST_A, "a",
	  "/%2F%2F%3F%25%C3%A9%00" },
	{ "not_twice", "GET /%2561 HTTP/1.1\r\n" HOST_A, "a", "/%2561" },
	{ "dot", "GET /./a/./b/. HTTP/1.1\r\n" HOST_A, "a", "/a/b/" },
	{ "dots", "GET /a/../b/c/../../d HTTP/1.1\r\n" HOST_A, "a", "/d" },
	{ "dots_at_end", "GET /a/b/.. HTTP/1.1\r\n" HOST_A, "a", "/a/" },
	{ "dots_then_slash", "GET /a/b/../ HTTP/1.1\r\n" HOST_A, "a", "/a/" },
	{ "dots_before_query", "GET /a/..?../b HTTP/1.1\r\n" HOST_A, "a", "/" },
	{ "dots_above_root", "GET /../../a/../../b HTTP/1.1\r\n" HOST_A, "a",
	  "/b" },
	{ "dots_encoded", "GET /a/%2e%2E/%2e/b/.%2e/%2E HTTP/1.1\r\n" HOST_A,
	  "a", "/" },
	{ "dots_empty_segment", "GET /a//../b/.//c HTTP/1.1\r\n" HOST_A, "a",
	  "/a/b//c" },
	{ "dots_in_names", "GET /.a/..b/c./d../.../%2e%2e. HTTP/1.1\r\n" HOST_A,
	  "a", "/.a/..b/c./d../.../..." },
	{ "dots_encoded_slash", "GET /a/..%2fb HTTP/1.1\r\n" HOST_A, "a",
	  "/a/..%2Fb" },
	{ "dots_absolute", "GET http://b/../c/./../d HTTP/1.1\r\n" HOST_A, "b",
	  "/d" },
	{ "slashes", "GET //a///b/ HTTP/1.1\r\n" HOST_A, "a", "//a///b/" },
	{ "one_digit_query", "GET /%1?a HTTP/1.1\r\n" HOST_A, NULL, NULL },
	{ "no_digit", "GET /%g1 HTTP/1.1\r\n" HOST_A, NULL, NULL },
	{ "one_digit", "GET /%1 HTTP/1.1\r\n" HOST_A, NULL, NULL },
	{ "percent_at_end", "GET /% HTTP/1.1\r\n" HOST_A, NULL, NULL },

	/* Host. */
	{ "host_port", "GET / HTTP/1.1\r\nHost: a:8080\r\n\r\n", "a", "/" },
	{ "host_colon", "GET / HTTP/1.1\r\nHost: a:\r\n\r\n", "a", "/" },
	{ "host_upper", "GET / HTTP/1.1\r\nHOST:Example.ORG\r\n\r\n",
	  "example.org", "/" },
	{ "host_blanks", "GET / HTTP/1.1\r\nHost:\t  a:80 \t \r\n\r\n", "a",
	  "/" },
	{ "host_final_dot", "GET / HTTP/1.1\r\nHost: a.b.:80\r\n\r\n", "a.b",
	  "/" },
	{ "host_v4", "GET / HTTP/1.1\r\nHost: 192.0.2.1:80\r\n\r\n",
	  "192.0.2.1", "/" },
	{ "host_v6", "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", "[::1]", "/" },
	{ "host_v6_alone", "GET / HTTP/1.1\r\nHost: [FE80::A]\r\n\r\n",
	  "[fe80::a]", "/" },
	{ "host_v6_open", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", NULL, NULL },
	{ "host_v6_more", "GET / HTTP/1.1\r\nHost: [::1]a\r\n\r\n", NULL,
	  NULL },
	{ "host_v6_blank", "GET / HTTP/1.1\r\nHost: [: :1]\r\n\r\n", NULL,
	  NULL },
	{ "host_v6_bare", "GET / HTTP/1.1\r\nHost: ::1\r\n\r\n", NULL, NULL },
	{ "host_empty", "GET / HTTP/1.1\r\nHost:\r\nX: y\r\n\r\n", "", "/" },
	{ "host_only_blanks", "GET / HTTP/1.1\r\nHost:  \r\n\r\n", "", "/" },
	{ "host_empty_port", "GET / HTTP/1.1\r\nHost: :80\r\n\r\n", "", "/" },
	{ "host_twice", "GET / HTTP/1.1\r\nHost: b\r\nHost: c\r\n\r\n", "b",
	  "/" },
	{ "host_twice_empty", "GET / HTTP/1.1\r\nHost:\r\nHost: c\r\n\r\n", "",
	  "/" },
	{ "host_two_names", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", NULL, NULL },
	{ "host_slash", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", NULL, NULL },
	{ "host_userinfo", "GET / HTTP/1.1\r\nHost: u@b\r\n\r\n", NULL, NULL },
	{ "host_bad_port", "GET / HTTP/1.1\r\nHost: a:8o\r\n\r\n", NULL, NULL },
	{ "host_blank_in_port", "GET / HTTP/1.1\r\nHost: a:8 0\r\n\r\n", NULL,
	  NULL },
	{ "host_above_ascii", "GET / HTTP/1.1\r\nHost: \xc3\xa9\r\n\r\n", NULL,
	  NULL },
	{ "host_delete", "GET / HTTP/1.1\r\nHost: a\x7f\r\n\r\n", NULL, NULL },

	/* Fields. */
	{ "fold", "GET / HTTP/1.1\r\nX: b\r\n c\r\n\td: e\r\n" HOST_A, "a",
	  "/" },
	{ "fold_is_no_field", "GET / HTTP/1.1\r\nX: b\r\n Host: c\r\n" HOST_A,
	  "a", "/" },
	{ "fold_lf", "GET / HTTP/1.1\nX: b\n\t\n Host: c\n" HOST_A, "a", "/" },
	{ "fold_of_host", "GET / HTTP/1.1\r\nHost:\r\n a\r\n\r\n", "a", "/" },
	{ "fold_of_host_twice", "GET / HTTP/1.1\r\nHost: \r\n\t\r\n a:1\r\n\r\n",
	  "a", "/" },
	{ "fold_of_host_bad", "GET / HTTP/1.1\r\nHost:\r\n a b\r\n\r\n", NULL,
	  NULL },
	{ "fold_of_nothing", "GET / HTTP/1.1\r\n X: b\r\n" HOST_A, NULL, NULL },
	{ "blank_before_colon", "GET / HTTP/1.1\r\nHost : a\r\n\r\n", NULL,
	  NULL },
	{ "tab_before_colon", "GET / HTTP/1.1\r\nX\t: y\r\n" HOST_A, NULL,
	  NULL },
	{ "no_name", "GET / HTTP/1.1\r\n: y\r\n" HOST_A, NULL, NULL },
	{ "no_colon", "GET / HTTP/1.1\r\nX\r\n" HOST_A, NULL, NULL },
	{ "name_no_token", "GET / HTTP/1.1\r\nX(: y\r\n" HOST_A, NULL, NULL },
	{ "control_in_value", "GET / HTTP/1.1\r\nX: \x01\r\n" HOST_A, NULL,
	  NULL },
	{ "above_ascii_in_value", "GET / HTTP/1.1\r\nX: \xff\x80\r\n" HOST_A,
	  "a", "/" },
};

/* Feeds a copy that ends where its allocation does. */
static enum ipos_inspect feed(struct ipos_http *h, const void *data, size_t len)
{
	u8 *copy = bytes_exact(data, len);
	enum ipos_inspect result = ipos_http_feed(h, copy, len);

	free(copy);
	return result;
}

static enum ipos_inspect feed_text(struct ipos_http *h, const char *text)
{
	ipos_http_init(h);
	return feed(h, text, strlen(text));
}

/* What must hold of any request that was found. */
static bool well_formed(const struct ipos_http *h)
{
	return h->host_len <= IPOS_HTTP_HOST_MAX &&
	       h->path.len <= IPOS_PATH_MAX &&
	       strlen(h->host) == h->host_len &&
	       strlen(h->path.text) == h->path.len &&
	       (!h->path.len || h->path.text[0] == '/');
}

static bool right(const struct request *request, const struct ipos_http *h,
		  enum ipos_inspect result)
{
	if (!request->host)
		return result == IPOS_INSPECT_NONE;
	return result == IPOS_INSPECT_FOUND && well_formed(h) &&
	       !strcmp(h->host, request->host) &&
	       !strcmp(h->path.text, request->path);
}

static enum ipos_inspect feed_bytes(struct ipos_http *h, const char *text)
{
	enum ipos_inspect result = IPOS_INSPECT_NEED_MORE;

	ipos_http_init(h);
	for (; *text; text++) {
		result = feed(h, text, 1);
		feed(h, text, 0);
	}
	return result;
}

static void table__every_split(const struct request *request)
{
	size_t len = strlen(request->text);
	struct ipos_http h;
	bool good = true;
	size_t first, second;

	good &= right(request, &h, feed_text(&h, request->text));
	good &= right(request, &h, feed_bytes(&h, request->text));
	for (first = 0; first <= len; first++) {
		for (second = first; second <= len; second += 1 + len / 16) {
			ipos_http_init(&h);
			feed(&h, request->text, first);
			feed(&h, request->text + first, second - first);
			good &= right(request, &h,
				      feed(&h, request->text + second,
					   len - second));
		}
	}
	if (!good) {
		tap_diag("result %d, host '%s', path '%s'",
			 feed_text(&h, request->text), h.host, h.path.text);
	}
	tap_ok(good, "table__%s", request->name);
}

/* Bytes that decide: all but the last leave the question open. */
static void decides(const char *name, const void *data, size_t len,
		    enum ipos_inspect want)
{
	enum ipos_inspect before, after;
	struct ipos_http h;

	ipos_http_init(&h);
	before = feed(&h, data, len - 1);
	after = feed(&h, (const u8 *)data + len - 1, 1);
	tap_ok(before == IPOS_INSPECT_NEED_MORE && after == want,
	       "decides__%s", name);
}

#define DECIDES(name, text, want) decides(name, text, sizeof(text) - 1, want)

static void decides__at_once(void)
{
	DECIDES("tls", "\x16", IPOS_INSPECT_NONE);
	DECIDES("nul", "\0", IPOS_INSPECT_NONE);
	DECIDES("nul_in_path", "GET /a\0", IPOS_INSPECT_NONE);
	DECIDES("nul_in_host", "GET / HTTP/1.1\r\nHost: a\0", IPOS_INSPECT_NONE);
	DECIDES("nul_in_value", "GET / HTTP/1.1\r\nX: a\0", IPOS_INSPECT_NONE);
	DECIDES("http_2", "PRI * HTTP/2", IPOS_INSPECT_NONE);
	DECIDES("0_9", "GET /\r", IPOS_INSPECT_NONE);
	DECIDES("host", "GET / HTTP/1.1\r\nHost: a\r\n", IPOS_INSPECT_FOUND);
	DECIDES("host_lf", "GET / HTTP/1.1\nHost: a\n", IPOS_INSPECT_FOUND);
	DECIDES("empty_host", "GET / HTTP/1.1\r\nHost:\r\nA",
		IPOS_INSPECT_FOUND);
	DECIDES("absolute", "GET http://a/ HTTP/1.1\r\n", IPOS_INSPECT_FOUND);
	DECIDES("authority", "CONNECT a:1 HTTP/1.1\r\n", IPOS_INSPECT_FOUND);
	DECIDES("head", "GET / HTTP/1.0\r\nX: y\r\n\r\n", IPOS_INSPECT_FOUND);
}

/* Fields after the request line; value: NULL there is none, "" it is unfit. */
static const struct {
	const char *name;
	const char *fields;
	const char *value;
} cookies[] = {
	{ "none", "X: y\r\n", NULL },
	{ "one", "Cookie: SID=abc\r\n", "abc" },
	{ "any_case", "cOOKIE:SID=abc\r\n", "abc" },
	{ "blanks", "Cookie: \t SID=abc \t \r\n", "abc" },
	{ "second", "Cookie: a=b; SID=abc; c=d\r\n", "abc" },
	{ "no_blank_between", "Cookie: a=b;SID=abc;c=d\r\n", "abc" },
	{ "empty_pairs", "Cookie: ;; ; SID=abc\r\n", "abc" },
	{ "without_equals", "Cookie: SID; a; SID=abc\r\n", "abc" },
	{ "of_two_the_first", "Cookie: SID=abc; SID=def\r\n", "abc" },
	{ "two_lines", "Cookie: a=b\r\nX: y\r\nCookie: SID=abc\r\n", "abc" },
	{ "two_lines_the_first", "Cookie: SID=abc\r\nCookie: SID=def\r\n",
	  "abc" },
	{ "folded", "Cookie: a=b;\r\n SID=abc\r\n", "abc" },
	{ "folded_after", "Cookie: SID=abc;\r\n\ta=b\r\n", "abc" },
	{ "quoted", "Cookie: SID=\"abc\"\r\n", "abc" },
	{ "one_quote", "Cookie: SID=\"\r\n", "\"" },
	{ "quote_at_one_end", "Cookie: SID=\"abc; x=y\r\n", "\"abc" },
	{ "nothing_in_quotes", "Cookie: SID=\"\"\r\n", NULL },
	{ "equals_inside", "Cookie: SID=a=b==\r\n", "a=b==" },
	{ "empty", "Cookie: SID=\r\n", NULL },
	{ "empty_then_not", "Cookie: SID=; SID=abc\r\n", "abc" },
	{ "longer_name", "Cookie: SIDE=x; XSID=y; SI=z\r\n", NULL },
	{ "name_in_other_case", "Cookie: sid=abc\r\n", NULL },
	{ "name_as_value", "Cookie: a=SID=abc\r\n", NULL },
	{ "other_field", "Cookies: SID=abc\r\nXCookie: SID=d\r\n", NULL },
	{ "in_host", "Host2: SID=abc\r\n", NULL },
	{ "rfc_2965", "Cookie: $Version=\"1\"; SID=\"abc\"; $Path=\"/\"\r\n",
	  "abc" },
	{ "blank_inside", "Cookie: SID=a b\r\n", "" },
	{ "latin_1", "Cookie: SID=a\xe4\r\n", "" },
	{ "unfit_then_fit", "Cookie: SID=a b; SID=c\r\n", "c" },
	{ "punctuation", "Cookie: SID=s%3A!#$&'()*+,-./:<>?@[]^_`{|}~\\\r\n",
	  "s%3A!#$&'()*+,-./:<>?@[]^_`{|}~\\" },
};

static bool has_cookie(const struct ipos_http *h, const char *value)
{
	if (!value)
		return !h->cookies.value.len && !h->cookies.unfit;
	if (!*value)
		return !h->cookies.value.len && h->cookies.unfit;
	return strlen(value) == h->cookies.value.len &&
	       !strcmp(value, h->cookies.value.text);
}

static void cookie__every_split(size_t i)
{
	const char *value = cookies[i].value;
	struct ipos_http h;
	bool good = true;
	char text[400];
	size_t first, len;

	snprintf(text, sizeof(text), "GET /p HTTP/1.1\r\nHost: a\r\n%s\r\n",
		 cookies[i].fields);
	len = strlen(text);
	for (first = 0; first <= len; first++) {
		ipos_http_init(&h);
		ipos_http_want_cookie(&h, "SID");
		feed(&h, text, first);
		good &= feed(&h, text + first, len - first) ==
				IPOS_INSPECT_FOUND && well_formed(&h) &&
			!strcmp(h.host, "a") && !strcmp(h.path.text, "/p") &&
			has_cookie(&h, value);
	}
	/* A head that is not complete tells nothing but what it has. */
	for (first = 0; first < len - 2; first++) {
		ipos_http_init(&h);
		ipos_http_want_cookie(&h, "SID");
		if (feed(&h, text, first) == IPOS_INSPECT_FOUND)
			good &= value && *value && has_cookie(&h, value);
	}
	tap_ok(good, "cookie__%s", cookies[i].name);
}

static void cookie__of_length(size_t len, bool fits)
{
	static const char head[] = "GET / HTTP/1.0\r\nHost: a\r\nCookie: SID=";
	char *text = malloc(len + 100), value[200];
	struct ipos_http h;

	memcpy(text, head, sizeof(head));
	memset(text + sizeof(head) - 1, 'v', len);
	strcpy(text + sizeof(head) - 1 + len, "\r\n\r\n");
	memset(value, 'v', sizeof(value));
	value[fits ? len : 0] = '\0';
	ipos_http_init(&h);
	ipos_http_want_cookie(&h, "SID");
	tap_ok(feed(&h, text, strlen(text)) == IPOS_INSPECT_FOUND &&
	       has_cookie(&h, value), "cookie__of_length_%zu", len);
	free(text);
}

static void cookie__names(void)
{
	char name[65];

	memset(name, 'n', sizeof(name));
	tap_ok(ipos_cookie_is_name("JSESSIONID", 10) &&
	       ipos_cookie_is_name("connect.sid", 11) &&
	       ipos_cookie_is_name("__Host-id", 9) &&
	       ipos_cookie_is_name(name, 63), "cookie__names");
	tap_ok(!ipos_cookie_is_name("", 0) && !ipos_cookie_is_name("a b", 3) &&
	       !ipos_cookie_is_name("a=b", 3) && !ipos_cookie_is_name("a;", 2) &&
	       !ipos_cookie_is_name("\xe4", 1) &&
	       !ipos_cookie_is_name(name, 64), "cookie__no_names");
}

static void result__is_final(void)
{
	struct ipos_http h;

	feed_text(&h, "GET /b HTTP/1.1\r\nHost: a\r\n");
	tap_ok(feed(&h, "Host: c\r\n\r\n\x16\0", 13) == IPOS_INSPECT_FOUND &&
	       !strcmp(h.host, "a") && !strcmp(h.path.text, "/b"), "final__found");
	feed_text(&h, "\x16");
	tap_ok(feed(&h, "GET / HTTP/1.0\r\n\r\n", 18) == IPOS_INSPECT_NONE,
	       "final__none");
	ipos_http_init(&h);
	tap_ok(ipos_http_feed(&h, NULL, 0) == IPOS_INSPECT_NEED_MORE,
	       "final__nothing_is_no_result");
	tap_ok(sizeof(h) <= 1200, "size__%zu", sizeof(h));
}

static void path__of_length(size_t len)
{
	size_t kept = len < IPOS_PATH_MAX ? len : IPOS_PATH_MAX;
	char *text = malloc(len + 100), *path = text + 4;
	struct ipos_http h;
	size_t i;

	strcpy(text, "GET /");
	for (i = 1; i < len; i++)
		path[i] = 'a' + i % 26;
	strcpy(path + len, "?q HTTP/1.1\r\n" HOST_A);
	tap_ok(feed_text(&h, text) == IPOS_INSPECT_FOUND && well_formed(&h) &&
	       h.path.len == kept && !memcmp(h.path.text, path, kept),
	       "path__of_length_%zu", len);
	free(text);
}

static void path__cut_in_encoding(void)
{
	char text[700] = "GET /";
	struct ipos_http h;
	bool good = true;
	size_t len;

	for (len = 506; len < 514; len++) {
		memset(text + 5, 'x', len);
		strcpy(text + 5 + len, "%2f%61/ HTTP/1.1\r\n" HOST_A);
		good &= feed_text(&h, text) == IPOS_INSPECT_FOUND &&
			well_formed(&h) && h.path.len == 511;
	}
	tap_ok(good, "path__cut_in_encoding");
}

/* However long the segments are that ".." takes away again. */
static void path__dots_beyond_what_is_kept(void)
{
	char text[2000], *end;
	struct ipos_http h;
	bool good = true;
	size_t len;

	for (len = 490; len < 530; len++) {
		strcpy(text, "GET /a/");
		memset(text + 7, 'x', len);
		end = text + 7 + len;
		strcpy(end, "/y/.././z/w/../../../b?/.. HTTP/1.1\r\n" HOST_A);
		good &= feed_text(&h, text) == IPOS_INSPECT_FOUND &&
			well_formed(&h) && !strcmp(h.path.text, "/a/b");
		strcpy(end, "/../c/%2e%2e HTTP/1.1\r\n" HOST_A);
		good &= feed_text(&h, text) == IPOS_INSPECT_FOUND &&
			well_formed(&h) && !strcmp(h.path.text, "/a/");
		strcpy(end, "/y/z/../w HTTP/1.1\r\n" HOST_A);
		good &= feed_text(&h, text) == IPOS_INSPECT_FOUND &&
			well_formed(&h) && !strncmp(h.path.text, "/a/xxx", 6) &&
			h.path.len == (3 + len + 4 < 511 ? 3 + len + 4 : 511);
	}
	tap_ok(good, "path__dots_beyond_what_is_kept");
}

static void host__of_length(size_t len, bool fits)
{
	static const char head[] = "GET / HTTP/1.1\r\nHost: ";
	char text[700];
	char *host = text + sizeof(head) - 1;
	struct ipos_http h;
	enum ipos_inspect result;

	strcpy(text, head);
	memset(host, 'h', len);
	strcpy(host + len, ":80\r\n\r\n");
	result = feed_text(&h, text);
	tap_ok(result == (fits ? IPOS_INSPECT_FOUND : IPOS_INSPECT_NONE) &&
	       (!fits || (h.host_len == len && well_formed(&h))),
	       "host__of_length_%zu", len);
}

/* Longer than a 16-bit count could follow. */
static void field__long(void)
{
	static const char head[] = "GET /a HTTP/1.1\r\n";
	size_t size = 200000;
	char *text = malloc(size + 100);
	struct ipos_http h;
	size_t len;

	memset(text, 'x', size);
	memcpy(text, head, sizeof(head) - 1);
	strcpy(text + size, ": y\r\n" HOST_A);
	tap_ok(feed_text(&h, text) == IPOS_INSPECT_FOUND &&
	       !strcmp(h.host, "a"), "field__long_name");
	text[sizeof(head) + 1] = ':';
	tap_ok(feed_bytes(&h, text) == IPOS_INSPECT_FOUND &&
	       !strcmp(h.host, "a"), "field__long_value");
	/* A name that is "host" again after 256 bytes is another name. */
	len = sizeof(head) - 1;
	memcpy(text + len + 256, "host: b\r\n", 9);
	memset(text + len, 'h', 256);
	strcpy(text + len + 265, HOST_A);
	tap_ok(feed_text(&h, text) == IPOS_INSPECT_FOUND &&
	       !strcmp(h.host, "a"), "field__long_name_like_host");
	for (; len < 65536; len += 8)
		memcpy(text + len, "Ho: st\r\n", 8);
	strcpy(text + len, HOST_A);
	tap_ok(feed_text(&h, text) == IPOS_INSPECT_FOUND &&
	       !strcmp(h.host, "a"), "field__64_kB_of_them");
	strcpy(text + len, "\r\n");
	tap_ok(feed_text(&h, text) == IPOS_INSPECT_FOUND && !h.host_len,
	       "field__64_kB_and_no_host");
	free(text);
}

/* Whole and in random pieces: the same answer, and a well-formed one. */
static bool same_in_pieces(u64 *seed, const u8 *data, size_t len)
{
	enum ipos_inspect result, again = IPOS_INSPECT_NEED_MORE;
	struct ipos_http whole, pieces;
	size_t at = 0;

	ipos_http_init(&whole);
	/* Nothing may depend on what the memory held before. */
	bytes_fill(seed, &pieces, sizeof(pieces));
	ipos_http_init(&pieces);
	result = feed(&whole, data, len);
	while (at < len) {
		size_t piece = 1 + bytes_random(seed) % (len - at);

		again = feed(&pieces, data + at, piece);
		at += piece;
	}
	return result == again && !memcmp(&whole, &pieces, sizeof(whole)) &&
	       (result != IPOS_INSPECT_FOUND || well_formed(&whole));
}

static void garbage__random(void)
{
	u64 seed = 9112;
	bool good = true;
	u8 data[200];
	int run;

	for (run = 0; run < 100000; run++) {
		size_t len = bytes_random(&seed) % sizeof(data);

		bytes_fill(&seed, data, len);
		good &= same_in_pieces(&seed, data, len);
	}
	tap_ok(good, "garbage__random");
}

/* Requests of the table with a few bytes changed: gets deeper than garbage. */
static void garbage__mutated(void)
{
	static const char likely[] = " \t\r\n:/?#%[]*.@aA0\x7f";
	u64 seed = 3986;
	bool good = true;
	u8 data[200];
	int run;

	for (run = 0; run < 100000; run++) {
		const char *text = requests[bytes_random(&seed) % ARRAY_SIZE(requests)].text;
		size_t len = strlen(text);
		int changes = bytes_random(&seed) % 4;

		memcpy(data, text, len);
		while (changes--)
			data[bytes_random(&seed) % len] = run % 2 ?
				bytes_random(&seed) & 0xff :
				(u8)likely[bytes_random(&seed) %
					    (sizeof(likely) - 1)];
		good &= same_in_pieces(&seed, data, len);
	}
	tap_ok(good, "garbage__mutated");
}

int main(void)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(requests); i++)
		table__every_split(&requests[i]);
	for (i = 0; i < ARRAY_SIZE(cookies); i++)
		cookie__every_split(i);
	cookie__of_length(1, true);
	cookie__of_length(128, true);
	cookie__of_length(129, false);
	cookie__of_length(70000, false);
	cookie__names();
	decides__at_once();
	result__is_final();
	path__of_length(1);
	path__of_length(510);
	path__of_length(511);
	path__of_length(512);
	path__of_length(100000);
	path__cut_in_encoding();
	path__dots_beyond_what_is_kept();
	host__of_length(255, true);
	host__of_length(256, false);
	host__of_length(600, false);
	field__long();
	garbage__random();
	garbage__mutated();
	return tap_done();
}
