/* SPDX-License-Identifier: GPL-2.0 */
/* Every number of struct ipos_tcb, X(member, name in the golden frames). */
#ifndef UNIT_TCB_FIELDS_H
#define UNIT_TCB_FIELDS_H

#define TCB_NUMBERS(X)				\
	X(version, "tcb_version")		\
	X(state, "tcb_state")			\
	X(flags, "tcb_flags")			\
	X(handoff_id, "handoff_id")		\
	X(iss, "iss")				\
	X(irs, "irs")				\
	X(snd_una, "snd_una")			\
	X(snd_nxt, "snd_nxt")			\
	X(snd_wnd, "snd_wnd")			\
	X(snd_wl1, "snd_wl1")			\
	X(rcv_nxt, "rcv_nxt")			\
	X(rcv_wnd, "rcv_wnd")			\
	X(rcv_wup, "rcv_wup")			\
	X(snd_mss, "snd_mss")			\
	X(adv_mss, "adv_mss")			\
	X(snd_wscale, "snd_wscale")		\
	X(rcv_wscale, "rcv_wscale")		\
	X(ttl, "ttl")				\
	X(tos, "tos")				\
	X(ts_recent, "ts_recent")		\
	X(ts_recent_age, "ts_recent_age")	\
	X(tsval, "tsval")			\
	X(srtt, "srtt")				\
	X(rttvar, "rttvar")			\
	X(rto, "rto")				\
	X(cwnd, "cwnd")				\
	X(ssthresh, "ssthresh")			\
	X(window_clamp, "window_clamp")		\
	X(sndq_len, "sndq_len")			\
	X(rcvq_len, "rcvq_len")			\
	X(epoch, "epoch")

#endif /* UNIT_TCB_FIELDS_H */
