// SPDX-License-Identifier: GPL-2.0
/*
 * A ClientHello up to the name of the server, one byte at a time, so that
 * neither segments nor records can make a difference. What is in the records
 * is a row of fields: one ends, and says which is next and how long it is,
 * never longer than what is left of the whole.
 *
 * As with HTTP, the server is the one to refuse, and what it might understand
 * in another way is "none".
 */
#include "inspect/ascii.h"
#include "inspect/tls.h"

enum state {
	ST_TYPE,		/* of the handshake message */
	ST_LENGTH,
	ST_FIXED,		/* legacy_version and random */
	ST_SESSION_LENGTH,
	ST_SESSION,
	ST_SUITES_LENGTH,
	ST_SUITES,
	ST_METHODS_LENGTH,
	ST_METHODS,
	ST_EXTENSIONS_LENGTH,
	ST_EXTENSION_TYPE,
	ST_EXTENSION_LENGTH,
	ST_SERVER_NAME_LENGTH,
	ST_EXTENSION,
	ST_NAMES_LENGTH,
	ST_NAME_TYPE,
	ST_HOST_LENGTH,
	ST_HOST,
	ST_OTHER_LENGTH,
	ST_OTHER,		/* a name that is not a host's */
	ST_FOUND,
	ST_NONE,
};

#define RECORD_HEADER		5
#define RECORD_HANDSHAKE	22
#define RECORD_MAX		16384	/* RFC 8446, section 5.1 */
#define MESSAGE_HEADER		4
#define CLIENT_HELLO		1
#define FIXED			34
#define SESSION_MAX		32
#define SERVER_NAME		0
#define HOST_NAME		0
#define LABEL_MAX		63

static enum state field(struct ipos_tls *t, enum state state, u32 size)
{
	if (size > t->left)
		return ST_NONE;
	t->left -= size;
	t->size = size;
	t->value = 0;
	return state;
}

/* Before TLS 1.3 a message may end without extensions. */
static enum state extensions(struct ipos_tls *t)
{
	return t->left ? field(t, ST_EXTENSIONS_LENGTH, 2) : ST_FOUND;
}

static enum state next_extension(struct ipos_tls *t)
{
	return t->left ? field(t, ST_EXTENSION_TYPE, 2) : ST_FOUND;
}

/*
 * What comes after the names does not matter any more: a second extension of
 * this type the server refuses.
 */
static enum state server_name(struct ipos_tls *t)
{
	if (t->value > t->left)
		return ST_NONE;
	t->left = t->value;
	return field(t, ST_NAMES_LENGTH, 2);
}

static enum state next_name(struct ipos_tls *t)
{
	return t->left ? field(t, ST_NAME_TYPE, 1) : ST_FOUND;
}

/* RFC 6066, section 3: any type's name has its length first. */
static enum state name_type(struct ipos_tls *t)
{
	if (t->value != HOST_NAME)
		return field(t, ST_OTHER_LENGTH, 2);
	/* The server refuses two, or takes the other one. */
	if (t->named)
		return ST_NONE;
	t->named = true;
	return field(t, ST_HOST_LENGTH, 2);
}

static bool label_byte(struct ipos_tls *t, u8 c)
{
	if (!t->label++)
		t->number = true;
	t->number &= ipos_is_digit(c);
	return t->label <= LABEL_MAX &&
	       (ipos_is_alpha(c) || ipos_is_digit(c) || c == '-' || c == '_');
}

/* A final dot finds room where the NUL will be. */
static bool host_byte(struct ipos_tls *t, u8 c)
{
	if (t->host_len == sizeof(t->host))
		return false;
	t->host[t->host_len++] = (char)ipos_to_lower(c);
	if (c != '.')
		return label_byte(t, c);
	if (!t->label)
		return false;
	t->label = 0;
	return true;
}

/* Addresses are no names: those of IPv6 have colons, of IPv4 the last label. */
static enum state host_end(struct ipos_tls *t)
{
	/* The DNS root is in no map: example.org. is example.org. */
	if (!t->label && t->host_len)
		t->host_len--;
	if (t->bad || t->number || t->host_len > IPOS_TLS_HOST_MAX)
		t->host_len = 0;
	t->host[t->host_len] = '\0';
	return next_name(t);
}

/* A field that is a length has ended: how long may that be? */
static enum state length_end(struct ipos_tls *t)
{
	u32 value = t->value;

