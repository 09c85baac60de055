// SPDX-License-Identifier: GPL-2.0
#include "bytes.h"
#include "golden.h"
#include "inspect/tls.h"
#include "tap.h"

#define RECORD_HEADER	5
#define HELLO_MAX	200000

/* What is built of a ClientHello, and of the records that carry it. */
struct buffer {
	u8 bytes[2 * HELLO_MAX];
	size_t len;
};

static void put(struct buffer *to, const void *bytes, size_t len)
{
	if (len)
		memcpy(to->bytes + to->len, bytes, len);
	to->len += len;
}

static void put_number(struct buffer *to, u32 value, unsigned int size)
{
	while (size--)
		to->bytes[to->len++] = (u8)(value >> 8 * size);
}

static void put_zeros(struct buffer *to, size_t len)
{
	memset(to->bytes + to->len, 0, len);
	to->len += len;
}

/* Now the length is known that stands in so many bytes before at. */
static void close_length(struct buffer *to, size_t at, unsigned int size)
{
	size_t end = to->len;

	to->len = at - size;
	put_number(to, (u32)(end - at), size);
	to->len = end;
}

static void put_extension(struct buffer *to, u16 type, const void *data,
			  size_t len)
{
	put_number(to, type, 2);
	put_number(to, (u32)len, 2);
	put(to, data, len);
}

static void put_name(struct buffer *to, u8 type, const void *name, size_t len)
{
	put_number(to, type, 1);
	put_number(to, (u32)len, 2);
	put(to, name, len);
}

/* A server_name extension; between the two a test puts its names. */
static size_t begin_names(struct buffer *to)
{
	put_zeros(to, 6);
	return to->len;
}

static void end_names(struct buffer *to, size_t at)
{
	close_length(to, at, 2);
	close_length(to, at - 2, 2);
}

static void put_server_name(struct buffer *to, const void *name, size_t len)
{
	size_t at = begin_names(to);

	put_name(to, 0, name, len);
	end_names(to, at);
}

/* Everything before the extensions; returns where these begin. */
static size_t begin_hello(struct buffer *to)
{
	to->len = 0;
	put(to, "\x01\0\0\0\x03\x03", 6);
	put_zeros(to, 32);
	put(to, "\x20", 1);
	put_zeros(to, 32);
	put(to, "\0\x04\x13\x01\x13\x02\x01\0\0\0", 10);
	return to->len;
}

static void end_hello(struct buffer *to, size_t at)
{
	close_length(to, at, 2);
	close_length(to, 4, 3);
}

/* The message in records of so many bytes. */
static void to_records(struct buffer *to, const struct buffer *message,
		       size_t size)
{
	size_t at, len;

	to->len = 0;
	for (at = 0; at < message->len; at += len) {
		len = message->len - at < size ? message->len - at : size;
		put(to, "\x16\x03\x01", 3);
		put_number(to, (u32)len, 2);
		put(to, message->bytes + at, len);
	}
}

/* Feeds a copy that ends where its allocation does. */
static enum ipos_inspect feed(struct ipos_tls *t, const void *data, size_t len)
{
	u8 *copy = bytes_exact(data, len);
	enum ipos_inspect result = ipos_tls_feed(t, copy, len);

	free(copy);
	return result;
}

static enum ipos_inspect feed_new(struct ipos_tls *t, const void *data,
				  size_t len)
{
	ipos_tls_init(t);
	return feed(t, data, len);
}

static enum ipos_inspect feed_buffer(struct ipos_tls *t,
				     const struct buffer *buffer)
{
	return feed_new(t, buffer->bytes, buffer->len);
}

static bool found(const struct ipos_tls *t, enum ipos_inspect result,
		  const char *host)
{
	return result == IPOS_INSPECT_FOUND && !strcmp(t->host, host) &&
	       strlen(t->host) == t->host_len;
}

