/* SPDX-License-Identifier: GPL-2.0 */
/* Every number of struct ipos_tcb, with its name in the golden frames. */
#ifndef UNIT_TCB_FIELDS_H
#define UNIT_TCB_FIELDS_H

#include <stddef.h>
#include <string.h>
#include "wire/wire.h"

struct tcb_number {
	const char	*name;
	size_t		offset;
	size_t		size;
};

#define TCB_NUMBER(name, member, size)					\
	{ name, offsetof(struct ipos_tcb, member), size }

static const struct tcb_number tcb_numbers[] = {
	TCB_NUMBER("tcb_version", version, 1),
	TCB_NUMBER("tcb_state", state, 1),
	TCB_NUMBER("tcb_flags", flags, 2),
	TCB_NUMBER("handoff_id", handoff_id, 8),
	TCB_NUMBER("iss", iss, 4),
	TCB_NUMBER("irs", irs, 4),
	TCB_NUMBER("snd_una", snd_una, 4),
	TCB_NUMBER("snd_nxt", snd_nxt, 4),
	TCB_NUMBER("snd_wnd", snd_wnd, 4),
	TCB_NUMBER("snd_wl1", snd_wl1, 4),
	TCB_NUMBER("rcv_nxt", rcv_nxt, 4),
	TCB_NUMBER("rcv_wnd", rcv_wnd, 4),
	TCB_NUMBER("rcv_wup", rcv_wup, 4),
	TCB_NUMBER("snd_mss", snd_mss, 2),
	TCB_NUMBER("adv_mss", adv_mss, 2),
	TCB_NUMBER("snd_wscale", snd_wscale, 1),
	TCB_NUMBER("rcv_wscale", rcv_wscale, 1),
	TCB_NUMBER("ttl", ttl, 1),
	TCB_NUMBER("tos", tos, 1),
	TCB_NUMBER("ts_recent", ts_recent, 4),
	TCB_NUMBER("ts_recent_age", ts_recent_age, 4),
	TCB_NUMBER("tsval", tsval, 4),
	TCB_NUMBER("srtt", srtt, 4),
	TCB_NUMBER("rttvar", rttvar, 4),
	TCB_NUMBER("rto", rto, 4),
	TCB_NUMBER("cwnd", cwnd, 4),
	TCB_NUMBER("ssthresh", ssthresh, 4),
	TCB_NUMBER("window_clamp", window_clamp, 4),
	TCB_NUMBER("sndq_len", sndq_len, 4),
	TCB_NUMBER("rcvq_len", rcvq_len, 4),
	TCB_NUMBER("epoch", epoch, 8),
};

static inline u64 tcb_number(const struct ipos_tcb *tcb,
			     const struct tcb_number *number)
{
	const u8 *at = (const u8 *)tcb + number->offset;
	u32 u32_value;
	u16 u16_value;
	u64 u64_value;

	switch (number->size) {
	case 1:
		return *at;
	case 2:
		memcpy(&u16_value, at, 2);
		return u16_value;
	case 4:
		memcpy(&u32_value, at, 4);
		return u32_value;
	default:
		memcpy(&u64_value, at, 8);
		return u64_value;
	}
}

static inline void tcb_number_set(struct ipos_tcb *tcb,
				  const struct tcb_number *number, u64 value)
{
	u8 *at = (u8 *)tcb + number->offset;
	u32 u32_value = (u32)value;
	u16 u16_value = (u16)value;

	switch (number->size) {
	case 1:
		*at = (u8)value;
		break;
	case 2:
		memcpy(at, &u16_value, 2);
		break;
	case 4:
		memcpy(at, &u32_value, 4);
		break;
	default:
		memcpy(at, &value, 8);
		break;
	}
}

#endif /* UNIT_TCB_FIELDS_H */
