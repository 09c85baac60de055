// SPDX-License-Identifier: GPL-2.0
/*
 * The head of an HTTP/1.x request, RFC 9112, one byte at a time: a state, a
 * byte, the next state. So the segments in which a client sends its request
 * cannot make a difference.
 *
 * The server will parse the request again and is the one to refuse it. What
 * matters here is never to understand another host or path than the server
 * will, so whatever is malformed or could be read in two ways is "none".
 */
#include "inspect/ascii.h"
#include "inspect/http.h"
#include "inspect/match.h"

enum state {
	ST_START,		/* empty lines before the request line */
	ST_START_CR,
	ST_METHOD,
	ST_TARGET,
	ST_SCHEME,
	ST_SLASHES,		/* those between scheme and authority */
	ST_AUTHORITY,
	ST_PATH,
	ST_QUERY,
	ST_ASTERISK,
	ST_VERSION,
	ST_VERSION_END,
	ST_REQUEST_CR,
	ST_FIELD,		/* the first byte of a field line */
	ST_NAME,
	ST_VALUE,
	ST_VALUE_CR,
	ST_HEAD_CR,		/* of the empty line at the end */
	ST_FOUND,
	ST_NONE,
};

enum host_state {
	HOST_FIRST,
	HOST_NAME,
	HOST_LITERAL,		/* between brackets */
	HOST_LITERAL_END,
	HOST_PORT,
	HOST_OVER,
};

/* A field to be looked into is a value here, a name and a bit. */
enum field {
	FIELD_NONE,		/* no field line yet */
	FIELD_OTHER,
	FIELD_HOST,
	FIELD_COOKIE,
};

#define MISSING_LINE	0x01
#define MISSING_HOST	0x02
#define MISSING_COOKIE	0x04

static bool is_blank(u8 c)
{
	return c == ' ' || c == '\t';
}

static bool is_ctl(u8 c)
{
	return c < ' ' || c == 0x7f;
}

/* RFC 3986, section 3.2.2: what a registered name is made of. */
static bool is_regname(u8 c)
{
	switch (c) {
	case '!': case '$': case '&': case '\'': case '(': case ')':
	case '*': case '+': case ',': case ';': case '=': case '%':
		return true;
	default:
		return ipos_is_unreserved(c);
	}
}

static bool host_add(struct ipos_http *h, u8 c)
{
	if (h->host_len == IPOS_HTTP_HOST_MAX)
		return false;
	h->host[h->host_len++] = (char)ipos_to_lower(c);
	return true;
}

/* Between two parts of a host: what may come once the name is complete. */
static bool host_after(struct ipos_http *h, u8 c)
{
	if (c == ':')
		h->host_state = HOST_PORT;
	else if (is_blank(c))
		h->host_state = HOST_OVER;
	else
		return false;
	return true;
}

static bool host_first(struct ipos_http *h, u8 c)
{
	if (is_blank(c))
		return true;
	if (c == '[') {
		h->host_state = HOST_LITERAL;
		return host_add(h, c);
	}
	if (!is_regname(c))
		return host_after(h, c);
	h->host_state = HOST_NAME;
	return host_add(h, c);
}

static bool host_literal(struct ipos_http *h, u8 c)
{
	if (c == ']')
		h->host_state = HOST_LITERAL_END;
	else if (!is_regname(c) && c != ':')
		return false;
	return host_add(h, c);
}

/*
 * One byte of host[:port], with blanks around it as a field's value may have.
 * Returns false if no host goes on like this.
 */
static bool host_byte(struct ipos_http *h, u8 c)
{
	switch (h->host_state) {
	case HOST_FIRST:
		return host_first(h, c);
	case HOST_NAME:
		return is_regname(c) ? host_add(h, c) : host_after(h, c);
	case HOST_LITERAL:
		return host_literal(h, c);
	case HOST_LITERAL_END:
		return host_after(h, c);
	case HOST_PORT:
		return ipos_is_digit(c) || (is_blank(c) && host_after(h, c));
	default:
		return is_blank(c);
	}
}

/* The host is complete. Returns false if it cannot be. */
static bool host_end(struct ipos_http *h)
{
	if (h->host_state == HOST_LITERAL)
		return false;
	/* The DNS root is in no map: example.org. is example.org. */
	if (h->host_len && h->host[h->host_len - 1] == '.')
		h->host[--h->host_len] = '\0';
	h->host_state = HOST_OVER;
	h->missing &= ~MISSING_HOST;
	return true;
}

static enum state method_byte(struct ipos_http *h, u8 c)
{
	if (c == ' ') {
		h->connect = ipos_match_whole(h->match, "CONNECT");
		return ST_TARGET;
	}
	h->match = ipos_match_byte(h->match, "CONNECT", c);
	return ipos_is_token(c) ? ST_METHOD : ST_NONE;
}

static enum state start_byte(struct ipos_http *h, u8 c)
{
	if (c == '\r')
		return ST_START_CR;
	if (c == '\n')
		return ST_START;
	return c == ' ' ? ST_NONE : method_byte(h, c);
}