/* Bytes with which it is decided, or all of them. */
static size_t decided_at(const u8 *data, size_t len)
{
	struct ipos_tls t;
	size_t n = 0;

	ipos_tls_init(&t);
	while (n < len && feed(&t, data + n, 1) == IPOS_INSPECT_NEED_MORE)
		n++;
	return n < len ? n + 1 : len;
}

/* Every prefix leaves it open, up to the byte that decides. */
static bool every_prefix(const u8 *data, size_t len, const char *host)
{
	size_t n, decided = decided_at(data, len);
	struct ipos_tls t;

	for (n = 0; n < decided; n++)
		if (feed_new(&t, data, n) != IPOS_INSPECT_NEED_MORE)
			return false;
	for (; n <= len; n++)
		if (!found(&t, feed_new(&t, data, n), host))
			return false;
	return true;
}

static bool every_split(const u8 *data, size_t len, const char *host)
{
	struct ipos_tls t;
	size_t first, second;

	for (first = 0; first <= len; first++) {
		for (second = first; second <= len; second += 1 + len / 16) {
			ipos_tls_init(&t);
			feed(&t, data, first);
			feed(&t, data + first, second - first);
			if (!found(&t, feed(&t, data + second, len - second),
				   host))
				return false;
		}
	}
	return true;
}

/* The same message in records of every size, whole and byte by byte. */
static bool every_record_size(const struct buffer *message, const char *host)
{
	static struct buffer records;
	struct ipos_tls t;
	size_t size;

	for (size = 1; size <= message->len; size++) {
		to_records(&records, message, size);
		if (!found(&t, feed_buffer(&t, &records), host))
			return false;
		if (size < 8 && !every_prefix(records.bytes, records.len, host))
			return false;
	}
	return true;
}

static void golden__every_cut(const char *name)
{
	static struct buffer message;
	struct golden golden;
	const char *host;
	char path[40];

	snprintf(path, sizeof(path), "hello/%s", name);
	golden_load(&golden, path);
	host = golden_text(&golden, "host");
	if (!strcmp(host, "-"))
		host = "";
	tap_ok(every_prefix(golden.bytes, golden.len, host) &&
	       every_split(golden.bytes, golden.len, host),
	       "golden__%s_in_segments", name);
	message.len = 0;
	put(&message, golden.bytes + RECORD_HEADER, golden.len - RECORD_HEADER);
	tap_ok(every_record_size(&message, host), "golden__%s_in_records", name);
	golden_free(&golden);
}

struct name {
	const char *name;
	const char *text;
	size_t len;
	const char *host;
};

#define NAME(what, text, host) { what, text, sizeof(text) - 1, host }
#define LABEL "0123456789-abcdefghijklmnopqrstuvwxyz-0123456789_abcdefghijklm"

static const struct name names[] = {
	NAME("plain", "example.org", "example.org"),
	NAME("upper", "WWW.Example.ORG", "www.example.org"),
	NAME("final_dot", "example.org.", "example.org"),
	NAME("one_label", "localhost", "localhost"),
	NAME("one_byte", "a", "a"),
	NAME("hyphens", "xn--bcher-kva.-a-.example", "xn--bcher-kva.-a-.example"),
	NAME("underscore", "_a.example", "_a.example"),
	NAME("digits_first", "1.2.example", "1.2.example"),
	NAME("digits_and_more", "1.2a", "1.2a"),
	NAME("label_63", LABEL "a." LABEL "b", LABEL "a." LABEL "b"),
	NAME("label_64", "a." LABEL "bc.d", ""),
	NAME("label_300", LABEL LABEL LABEL LABEL LABEL, ""),
	NAME("v4", "192.0.2.1", ""),
	NAME("v4_final_dot", "192.0.2.1.", ""),
	NAME("v4_number", "3221225985", ""),
	NAME("v6", "2001:db8::1", ""),
	NAME("v6_brackets", "[::1]", ""),
	NAME("port", "example.org:443", ""),
	NAME("path", "example.org/video", ""),
	NAME("asterisk", "*", ""),
	NAME("asterisk_label", "*.example.org", ""),
	NAME("nul", "\0", ""),
	NAME("nul_inside", "example.org\0.example", ""),
	NAME("nul_at_end", "example.org\0", ""),
	NAME("blank", "example org", ""),
	NAME("line_end", "example.org\n", ""),
	NAME("above_ascii", "zo\xc3\xab.example", ""),
	NAME("dot", ".", ""),
	NAME("dots", "..", ""),
	NAME("dot_first", ".example.org", ""),
	NAME("dots_inside", "example..org", ""),
	NAME("dots_at_end", "example.org..", ""),
};

