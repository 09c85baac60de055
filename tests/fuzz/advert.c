// SPDX-License-Identifier: GPL-2.0
/*
 * sources: src/wire/advert.c src/wire/wire.c src/wire/tcb.c src/wire/checksum.c
 * The body of an advertisement: parsed, built and parsed again it is the same.
 */
#include "fuzz.h"
#include "wire/advert.h"

#define LISTENERS	2400	/* more than a body can have */

static u8 frame[IPOS_HDR_LEN + 65535];

static unsigned int listeners_of(const u8 *body, const struct ipos_advert *advert,
				 struct ipos_listener *listeners)
{
	unsigned int i, n = 0;

	PROPERTY(advert->listeners <= LISTENERS);
	for (i = 0; i < advert->listeners; i++)
		n += ipos_advert_parse_listener(body, i, &listeners[n]);
	return n;
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t len)
{
	static struct ipos_listener first[LISTENERS + 1], second[LISTENERS + 1];
	struct ipos_advert a, b;
	struct ipos_hdr hdr;
	size_t built, rest;
	u8 *body = bytes_exact(data, len);

	memset(&a, 0, sizeof(a));
	memset(&b, 0, sizeof(b));
	if (ipos_advert_parse(body, len, &a) != IPOS_WIRE_OK)
		goto out;
	memset(first, 0, sizeof(first[0]) * (a.listeners + 1));
	memset(second, 0, sizeof(second[0]) * (a.listeners + 1));
	a.listeners = (u16)listeners_of(body, &a, first);
	built = ipos_advert_build(frame, 0, &a, first);
	PROPERTY(built <= sizeof(frame));
	PROPERTY(ipos_wire_check(frame, built, &hdr, &rest) == IPOS_WIRE_OK);
	PROPERTY(ipos_advert_parse(frame + IPOS_HDR_LEN, rest, &b) ==
		 IPOS_WIRE_OK);
	PROPERTY(listeners_of(frame + IPOS_HDR_LEN, &b, second) == a.listeners);
	PROPERTY(!memcmp(&a, &b, sizeof(a)));
	PROPERTY(!memcmp(first, second, sizeof(first[0]) * a.listeners));
out:
	free(body);
	return 0;
}
