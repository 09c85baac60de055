// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include "bytes.h"
#include "golden.h"
#include "tap.h"
#include "tcb_fields.h"
#include "wire/checksum.h"
#include "wire/wire.h"

/* How much of a golden frame is the frame, without Ethernet header. */
struct subject {
	const char	*name;
	size_t		frame_len;
	size_t		body_len;
};

static const struct subject subjects[] = {
	{ "connect-tcp", 162, 146 },
	{ "connect-udp", 22, 6 },
	{ "connect-udp-padded", 22, 6 },
	{ "packet-tcp", 104, 88 },
	{ "packet-udp", 71, 55 },
	{ "ack-tcp", 16, 0 },
	{ "ack-udp", 16, 0 },
	{ "refusal-tcp", 38, 22 },
	{ "refusal-udp", 38, 22 },
	{ "closed-tcp", 38, 22 },
	{ "withdraw-tcp", 38, 22 },
};

static const u8 *frame_of(const struct golden *golden)
{
	return golden->bytes + GOLDEN_ETH_LEN;
}

static size_t len_of(const struct golden *golden)
{
	return golden->len - GOLDEN_ETH_LEN;
}

/* Checks a copy of exactly these bytes, aligned or not. */
static enum ipos_wire_result check_copy(const u8 *frame, size_t len,
					size_t shift, size_t *body_len)
{
	u8 *copy = malloc(len + shift + !len);
	struct ipos_hdr hdr;
	enum ipos_wire_result result;

	memcpy(copy + shift, frame, len);
	result = ipos_wire_check(copy + shift, len, &hdr, body_len);
	free(copy);
	return result;
}

static void resum(u8 *frame, size_t covered)
{
	__sum16 sum;

	memset(frame + 14, 0, 2);
	sum = ipos_checksum(frame, covered);
	memcpy(frame + 14, &sum, 2);
}

static bool ethernet_as_said(const struct golden *golden)
{
	u8 mac[12];

	golden_mac(golden, "dst_mac", mac);
	golden_mac(golden, "src_mac", mac + 6);
	return !memcmp(golden->bytes, mac, 12) &&
	       (golden->bytes[12] << 8 | golden->bytes[13]) ==
	       (int)golden_number(golden, "ethertype");
}

static struct ipos_hdr said_hdr(const struct golden *golden)
{
	return (struct ipos_hdr){
		.src_ip = golden_ip(golden, "src_ip"),
		.src_port = htons(golden_number(golden, "src_port")),
		.dst_ip = golden_ip(golden, "dst_ip"),
		.dst_port = htons(golden_number(golden, "dst_port")),
		.type = (u8)golden_number(golden, "type"),
		.protocol = (u8)golden_number(golden, "protocol"),
		.checksum = htons(golden_number(golden, "checksum")),
	};
}

static void said_tcb(const struct golden *golden, struct ipos_tcb *tcb)
{
	size_t i;

	memset(tcb, 0, sizeof(*tcb));
	for (i = 0; i < ARRAY_SIZE(tcb_numbers); i++)
		tcb_number_set(tcb, &tcb_numbers[i],
			       golden_number(golden, tcb_numbers[i].name));
	memccpy(tcb->congestion, golden_text(golden, "congestion"), 0,
		sizeof(tcb->congestion));
}

static struct ipos_conn said_conn(const struct golden *golden)
{
	struct ipos_conn conn;

	memset(&conn, 0, sizeof(conn));
	conn.server_ip = golden_ip(golden, "server_ip");
	conn.server_port = htons(golden_number(golden, "server_port"));
	if (golden_has(golden, "tcb_version"))
		said_tcb(golden, &conn.tcb);
	return conn;
}

static struct ipos_notice said_notice(const struct golden *golden)
{
	struct ipos_notice notice;

	memset(&notice, 0, sizeof(notice));
	notice.reason = golden_number(golden, "reason");
	notice.handoff_id = golden_number(golden, "handoff_id");
	notice.server_ip = golden_ip(golden, "server_ip");
	notice.server_port = htons(golden_number(golden, "server_port"));
	notice.seq = golden_number(golden, "seq");
	return notice;
}