static void name__is(const char *what, const char *text, size_t len,
		     const char *host)
{
	static struct buffer message;
	size_t at = begin_hello(&message);

	put_server_name(&message, text, len);
	end_hello(&message, at);
	tap_ok(every_record_size(&message, host), "name__%s", what);
}

/* Labels of 49 bytes; the dots are among them. */
static void name__of_length(size_t len, const char *end, bool fits)
{
	char text[80000], host[80000], what[40];
	size_t i;

	for (i = 0; i < len; i++)
		text[i] = i % 50 == 49 ? '.' : 'n';
	text[len] = '\0';
	strcpy(host, fits ? text : "");
	strcpy(text + len, end);
	snprintf(what, sizeof(what), "of_length_%zu%s", len, end);
	if (len < 1000) {
		name__is(what, text, strlen(text), host);
	} else {
		static struct buffer message, records;
		size_t at = begin_hello(&message);
		struct ipos_tls t;

		put_server_name(&message, text, strlen(text));
		end_hello(&message, at);
		to_records(&records, &message, 16384);
		tap_ok(found(&t, feed_buffer(&t, &records), host), "name__%s",
		       what);
	}
}

#define ALPN	"\0\x0c\x02h2\x08http/1.1"
#define GREASE	0xfafa
#define ECH	0xfe0d

static void extensions__around(void)
{
	static struct buffer message;
	size_t at = begin_hello(&message);
	static u8 inner[600];

	put_extension(&message, GREASE, NULL, 0);
	put_extension(&message, 16, ALPN, sizeof(ALPN) - 1);
	put_extension(&message, ECH, inner, sizeof(inner));
	put_extension(&message, 0x1a1a, "\0", 1);
	put_server_name(&message, "outer.example", 13);
	put_extension(&message, 0xffff, "\x01\x02", 2);
	put_extension(&message, 41, inner, sizeof(inner));
	end_hello(&message, at);
	tap_ok(every_record_size(&message, "outer.example"),
	       "extensions__unknown_ones_around");
}

static void extensions__none(void)
{
	static struct buffer message;
	size_t at = begin_hello(&message);

	end_hello(&message, at);
	tap_ok(every_record_size(&message, ""), "extensions__empty");
	message.len = at - 2;
	close_length(&message, 4, 3);
	tap_ok(every_record_size(&message, ""), "extensions__not_there");
	at = begin_hello(&message);
	put_extension(&message, 16, ALPN, sizeof(ALPN) - 1);
	end_hello(&message, at);
	tap_ok(every_record_size(&message, ""), "extensions__no_name");
}

/* Names of an unknown type have their length first, too. */
static void names__several(void)
{
	static struct buffer message, records;
	size_t at = begin_hello(&message), list = begin_names(&message);
	struct ipos_tls t;

	put_name(&message, 7, "\0\x01", 2);
	put_name(&message, 0, "a.example", 9);
	put_name(&message, 255, NULL, 0);
	end_names(&message, list);
	end_hello(&message, at);
	tap_ok(every_record_size(&message, "a.example"), "names__other_types");

	at = begin_hello(&message);
	list = begin_names(&message);
	put_name(&message, 7, "a", 1);
	end_names(&message, list);
	put_extension(&message, GREASE, NULL, 0);
	end_hello(&message, at);
	tap_ok(every_record_size(&message, ""), "names__only_another_type");

	at = begin_hello(&message);
	list = begin_names(&message);
	put_name(&message, 0, "a.example", 9);
	put_name(&message, 0, "b.example", 9);
	end_names(&message, list);
	end_hello(&message, at);
	to_records(&records, &message, 16384);
	tap_ok(feed_buffer(&t, &records) == IPOS_INSPECT_NONE, "names__two");
}

