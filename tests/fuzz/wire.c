// SPDX-License-Identifier: GPL-2.0
/*
 * sources: src/wire/wire.c src/wire/tcb.c src/wire/checksum.c
 * What is parsed and built again is what was parsed. The checksum is made right
 * where the input's last bit says so.
 */
#include "fuzz.h"
#include "right.h"
#include "wire/wire.h"

static void conn(const struct ipos_hdr *hdr, const u8 *body, size_t len)
{
	struct ipos_conn first, second;
	u8 frame[IPOS_FRAME_MAX];
	struct ipos_hdr again;
	enum ipos_wire_result result;
	size_t built, rest;

	memset(&first, 0, sizeof(first));
	memset(&second, 0, sizeof(second));
	result = ipos_wire_parse_conn(hdr, body, len, &first);
	if (result != IPOS_WIRE_OK)
		return;
	if (hdr->protocol == IPOS_PROTO_TCP)
		(void)ipos_tcb_sane(&first.tcb);
	built = ipos_wire_build_conn(frame, hdr, &first);
	PROPERTY(built <= sizeof(frame));
	PROPERTY(ipos_wire_check(frame, built, &again, &rest) == IPOS_WIRE_OK);
	PROPERTY(ipos_wire_parse_conn(&again, frame + IPOS_HDR_LEN, rest,
				      &second) == IPOS_WIRE_OK);
	PROPERTY(!memcmp(&first, &second, sizeof(first)));
}

static void notice(const struct ipos_hdr *hdr, const u8 *body, size_t len)
{
	struct ipos_notice first, second;
	u8 frame[IPOS_FRAME_MAX];
	struct ipos_hdr again;
	size_t built, rest;

	memset(&first, 0, sizeof(first));
	memset(&second, 0, sizeof(second));
	if (ipos_wire_parse_notice(body, len, &first) != IPOS_WIRE_OK)
		return;
	built = ipos_wire_build_notice(frame, hdr, hdr->type, &first);
	PROPERTY(built <= sizeof(frame));
	PROPERTY(ipos_wire_check(frame, built, &again, &rest) == IPOS_WIRE_OK);
	PROPERTY(again.type == hdr->type);
	PROPERTY(ipos_wire_parse_notice(frame + IPOS_HDR_LEN, rest, &second) ==
		 IPOS_WIRE_OK);
	PROPERTY(!memcmp(&first, &second, sizeof(first)));
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t len)
{
	u8 *frame = bytes_exact(data, len);
	struct ipos_hdr hdr;
	size_t body;

	if (len && data[len - 1] & 1)
		set_frame_sum(frame, len);
	if (ipos_wire_check(frame, len, &hdr, &body) == IPOS_WIRE_OK) {
		PROPERTY(body <= len - IPOS_HDR_LEN);
		if (hdr.type == IPOS_TYPE_CONNECT)
			conn(&hdr, frame + IPOS_HDR_LEN, body);
		else if (hdr.type == IPOS_TYPE_REFUSAL ||
			 hdr.type == IPOS_TYPE_CLOSED ||
			 hdr.type == IPOS_TYPE_WITHDRAW)
			notice(&hdr, frame + IPOS_HDR_LEN, body);
	}
	free(frame);
	return 0;
}