static bool same_tcb(const struct ipos_tcb *a, const struct ipos_tcb *b)
{
	bool same = !memcmp(a->congestion, b->congestion,
			    sizeof(a->congestion));
	size_t i;

	for (i = 0; i < ARRAY_SIZE(tcb_numbers); i++) {
		if (tcb_number(a, &tcb_numbers[i]) ==
		    tcb_number(b, &tcb_numbers[i]))
			continue;
		tap_diag("%s differs", tcb_numbers[i].name);
		same = false;
	}
	return same;
}

static bool same_notice(const struct ipos_notice *a,
			const struct ipos_notice *b)
{
	return a->reason == b->reason && a->handoff_id == b->handoff_id &&
	       a->server_ip == b->server_ip &&
	       a->server_port == b->server_port && a->seq == b->seq;
}

static bool body_as_said(const struct golden *golden,
			 const struct ipos_hdr *hdr, size_t body_len)
{
	const u8 *body = frame_of(golden) + IPOS_HDR_LEN;
	struct ipos_notice notice, notice_said;
	struct ipos_conn conn, conn_said;

	if (golden_has(golden, "length")) {
		notice_said = said_notice(golden);
		return golden_number(golden, "length") == body_len &&
		       !ipos_wire_parse_notice(body, body_len, &notice) &&
		       same_notice(&notice, &notice_said);
	}
	if (golden_has(golden, "server_ip")) {
		conn_said = said_conn(golden);
		return !ipos_wire_parse_conn(hdr, body, body_len, &conn) &&
		       conn.server_ip == conn_said.server_ip &&
		       conn.server_port == conn_said.server_port &&
		       same_tcb(&conn.tcb, &conn_said.tcb);
	}
	return true;
}

static void golden__parse(const struct subject *subject,
			  const struct golden *golden)
{
	struct ipos_hdr said = said_hdr(golden);
	struct ipos_hdr hdr = { 0 };
	size_t body_len = 0;

	tap_ok(ethernet_as_said(golden), "ethernet__%s", subject->name);
	tap_ok(ipos_wire_check(frame_of(golden), len_of(golden), &hdr,
			       &body_len) == IPOS_WIRE_OK &&
	       body_len == subject->body_len, "check__%s", subject->name);
	tap_ok(!memcmp(&hdr, &said, sizeof(hdr)), "header__%s", subject->name);
	tap_ok(body_as_said(golden, &hdr, body_len), "body__%s", subject->name);
}

static size_t build_said(const struct golden *golden, u8 *frame)
{
	struct ipos_hdr hdr = said_hdr(golden);
	struct ipos_notice notice;
	struct ipos_conn conn;
	u8 type = hdr.type;

	/* What the builders write themselves they must not read. */
	hdr.type = 0xee;
	hdr.checksum = 0xeeee;
	switch (type) {
	case IPOS_TYPE_CONNECT:
		conn = said_conn(golden);
		return ipos_wire_build_conn(frame, &hdr, &conn);
	case IPOS_TYPE_ACK:
		return ipos_wire_build_ack(frame, &hdr);
	case IPOS_TYPE_PACKET:
		ipos_wire_build_packet_hdr(&hdr);
		memcpy(frame, &hdr, sizeof(hdr));
		return sizeof(hdr);
	default:
		notice = said_notice(golden);
		return ipos_wire_build_notice(frame, &hdr, type, &notice);
	}
}

static void golden__build(const struct subject *subject,
			  const struct golden *golden)
{
	size_t len = golden_number(golden, "type") == IPOS_TYPE_PACKET ?
		     IPOS_HDR_LEN : subject->frame_len;
	size_t shift;

	for (shift = 0; shift < 2; shift++) {
		u8 *room = malloc(len + shift);

		memset(room, 0xaa, len + shift);
		tap_ok(build_said(golden, room + shift) == len &&
		       !memcmp(room + shift, frame_of(golden), len),
		       "build__%s%s", subject->name,
		       shift ? " (unaligned)" : "");
		free(room);
	}
}

/* Only a type 2 frame may end anywhere: its body is whatever is there. */
static bool truncation_right(const struct subject *subject,
			     const struct golden *golden, size_t len,
			     size_t shift)
{
	bool packet = golden_number(golden, "type") == IPOS_TYPE_PACKET;
	size_t needed = packet ? IPOS_HDR_LEN : subject->frame_len;
	size_t body_len = 99;
	enum ipos_wire_result result;

	result = check_copy(frame_of(golden), len, shift, &body_len);
	if (len < needed)
		return result == IPOS_WIRE_SHORT && body_len == 0;
	return result == IPOS_WIRE_OK &&
	       body_len == (packet ? len - IPOS_HDR_LEN : subject->body_len);
}