/* One number of a hello that is right otherwise: what does it lead to? */
static void number__is(const char *what, size_t at, unsigned int size,
		       u32 value, enum ipos_inspect want)
{
	static struct buffer message, records;
	enum ipos_inspect result;
	size_t end, begin = begin_hello(&message);
	struct ipos_tls t;

	put_server_name(&message, "a.example", 9);
	put_extension(&message, 16, ALPN, sizeof(ALPN) - 1);
	end_hello(&message, begin);
	end = message.len;
	message.len = at;
	put_number(&message, value, size);
	message.len = end;
	to_records(&records, &message, 16384);
	result = feed_buffer(&t, &records);
	tap_ok(want == IPOS_INSPECT_FOUND ? found(&t, result, "a.example") :
					    result == want, "number__%s", what);
}

/* Where begin_hello() puts what, and what is put behind it. */
#define AT_SESSION	38
#define AT_SUITES	71
#define AT_METHODS	77
#define AT_EXTENSIONS	79
#define AT_EXTENSION	83
#define AT_NAMES	85
#define AT_NAME		88

static void numbers__wrong(void)
{
	number__is("as_built", AT_EXTENSIONS, 2, 36, IPOS_INSPECT_FOUND);
	number__is("any_version", 4, 2, 0xffff, IPOS_INSPECT_FOUND);
	number__is("hello_request", 0, 1, 0, IPOS_INSPECT_NONE);
	number__is("server_hello", 0, 1, 2, IPOS_INSPECT_NONE);
	number__is("message_empty", 1, 3, 0, IPOS_INSPECT_NONE);
	number__is("message_of_random", 1, 3, 34, IPOS_INSPECT_NONE);
	number__is("message_shorter", 1, 3, 112, IPOS_INSPECT_NONE);
	number__is("message_longer", 1, 3, 114, IPOS_INSPECT_NONE);
	number__is("message_longest", 1, 3, 0xffffff, IPOS_INSPECT_NONE);
	number__is("session_33", AT_SESSION, 1, 33, IPOS_INSPECT_NONE);
	number__is("session_255", AT_SESSION, 1, 255, IPOS_INSPECT_NONE);
	number__is("suites_none", AT_SUITES, 2, 0, IPOS_INSPECT_NONE);
	number__is("suites_odd", AT_SUITES, 2, 3, IPOS_INSPECT_NONE);
	number__is("suites_beyond", AT_SUITES, 2, 65534, IPOS_INSPECT_NONE);
	number__is("methods_none", AT_METHODS, 1, 0, IPOS_INSPECT_NONE);
	number__is("methods_beyond", AT_METHODS, 1, 255, IPOS_INSPECT_NONE);
	number__is("extensions_none", AT_EXTENSIONS, 2, 0, IPOS_INSPECT_NONE);
	number__is("extensions_fewer", AT_EXTENSIONS, 2, 35, IPOS_INSPECT_NONE);
	number__is("extensions_more", AT_EXTENSIONS, 2, 37, IPOS_INSPECT_NONE);
	number__is("extension_empty", AT_EXTENSION, 2, 0, IPOS_INSPECT_NONE);
	number__is("extension_shorter", AT_EXTENSION, 2, 13, IPOS_INSPECT_NONE);
	number__is("extension_longer", AT_EXTENSION, 2, 15, IPOS_INSPECT_NONE);
	number__is("extension_beyond", AT_EXTENSION, 2, 33, IPOS_INSPECT_NONE);
	number__is("names_none", AT_NAMES, 2, 0, IPOS_INSPECT_NONE);
	number__is("names_fewer", AT_NAMES, 2, 11, IPOS_INSPECT_NONE);
	number__is("names_more", AT_NAMES, 2, 13, IPOS_INSPECT_NONE);
	number__is("name_empty", AT_NAME, 2, 0, IPOS_INSPECT_NONE);
	number__is("name_shorter", AT_NAME, 2, 8, IPOS_INSPECT_NONE);
	number__is("name_longer", AT_NAME, 2, 10, IPOS_INSPECT_NONE);
}

