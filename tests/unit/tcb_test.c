// SPDX-License-Identifier: GPL-2.0
#include <arpa/inet.h>
#include "bytes.h"
#include "golden.h"
#include "tap.h"
#include "tcb_fields.h"
#include "wire/tcb.h"

static void random_tcb(u64 *seed, struct ipos_tcb *tcb)
{
	size_t i;

	memset(tcb, 0, sizeof(*tcb));
	for (i = 0; i < ARRAY_SIZE(tcb_numbers); i++)
		tcb_number_set(tcb, &tcb_numbers[i], bytes_random(seed));
	bytes_fill(seed, tcb->congestion, sizeof(tcb->congestion));
	tcb->version = IPOS_TCB_VERSION;
}

/* Any values: a round trip must not judge them. */
static void tcb__struct_round_trip(void)
{
	struct ipos_hdr hdr = { .protocol = IPOS_PROTO_TCP }, got_hdr;
	struct ipos_conn conn, got;
	u64 seed = 9293;
	bool good = true;
	int run;

	for (run = 0; run < 20000; run++) {
		u8 frame[IPOS_FRAME_MAX + 1];
		size_t len, body_len;

		memset(&conn, 0, sizeof(conn));
		bytes_fill(&seed, &conn.server_ip, 4);
		bytes_fill(&seed, &conn.server_port, 2);
		random_tcb(&seed, &conn.tcb);
		len = ipos_wire_build_conn(frame + run % 2, &hdr, &conn);
		good &= !ipos_wire_check(frame + run % 2, len, &got_hdr,
					 &body_len);
		good &= !ipos_wire_parse_conn(&got_hdr, frame + run % 2 + 16,
					      body_len, &got);
		/* Both were zeroed first, so their holes are alike. */
		good &= !memcmp(&conn, &got, sizeof(conn));
	}
	tap_ok(good, "tcb__struct_round_trip");
}

static void tcb__bytes_round_trip(void)
{
	struct ipos_wire_tcb wire, got;
	struct ipos_tcb tcb;
	u64 seed = 140;
	bool good = true;
	int run;

	for (run = 0; run < 20000; run++) {
		bytes_fill(&seed, &wire, sizeof(wire));
		wire.version = IPOS_TCB_VERSION;
		ipos_tcb_parse(&wire, &tcb);
		ipos_tcb_build(&tcb, &got);
		memset(wire.reserved, 0, sizeof(wire.reserved));
		good &= !memcmp(&wire, &got, sizeof(wire));
	}
	tap_ok(good, "%s, reserved ones zeroed", __func__);
}

static void golden_conn(u8 frame[162])
{
	struct golden golden;

	golden_load(&golden, "connect-tcp");
	memcpy(frame, golden.bytes + GOLDEN_ETH_LEN, 162);
	golden_free(&golden);
}

/* What a refusal repeats is known even of a version that is not. */
static void tcb__other_version(void)
{
	struct ipos_hdr hdr = { .protocol = IPOS_PROTO_TCP };
	struct ipos_conn conn;
	u8 frame[162];
	int version;
	bool good = true;

	golden_conn(frame);
	for (version = 0; version < 256; version++) {
		frame[22] = version;
		good &= ipos_wire_parse_conn(&hdr, frame + 16, 146, &conn) ==
			(version == 1 ? IPOS_WIRE_OK : IPOS_WIRE_VERSION) &&
			conn.server_ip == htonl(0xc0000201) &&
			conn.server_port == htons(80) &&
			conn.tcb.version == version &&
			conn.tcb.handoff_id == 0x0a00000100000007 &&
			(version == 1 || conn.tcb.iss == 0);
	}
	tap_ok(good, "tcb__other_version");
}

static void base_tcb(struct ipos_tcb *tcb)
{
	struct ipos_hdr hdr = { .protocol = IPOS_PROTO_TCP };
	struct ipos_conn conn;
	u8 frame[162];

	golden_conn(frame);
	ipos_wire_parse_conn(&hdr, frame + 16, 146, &conn);
	*tcb = conn.tcb;
}

#define SANE(change, want) do {						\
	struct ipos_tcb tcb;						\
									\
	base_tcb(&tcb);							\
	change;								\
	tap_ok(ipos_tcb_sane(&tcb) == (want), "sane__%s: %s", #want,	\
	       #change);						\
} while (0)