static enum state version_begin(struct ipos_http *h)
{
	h->match = 0;
	return ST_VERSION;
}

static enum state path_end(struct ipos_http *h, u8 c)
{
	if (!ipos_path_end(&h->path))
		return ST_NONE;
	return c == ' ' ? version_begin(h) : ST_QUERY;
}

/*
 * The authority of an absolute URI overrides the field Host (RFC 9112, section
 * 3.2.2), and there an empty path is a slash (RFC 9110, section 4.2.3).
 */
static enum state authority_byte(struct ipos_http *h, u8 c)
{
	bool over = c == ' ' || (!h->connect && (c == '/' || c == '?'));

	/* The blanks that a field's value may have about it are none here. */
	if (!over)
		return c != '\t' && host_byte(h, c) ? ST_AUTHORITY : ST_NONE;
	if (!h->host_len || !host_end(h))
		return ST_NONE;
	if (!h->connect)
		ipos_path_add(&h->path, '/');
	return c == '/' ? ST_PATH : path_end(h, c);
}

static enum state target_byte(struct ipos_http *h, u8 c)
{
	if (h->connect)
		return authority_byte(h, c);
	if (c == '*')
		return ST_ASTERISK;
	if (c == '/') {
		ipos_path_add(&h->path, c);
		return ST_PATH;
	}
	return ipos_is_alpha(c) ? ST_SCHEME : ST_NONE;
}

static enum state scheme_byte(struct ipos_http *h, u8 c)
{
	if (c == ':') {
		h->match = 0;
		return ST_SLASHES;
	}
	if (ipos_is_alpha(c) || ipos_is_digit(c) || c == '+' || c == '-' || c == '.')
		return ST_SCHEME;
	return ST_NONE;
}

static enum state slashes_byte(struct ipos_http *h, u8 c)
{
	h->match = ipos_match_byte(h->match, "//", c);
	if (h->match == IPOS_MISMATCH)
		return ST_NONE;
	return ipos_match_whole(h->match, "//") ? ST_AUTHORITY : ST_SLASHES;
}

/* A fragment never travels: what follows a '#' could be read in two ways. */
static enum state query_byte(struct ipos_http *h, u8 c)
{
	if (c == ' ')
		return version_begin(h);
	return is_ctl(c) || c == '#' ? ST_NONE : ST_QUERY;
}

static enum state path_byte(struct ipos_http *h, u8 c)
{
	if (c == ' ' || c == '?')
		return path_end(h, c);
	if (is_ctl(c) || c == '#' || !ipos_path_add(&h->path, c))
		return ST_NONE;
	return ST_PATH;
}

/* Nothing but 1.0 and 1.1: the preface of HTTP/2 ends here. */
static enum state version_byte(struct ipos_http *h, u8 c)
{
	if (ipos_match_whole(h->match, "HTTP/1."))
		return c == '0' || c == '1' ? ST_VERSION_END : ST_NONE;
	h->match = ipos_match_byte(h->match, "HTTP/1.", c);
	return h->match == IPOS_MISMATCH ? ST_NONE : ST_VERSION;
}

static enum state request_end(struct ipos_http *h)
{
	h->missing &= ~MISSING_LINE;
	h->field = FIELD_NONE;
	return ST_FIELD;
}

static enum state version_end_byte(struct ipos_http *h, u8 c)
{
	if (c == '\r')
		return ST_REQUEST_CR;
	return c == '\n' ? request_end(h) : ST_NONE;
}

/* The field that a line may be whose name begins so. */
static enum field field_like(u8 c)
{
	return c == 'c' ? FIELD_COOKIE : FIELD_HOST;
}

static const char *name_of(u8 field)
{
	return field == FIELD_COOKIE ? "cookie" : "host";
}

/* Of several Hosts the first one counts; of Cookies, all are read. */
static enum state name_end(struct ipos_http *h)
{
	u8 bit = h->like == FIELD_COOKIE ? MISSING_COOKIE : MISSING_HOST;

	if (h->missing & bit &&
	    ipos_match_whole(h->match, name_of(h->like))) {
		h->field = h->like;
		h->host_state = HOST_FIRST;
		ipos_cookies_line(&h->cookies);
	}
	return ST_VALUE;
}

static enum state name_byte(struct ipos_http *h, u8 c)
{
	if (c == ':')
		return name_end(h);
	h->match = ipos_match_byte(h->match, name_of(h->like),
				   ipos_to_lower(c));
	return ipos_is_token(c) ? ST_NAME : ST_NONE;
}

static enum state value_byte(struct ipos_http *h, u8 c)
{
	if (is_ctl(c) && c != '\t')
		return ST_NONE;
	if (h->field == FIELD_HOST && !host_byte(h, c))
		return ST_NONE;
	if (h->field == FIELD_COOKIE)
		ipos_cookies_byte(&h->cookies, c);
	return ST_VALUE;
}