static void golden__truncated(const struct subject *subject,
			      const struct golden *golden)
{
	bool good = true;
	size_t len;

	for (len = 0; len <= len_of(golden); len++) {
		if (truncation_right(subject, golden, len, 0) &&
		    truncation_right(subject, golden, len, 1))
			continue;
		tap_diag("%s cut to %zu bytes", subject->name, len);
		good = false;
	}
	tap_ok(good, "truncated__%s", subject->name);
}

static void golden__flipped(const struct subject *subject,
			    const struct golden *golden)
{
	bool packet = golden_number(golden, "type") == IPOS_TYPE_PACKET;
	size_t covered = packet ? IPOS_HDR_LEN : subject->frame_len;
	u8 *copy = bytes_exact(frame_of(golden), len_of(golden));
	bool good = true;
	size_t bit, body_len;
	struct ipos_hdr hdr;

	for (bit = 0; bit < len_of(golden) * 8; bit++) {
		bool caught;

		copy[bit / 8] ^= 1 << bit % 8;
		caught = ipos_wire_check(copy, len_of(golden), &hdr, &body_len);
		copy[bit / 8] ^= 1 << bit % 8;
		if (caught == (bit / 8 < covered))
			continue;
		tap_diag("%s: bit %zu of byte %zu", subject->name, bit % 8,
			 bit / 8);
		good = false;
	}
	tap_ok(good, "flipped__%s", subject->name);
	free(copy);
}

static u32 sum_be16(const u8 *p, size_t len)
{
	u32 sum = 0;
	size_t i;

	for (i = 0; i < len; i++)
		sum += i % 2 ? p[i] : p[i] << 8;
	return sum;
}

/* The packet inside: its checksums are right without our own function. */
static void golden__inner(const char *name)
{
	struct golden golden;
	const u8 *ip;
	size_t len;
	u32 sum;

	golden_load(&golden, name);
	ip = frame_of(&golden) + IPOS_HDR_LEN;
	len = len_of(&golden) - IPOS_HDR_LEN;
	sum = sum_be16(ip, 20);
	tap_ok(sum % 0xffff == 0 && (size_t)(ip[2] << 8 | ip[3]) == len,
	       "inner__%s IP", name);
	sum = sum_be16(ip + 12, len - 12) + ip[9] + (u32)len - 20;
	tap_ok(sum % 0xffff == 0, "inner__%s transport", name);
	golden_free(&golden);
}

static void golden__all(void)
{
	struct golden golden;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(subjects); i++) {
		golden_load(&golden, subjects[i].name);
		golden__parse(&subjects[i], &golden);
		golden__build(&subjects[i], &golden);
		golden__truncated(&subjects[i], &golden);
		golden__flipped(&subjects[i], &golden);
		golden_free(&golden);
	}
	golden__inner("packet-tcp");
	golden__inner("packet-udp");
}

/* A header of any type and protocol, a body that begins like a notice. */
static size_t make_frame(u8 *frame, u8 type, u8 protocol, u16 length)
{
	size_t body = type == IPOS_TYPE_CONNECT ?
		      (protocol == IPOS_PROTO_TCP ? 146 : 6) :
		      type < 0x80 ? 0 : length;

	memset(frame, 0x5a, 256);
	frame[12] = type;
	frame[13] = protocol;
	frame[16] = length >> 8;
	frame[17] = length & 0xff;
	resum(frame, IPOS_HDR_LEN + body);
	return IPOS_HDR_LEN + body;
}

static bool known(int type)
{
	return type == 1 || type == 2 || type == 3 ||
	       (type >= 0x80 && type <= 0x84);
}