/* Bytes that decide: all but the last leave the question open. */
static void decides(const char *name, const void *data, size_t len)
{
	enum ipos_inspect before, after;
	struct ipos_tls t;

	ipos_tls_init(&t);
	before = feed(&t, data, len - 1);
	after = feed(&t, (const u8 *)data + len - 1, 1);
	tap_ok(before == IPOS_INSPECT_NEED_MORE && after == IPOS_INSPECT_NONE,
	       "decides__%s", name);
}

#define DECIDES(name, text) decides(name, text, sizeof(text) - 1)

static void decides__at_once(void)
{
	DECIDES("ssh", "S");
	DECIDES("http", "G");
	DECIDES("nul", "\0");
	DECIDES("line_end", "\n");
	DECIDES("ssl_2", "\x80");
	DECIDES("alert", "\x15");
	DECIDES("application_data", "\x17");
	DECIDES("change_cipher_spec", "\x14");
	DECIDES("dtls", "\x16\xfe");
	DECIDES("version_2", "\x16\x02");
	DECIDES("record_empty", "\x16\x03\x01\0\0");
	DECIDES("record_16385", "\x16\x03\x01\x40\x01");
	DECIDES("server_hello", "\x16\x03\x03\0\x31\x02");
	DECIDES("alert_inside", "\x16\x03\x01\0\x01\x01\x15");
	DECIDES("record_empty_inside", "\x16\x03\x01\0\x02\x01\0\x16\x03\x03\0\0");
	DECIDES("version_inside", "\x16\x03\x01\0\x01\x01\x16\x02");
	DECIDES("too_short", "\x16\x03\x01\0\x04\x01\0\0\x21");
}

static void result__is_final(void)
{
	static struct buffer message, records, more;
	size_t at = begin_hello(&message);
	struct ipos_tls t;

	put_server_name(&message, "a.example", 9);
	end_hello(&message, at);
	/* Another hello, in the record of the first and in the next. */
	put(&message, message.bytes, message.len);
	to_records(&records, &message, 16384);
	at = begin_hello(&message);
	put_server_name(&message, "b.example", 9);
	end_hello(&message, at);
	to_records(&more, &message, 16384);
	put(&records, more.bytes, more.len);
	tap_ok(found(&t, feed_buffer(&t, &records), "a.example"),
	       "final__messages_after_it");
	tap_ok(found(&t, feed(&t, "\x15\x03\x03\0\x02\x02\x28", 7),
		     "a.example"), "final__found");
	feed_new(&t, "\x15", 1);
	tap_ok(feed(&t, more.bytes, more.len) == IPOS_INSPECT_NONE,
	       "final__none");
	ipos_tls_init(&t);
	tap_ok(ipos_tls_feed(&t, NULL, 0) == IPOS_INSPECT_NEED_MORE,
	       "final__nothing_is_no_result");
	tap_ok(sizeof(t) <= 280, "size__%zu", sizeof(t));
}

/* As large as a length can say, in the fewest records and in the most. */
static void hello__large(size_t padding)
{
	static struct buffer message, records;
	static u8 zeros[65535];
	struct ipos_tls t;
	size_t at = begin_hello(&message);

	put_extension(&message, 16, zeros, padding / 2);
	put_extension(&message, 21, zeros, padding - padding / 2);
	put_server_name(&message, "far.example", 11);
	end_hello(&message, at);
	to_records(&records, &message, 16384);
	tap_ok(found(&t, feed_buffer(&t, &records), "far.example"),
	       "hello__of_%zu", message.len);
	to_records(&records, &message, 1);
	tap_ok(found(&t, feed_buffer(&t, &records), "far.example"),
	       "hello__of_%zu_byte_by_byte", message.len);
}