static void sane__any_endpoint(void)
{
	SANE((void)tcb, true);
	SANE(tcb.version = 0, false);
	SANE(tcb.version = 2, false);
	SANE(tcb.state = 0, false);
	SANE(tcb.state = 8, false);
	SANE(tcb.snd_wscale = 14, true);
	SANE(tcb.snd_wscale = 15, false);
	SANE(tcb.rcv_wscale = 14, true);
	SANE(tcb.rcv_wscale = 15, false);
	SANE(tcb.snd_wnd = 0, true);
	SANE(tcb.snd_wnd = 65535U << 14, true);
	SANE(tcb.snd_wnd = (65535U << 14) + 1, false);
	SANE(tcb.rcv_wnd = 0xffffffff, false);
	SANE(tcb.snd_mss = 48, true);
	SANE(tcb.snd_mss = 47, false);
	SANE(tcb.snd_mss = 0, false);
	SANE(tcb.adv_mss = 88, true);
	SANE(tcb.adv_mss = 87, false);
	SANE(tcb.srtt = 0xffffffff, false);
	SANE(tcb.rttvar = 0xffffffff, false);
	SANE(tcb.rto = 0xffffffff, false);
	SANE(tcb.cwnd = 0, true);
	SANE(tcb.cwnd = 0x7fffffff, true);
	SANE(tcb.cwnd = 0x80000000, false);
	SANE(tcb.flags |= 0xff00, true);
}

static void sane__unattached(void)
{
	SANE(tcb.snd_una++, false);
	SANE(tcb.snd_nxt++, false);
	SANE((tcb.snd_una++, tcb.snd_nxt++), false);
	SANE(tcb.iss--, false);
	SANE(tcb.sndq_len = 1, false);
	SANE(tcb.rcv_nxt++, false);
	SANE(tcb.irs++, false);
	SANE(tcb.rcvq_len = 35, false);
	SANE((tcb.rcvq_len++, tcb.rcv_nxt++), true);
	SANE((tcb.rcvq_len = 0, tcb.rcv_nxt = tcb.rcv_wup), true);
	SANE((tcb.rcvq_len = 65536, tcb.rcv_nxt = tcb.irs + 65537), true);
	SANE((tcb.rcvq_len = 65537, tcb.rcv_nxt = tcb.irs + 65538), false);
	SANE(tcb.rcv_wup = tcb.irs, false);
	SANE(tcb.rcv_wup = tcb.rcv_nxt, true);
	SANE(tcb.rcv_wup = tcb.rcv_nxt + 1, false);
}

static void sane__attached(void)
{
	SANE((tcb.flags &= ~IPOS_TCB_UNATTACHED, tcb.snd_nxt += 5000), true);
	SANE((tcb.flags &= ~IPOS_TCB_UNATTACHED, tcb.snd_una++), false);
	SANE((tcb.flags &= ~IPOS_TCB_UNATTACHED, tcb.rcv_nxt += 99), true);
	SANE((tcb.flags &= ~IPOS_TCB_UNATTACHED, tcb.rcv_wup = tcb.rcv_nxt + 1),
	     false);
	SANE((tcb.flags &= ~IPOS_TCB_UNATTACHED, tcb.rcvq_len = 65537), false);
}

static void sane__congestion(void)
{
	SANE(memset(tcb.congestion, 0, 16), true);
	SANE(memcpy(tcb.congestion, "abcdefghijklmno", 16), true);
	SANE(memcpy(tcb.congestion, "abcdefghijklmnop", 16), false);
	SANE(memset(tcb.congestion, 'x', 16), false);
	SANE(memcpy(tcb.congestion, "dctcp-reno", 11), true);
	SANE(memcpy(tcb.congestion, "my_BBR2", 8), true);
	SANE(memcpy(tcb.congestion, "../evil", 8), false);
	SANE(memcpy(tcb.congestion, "a b", 4), false);
	SANE(memcpy(tcb.congestion, "a\n", 3), false);
	SANE(memcpy(tcb.congestion, "\xc3\xa9", 3), false);
	SANE(memcpy(tcb.congestion, "%s", 3), false);
}

int main(void)
{
	tcb__struct_round_trip();
	tcb__bytes_round_trip();
	tcb__other_version();
	sane__any_endpoint();
	sane__unattached();
	sane__attached();
	sane__congestion();
	return tap_done();
}