static void check__types(void)
{
	bool good = true;
	u8 frame[256];
	size_t body_len;
	int type;

	for (type = 0; type < 256; type++) {
		enum ipos_wire_result result;

		make_frame(frame, type, IPOS_PROTO_TCP, IPOS_ADVERT_LEN);
		result = check_copy(frame, sizeof(frame), 0, &body_len);
		if (result == (known(type) ? IPOS_WIRE_OK : IPOS_WIRE_TYPE))
			continue;
		tap_diag("type %d gives %d", type, result);
		good = false;
	}
	tap_ok(good, "check__unknown_types");
}

static void check__protocols(void)
{
	static const u8 types[] = { 1, 2, 3, 0x80, 0x81, 0x82 };
	bool good = true;
	u8 frame[256];
	size_t i, body_len;
	int protocol;

	for (protocol = 0; protocol < 256; protocol++) {
		bool right = protocol == 1 || protocol == 2;

		for (i = 0; i < sizeof(types); i++) {
			make_frame(frame, types[i], protocol, IPOS_NOTICE_LEN);
			good &= check_copy(frame, 256, 1, &body_len) ==
				(right ? IPOS_WIRE_OK : IPOS_WIRE_PROTOCOL);
		}
	}
	tap_ok(good, "check__unknown_protocols");
}

/* Which complaint comes first when there are several. */
static void check__order(void)
{
	u8 frame[256];
	size_t body_len;

	memset(frame, 0xff, sizeof(frame));
	tap_ok(check_copy(frame, 15, 0, &body_len) == IPOS_WIRE_SHORT,
	       "check__short_before_type");
	tap_ok(check_copy(frame, 16, 0, &body_len) == IPOS_WIRE_TYPE,
	       "check__type_before_protocol");
	frame[12] = IPOS_TYPE_CONNECT;
	tap_ok(check_copy(frame, 17, 0, &body_len) == IPOS_WIRE_PROTOCOL,
	       "check__protocol_before_length");
	frame[13] = IPOS_PROTO_UDP;
	tap_ok(check_copy(frame, 21, 0, &body_len) == IPOS_WIRE_SHORT,
	       "check__length_before_checksum");
	tap_ok(check_copy(frame, 22, 0, &body_len) == IPOS_WIRE_CHECKSUM,
	       "check__checksum_last");
}

static enum ipos_wire_result notice_result(u16 length, size_t there)
{
	if (length < IPOS_NOTICE_LEN)
		return IPOS_WIRE_LENGTH;
	return length > there ? IPOS_WIRE_SHORT : IPOS_WIRE_OK;
}

/* Every length field, with every odd and even amount of bytes behind it. */
static void notice__lengths(void)
{
	bool good = true;
	u8 frame[256], *body;
	struct ipos_notice notice;
	size_t there, body_len;
	unsigned int length;

	for (length = 0; length < 0x10000; length += length < 260 ? 1 : 997) {
		for (there = 2; there <= 240; there += 1 + there / 30) {
			enum ipos_wire_result want, got;

			want = notice_result(length, there);
			make_frame(frame, IPOS_TYPE_CLOSED, IPOS_PROTO_TCP, 0);
			frame[16] = length >> 8;
			frame[17] = length & 0xff;
			if (want == IPOS_WIRE_OK)
				resum(frame, IPOS_HDR_LEN + length);
			got = check_copy(frame, 16 + there, 0, &body_len);
			good &= got == want &&
				body_len == (want ? 0 : length);
			body = bytes_exact(frame + 16, there);
			got = ipos_wire_parse_notice(body, there, &notice);
			good &= got == want;
			free(body);
		}
	}
	tap_ok(good, "notice__lengths");
}

/* A later version may append: what it appends is covered, the rest is not. */
static void notice__longer(void)
{
	u8 frame[256];
	size_t len = make_frame(frame, IPOS_TYPE_REFUSAL, IPOS_PROTO_UDP, 29);
	size_t body_len;

	tap_ok(check_copy(frame, len, 0, &body_len) == IPOS_WIRE_OK &&
	       body_len == 29, "notice__longer_and_odd");
	tap_ok(check_copy(frame, 60, 0, &body_len) == IPOS_WIRE_OK &&
	       body_len == 29, "notice__longer_and_padded");
	frame[len] ^= 1;
	tap_ok(check_copy(frame, 60, 0, &body_len) == IPOS_WIRE_OK,
	       "notice__padding_not_covered");
	frame[len - 1] ^= 1;
	tap_ok(check_copy(frame, 60, 0, &body_len) == IPOS_WIRE_CHECKSUM,
	       "notice__appended_bytes_covered");
}