/* Whole and in random pieces: the same answer, and a well-formed one. */
static bool same_in_pieces(u64 *seed, const u8 *data, size_t len)
{
	enum ipos_inspect result, again = IPOS_INSPECT_NEED_MORE;
	struct ipos_tls whole, pieces;
	size_t at = 0;

	/* Nothing may depend on what the memory held before. */
	bytes_fill(seed, &pieces, sizeof(pieces));
	ipos_tls_init(&pieces);
	result = feed_new(&whole, data, len);
	while (at < len) {
		size_t piece = 1 + bytes_random(seed) % (len - at);

		again = feed(&pieces, data + at, piece);
		at += piece;
	}
	return result == again && !memcmp(&whole, &pieces, sizeof(whole)) &&
	       (result != IPOS_INSPECT_FOUND ||
		(strlen(whole.host) == whole.host_len &&
		 whole.host_len <= IPOS_TLS_HOST_MAX));
}

static void garbage__random(void)
{
	u64 seed = 0x746c7301;
	bool good = true;
	u8 data[600];
	int i;

	for (i = 0; i < 20000; i++) {
		size_t len = 1 + bytes_random(&seed) % sizeof(data);

		bytes_fill(&seed, data, len);
		/* Half of it looks like TLS at first. */
		if (i & 1 && len > 9)
			memcpy(data, "\x16\x03\x01\x02\0\x01\0\x01\xfc", 9);
		good &= same_in_pieces(&seed, data, len);
	}
	tap_ok(good, "garbage__random");
}

/* Bytes changed, taken out and doubled in a hello that is right. */
static void mutate(u64 *seed, u8 *data, size_t *len)
{
	static const u8 likely[] = { 0, 1, 2, 3, 0x16, 0x7f, 0x80, 0xff, '.' };
	size_t at = bytes_random(seed) % *len;

	switch (bytes_random(seed) % 4) {
	case 0:
		data[at] = (u8)bytes_random(seed);
		break;
	case 1:
		data[at] = likely[bytes_random(seed) % sizeof(likely)];
		break;
	case 2:
		memmove(data + at, data + at + 1, *len - at - 1);
		*len -= *len > 1;
		break;
	default:
		memmove(data + at + 1, data + at, *len - at);
		++*len;
	}
}

static void garbage__mutated(const char *name)
{
	struct golden golden;
	bool good = true;
	u64 seed = 0x746c7302;
	char path[40];
	int i, n;

	snprintf(path, sizeof(path), "hello/%s", name);
	golden_load(&golden, path);
	for (i = 0; i < 20000; i++) {
		size_t len = golden.len;
		u8 data[2048];

		memcpy(data, golden.bytes, len);
		for (n = bytes_random(&seed) % 4; n >= 0; n--)
			mutate(&seed, data, &len);
		good &= same_in_pieces(&seed, data, len);
	}
	tap_ok(good, "garbage__mutated_%s", name);
	golden_free(&golden);
}

int main(void)
{
	static const char *const goldens[] = {
		"curl", "tls12", "tls13", "nameless", "address",
	};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(goldens); i++)
		golden__every_cut(goldens[i]);
	for (i = 0; i < ARRAY_SIZE(names); i++)
		name__is(names[i].name, names[i].text, names[i].len,
			 names[i].host);
	name__of_length(253, "", true);
	name__of_length(253, ".", true);
	name__of_length(254, "", false);
	name__of_length(254, ".", false);
	name__of_length(258, "", false);
	name__of_length(65000, "", false);
	extensions__around();
	extensions__none();
	names__several();
	numbers__wrong();
	decides__at_once();
	result__is_final();
	hello__large(100);
	hello__large(1500);
	hello__large(20000);
	hello__large(65400);
	garbage__random();
	for (i = 0; i < ARRAY_SIZE(goldens); i++)
		garbage__mutated(goldens[i]);
	return tap_done();
}