	switch ((enum state)t->state) {
	case ST_LENGTH:
		t->left = value;
		return field(t, ST_FIXED, FIXED);
	case ST_SESSION_LENGTH:
		return value > SESSION_MAX ? ST_NONE :
					     field(t, ST_SESSION, value);
	case ST_SUITES_LENGTH:
		return !value || value % 2 ? ST_NONE :
					     field(t, ST_SUITES, value);
	case ST_METHODS_LENGTH:
		return value ? field(t, ST_METHODS, value) : ST_NONE;
	case ST_EXTENSIONS_LENGTH:
		return value == t->left ? next_extension(t) : ST_NONE;
	case ST_EXTENSION_LENGTH:
		return field(t, ST_EXTENSION, value);
	case ST_SERVER_NAME_LENGTH:
		return server_name(t);
	case ST_NAMES_LENGTH:
		return value && value == t->left ? next_name(t) : ST_NONE;
	case ST_HOST_LENGTH:
		return value ? field(t, ST_HOST, value) : ST_NONE;
	default:
		return field(t, ST_OTHER, value);
	}
}

static enum state field_end(struct ipos_tls *t)
{
	switch ((enum state)t->state) {
	case ST_TYPE:
		return t->value == CLIENT_HELLO ? field(t, ST_LENGTH, 3) :
						  ST_NONE;
	case ST_FIXED:
		return field(t, ST_SESSION_LENGTH, 1);
	case ST_SESSION:
		return field(t, ST_SUITES_LENGTH, 2);
	case ST_SUITES:
		return field(t, ST_METHODS_LENGTH, 1);
	case ST_METHODS:
		return extensions(t);
	case ST_EXTENSION_TYPE:
		return field(t, t->value == SERVER_NAME ? ST_SERVER_NAME_LENGTH :
							  ST_EXTENSION_LENGTH, 2);
	case ST_EXTENSION:
		return next_extension(t);
	case ST_NAME_TYPE:
		return name_type(t);
	case ST_HOST:
		return host_end(t);
	case ST_OTHER:
		return next_name(t);
	default:
		return length_end(t);
	}
}

static enum state field_byte(struct ipos_tls *t, u8 c)
{
	if (!--t->record)
		t->header = 0;
	t->value = t->value << 8 | c;
	if (t->state == ST_HOST && !host_byte(t, c))
		t->bad = true;
	t->size--;
	/* There are fields of no bytes. */
	while (!t->size && t->state < ST_FOUND)
		t->state = field_end(t);
	return t->state;
}

/* The version of a record tells nothing but that this is TLS, or SSL 3. */
static bool header_byte(struct ipos_tls *t, u8 c)
{
	switch (t->header++) {
	case 0:
		return c == RECORD_HANDSHAKE;
	case 1:
		return c == 3;
	case 2:
		return true;
	case 3:
		t->record = (u16)(c << 8);
		return true;
	default:
		t->record |= c;
		return t->record && t->record <= RECORD_MAX;
	}
}

static enum state next_state(struct ipos_tls *t, u8 c)
{
	if (t->header == RECORD_HEADER)
		return field_byte(t, c);
	return header_byte(t, c) ? t->state : ST_NONE;
}

/**
 * ipos_tls_init() - begin with a new connection
 * @t: overwritten, whatever it held
 *
 * Context: any.
 */
void ipos_tls_init(struct ipos_tls *t)
{
	memset(t, 0, sizeof(*t));
	t->left = MESSAGE_HEADER;
	t->state = field(t, ST_TYPE, 1);
}

/**
 * ipos_tls_feed() - the next bytes that the client sent
 * @t: made by ipos_tls_init()
 * @data: bytes that follow directly upon those of the call before
 * @len: how many, also 0
 *
 * An answer other than IPOS_INSPECT_NEED_MORE is final: further calls repeat
 * it. IPOS_INSPECT_FOUND comes with the end of the names, or of a message
 * without any; the host may be empty then. The length of a message is not
 * bounded here.
 *
 * A name that is none (an address, an empty label, a NUL) counts as if the
 * client had given none, for no row of a map can have it. Of Encrypted Client
 * Hello the outer name is read: the inner one is for nobody but the server.
 *
 * Context: any; @t belongs to the caller alone.
 * Return: enum ipos_inspect.
 */
enum ipos_inspect ipos_tls_feed(struct ipos_tls *t, const u8 *data, size_t len)
{
	size_t i;

	for (i = 0; i < len && t->state < ST_FOUND; i++)
		t->state = next_state(t, data[i]);
	if (t->state < ST_FOUND)
		return IPOS_INSPECT_NEED_MORE;
	return t->state == ST_FOUND ? IPOS_INSPECT_FOUND : IPOS_INSPECT_NONE;
}