static void parse__truncated(void)
{
	struct ipos_hdr tcp = { .protocol = IPOS_PROTO_TCP };
	struct ipos_hdr udp = { .protocol = IPOS_PROTO_UDP };
	struct ipos_hdr other = { .protocol = 6 };
	u8 body[160] = { 0, 22 };
	struct ipos_notice notice;
	struct ipos_conn conn;
	bool good = true;
	size_t len;

	body[6] = IPOS_TCB_VERSION;
	for (len = 0; len <= sizeof(body); len++) {
		u8 *copy = bytes_exact(body, len);

		good &= ipos_wire_parse_conn(&tcp, copy, len, &conn) ==
			(len < 146 ? IPOS_WIRE_SHORT : IPOS_WIRE_OK);
		good &= ipos_wire_parse_conn(&udp, copy, len, &conn) ==
			(len < 6 ? IPOS_WIRE_SHORT : IPOS_WIRE_OK);
		good &= ipos_wire_parse_conn(&other, copy, len, &conn) ==
			IPOS_WIRE_PROTOCOL;
		good &= ipos_wire_parse_notice(copy, len, &notice) ==
			(len < 22 ? IPOS_WIRE_SHORT : IPOS_WIRE_OK);
		free(copy);
	}
	tap_ok(good, "parse__truncated_bodies");
}

static void checksum__known(void)
{
	static const u8 rfc1071[] = { 0x00, 0x01, 0xf2, 0x03,
				      0xf4, 0xf5, 0xf6, 0xf7 };
	static const u8 odd[] = { 0x01, 0x02, 0x03 };
	static const u8 ones[] = { 0xff, 0xff };

	tap_ok(ipos_checksum(rfc1071, 8) == htons(0x220d),
	       "checksum__example_of_the_rfc");
	tap_ok(ipos_checksum(odd, 3) == htons(0xfbfd), "checksum__odd");
	tap_ok(ipos_checksum(odd, 1) == htons(0xfeff), "checksum__one_byte");
	tap_ok(ipos_checksum(NULL, 0) == 0xffff, "checksum__nothing");
	tap_ok(ipos_checksum(ones, 2) == 0, "checksum__all_ones");
}

/* Against arithmetic: the one's complement sum is the remainder by 65535. */
static void checksum__random(void)
{
	u64 seed = 1071;
	bool good = true;
	int run;

	for (run = 0; run < 2000; run++) {
		size_t len = bytes_random(&seed) % (run % 100 ? 300 : 0x20000);
		u8 *data = malloc(len + 1);
		u64 sum = 0;
		u16 got;
		size_t i;

		bytes_fill(&seed, data, len + 1);
		for (i = 0; i < len; i++)
			sum += i % 2 ? data[1 + i] : data[1 + i] << 8;
		got = ~ntohs(ipos_checksum(data + 1, len));
		good &= got % 0xffff == sum % 0xffff && (!sum || got);
		free(data);
	}
	tap_ok(good, "checksum__random");
}

static void check__garbage(void)
{
	static const u8 types[] = { 1, 2, 3, 0x80, 0x81, 0x82, 0x83, 0x84 };
	enum ipos_wire_result result;
	u64 seed = 20010;
	bool good = true;
	u8 frame[256];
	int run;

	for (run = 0; run < 100000; run++) {
		size_t len = bytes_random(&seed) % sizeof(frame);
		size_t body_len = 0;

		bytes_fill(&seed, frame, sizeof(frame));
		if (run % 2) {
			frame[12] = types[bytes_random(&seed) % 8];
			frame[13] = 1 + bytes_random(&seed) % 2;
		}
		if (run % 4 == 3)
			frame[16] = 0;
		result = check_copy(frame, len, run / 4 % 2, &body_len);
		good &= result <= IPOS_WIRE_LENGTH &&
			body_len <= (len < 16 ? 0 : len - 16);
	}
	tap_ok(good, "check__garbage");
}

int main(void)
{
	golden__all();
	check__types();
	check__protocols();
	check__order();
	notice__lengths();
	notice__longer();
	parse__truncated();
	checksum__known();
	checksum__random();
	check__garbage();
	return tap_done();
}