/* A line has ended; its field may still be continued on the next one. */
static enum state value_end(struct ipos_http *h)
{
	/* No continuation can add to a host, but an empty value may get one. */
	if (h->field == FIELD_HOST && h->host_state != HOST_FIRST)
		return host_end(h) ? ST_FIELD : ST_NONE;
	return ST_FIELD;
}

/* Of several cookies with this name the first one counts. */
static void cookie_end(struct ipos_http *h)
{
	ipos_cookies_end(&h->cookies);
	if (h->cookies.value.len)
		h->missing &= ~MISSING_COOKIE;
}

/* The first byte after a line tells whether the line before was complete. */
static enum state field_byte(struct ipos_http *h, u8 c)
{
	if (is_blank(c))
		return h->field == FIELD_NONE ? ST_NONE : value_byte(h, c);
	if (h->field == FIELD_HOST)
		host_end(h);
	if (h->field == FIELD_COOKIE)
		cookie_end(h);
	if (c == '\r')
		return ST_HEAD_CR;
	if (c == '\n')
		return ST_FOUND;
	if (c == ':')
		return ST_NONE;
	h->field = FIELD_OTHER;
	h->like = field_like(ipos_to_lower(c));
	h->match = 0;
	return name_byte(h, c);
}

static enum state value_or_end(struct ipos_http *h, u8 c)
{
	if (c == '\r')
		return ST_VALUE_CR;
	return c == '\n' ? value_end(h) : value_byte(h, c);
}

static enum state next_state(struct ipos_http *h, u8 c)
{
	switch ((enum state)h->state) {
	case ST_START:
		return start_byte(h, c);
	case ST_START_CR:
		return c == '\n' ? ST_START : ST_NONE;
	case ST_METHOD:
		return method_byte(h, c);
	case ST_TARGET:
		return target_byte(h, c);
	case ST_SCHEME:
		return scheme_byte(h, c);
	case ST_SLASHES:
		return slashes_byte(h, c);
	case ST_AUTHORITY:
		return authority_byte(h, c);
	case ST_PATH:
		return path_byte(h, c);
	case ST_QUERY:
		return query_byte(h, c);
	case ST_ASTERISK:
		return c == ' ' ? version_begin(h) : ST_NONE;
	case ST_VERSION:
		return version_byte(h, c);
	case ST_VERSION_END:
		return version_end_byte(h, c);
	case ST_REQUEST_CR:
		return c == '\n' ? request_end(h) : ST_NONE;
	case ST_FIELD:
		return field_byte(h, c);
	case ST_NAME:
		return name_byte(h, c);
	case ST_VALUE:
		return value_or_end(h, c);
	case ST_VALUE_CR:
		return c == '\n' ? value_end(h) : ST_NONE;
	case ST_HEAD_CR:
		return c == '\n' ? ST_FOUND : ST_NONE;
	case ST_FOUND:
	case ST_NONE:
		break;
	}
	return h->state;
}

/**
 * ipos_http_init() - begin with a new connection
 * @h: overwritten, whatever it held
 *
 * Context: any.
 */
void ipos_http_init(struct ipos_http *h)
{
	memset(h, 0, sizeof(*h));
	h->missing = MISSING_LINE | MISSING_HOST;
}

/**
 * ipos_http_want_cookie() - read the Cookie fields, too
 * @h: made by ipos_http_init(), not fed yet
 * @name: of the cookie, at most IPOS_COOKIE_NAME_MAX bytes, NUL-terminated
 *
 * Context: any.
 */
void ipos_http_want_cookie(struct ipos_http *h, const char *name)
{
	ipos_cookies_init(&h->cookies, name);
	h->missing |= MISSING_COOKIE;
}

/**
 * ipos_http_feed() - the next bytes that the client sent
 * @h: made by ipos_http_init()
 * @data: bytes that follow directly upon those of the call before
 * @len: how many, also 0
 *
 * An answer other than IPOS_INSPECT_NEED_MORE is final: further calls repeat
 * it. IPOS_INSPECT_FOUND comes with the byte that completes what is wanted, at
 * the latest with the end of the head; the host may be empty then. The length
 * of a head is not bounded here.
 *
 * Tolerated: empty lines before the request, line ends without CR (RFC 9112,
 * section 2.2), folded field lines (section 5.2). Of several fields Host the
 * first one counts: the server will refuse such a request, and one without
 * Host of HTTP/1.1. The host is compared as it is written, as servers do: no
 * percent-encoding is resolved there.
 *
 * Context: any; @h belongs to the caller alone.
 * Return: enum ipos_inspect.
 */
enum ipos_inspect ipos_http_feed(struct ipos_http *h, const u8 *data,
				 size_t len)
{
	size_t i;

	for (i = 0; i < len && h->state < ST_FOUND; i++) {
		h->state = next_state(h, data[i]);
		if (h->state < ST_FOUND && !h->missing)
			h->state = ST_FOUND;
	}
	if (h->state < ST_FOUND)
		return IPOS_INSPECT_NEED_MORE;
	return h->state == ST_FOUND ? IPOS_INSPECT_FOUND : IPOS_INSPECT_NONE;
}
