/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Every reason for which ipOS does, refuses or drops something, counted per
 * CPU and network namespace. One list: names, order and explanations of
 * `ipos-ctl stats show` come from here.
 */
#ifndef IPOS_BASE_COUNT_H
#define IPOS_BASE_COUNT_H

#include <linux/percpu.h>
#include <linux/types.h>

/* Refusals by reason: one for each of enum ipos_refusal, in its order. */
#define IPOS_COUNTERS(X) \
	X(syn_received, "SYNs of clients to a virtual service") \
	X(syn_ack_sent, "SYN-ACKs sent, retransmissions included") \
	X(established, "handshakes completed by this board") \
	X(syn_cookies_sent, "SYN-ACKs that are SYN cookies: no entry was made") \
	X(syn_cookies_received, "handshakes completed by a SYN cookie") \
	X(syn_cookies_failed, "segments with a SYN cookie that is wrong or old") \
	X(reset_sent, "RSTs sent to clients") \
	X(reset_received, "RSTs of clients for unattached endpoints") \
	X(bad_ack, "handshake ACKs that acknowledge what was never sent") \
	X(left_signed, "segments with an MD5 signature, left to the stack") \
	X(answer_limited, "invalid segments not answered: tcp_invalid_ratelimit") \
	X(no_endpoint, "segments to a service that belong to no connection") \
	X(syn_timeout, "handshakes given up: no ACK of the client came") \
	X(syn_unreachable, "handshakes given up: ICMP says the client is not there") \
	X(request_timeout, "requests not complete in time, placed by policy") \
	X(request_too_long, "requests beyond the bound, placed by policy") \
	X(request_unparsed, "requests that are not what the service reads, placed by policy") \
	X(ack_forced, "parts of a request acknowledged before the hand-off") \
	X(attached_here, "endpoints attached to a listener of this board") \
	X(here_no_listener, "not attached here: nothing listens") \
	X(here_queue_full, "not attached here: the accept queue is full") \
	X(here_no_memory, "not attached here: no memory") \
	X(here_exists, "not attached here: a socket has the connection") \
	X(here_no_route, "not attached here: no route to the client") \
	X(handoff_offered, "endpoints offered to another board") \
	X(handoff_retransmitted, "offers sent again") \
	X(handoff_done, "endpoints that another board took over") \
	X(handoff_refused, "offers that a board refused") \
	X(handoff_refused_no_listener, "refused there: nothing listens") \
	X(handoff_refused_queue_full, "refused there: its accept queue is full") \
	X(handoff_refused_no_memory, "refused there: no memory, or table full") \
	X(handoff_refused_exists, "refused there: it has this connection or header") \
	X(handoff_refused_version, "refused there: version not known, or absurd") \
	X(handoff_refused_no_route, "refused there: it has no route to the client") \
	X(handoff_refused_draining, "refused there: it drains or leaves") \
	X(handoff_refused_other, "refused there: for a reason not known here") \
	X(handoff_refused_starting, "refused there: the application is starting") \
	X(handoff_timeout, "offers that no board answered") \
	X(handoff_restarted, "offers whose board has restarted") \
	X(handoff_withdrawn, "offers taken back") \
	X(withdrawal_answered, "offers taken back that the board has forgotten") \
	X(handoff_settling, "hand-offs not tried: this board has just started") \
	X(handoff_no_server_ip, "hand-offs not tried: own Server IP not set") \
	X(handoff_no_server, "hand-offs not tried: board unknown or leaving") \
	X(handoff_header_used, "hand-offs not tried: another has its header") \
	X(handoff_expired, "reservations that ended without a commit") \
	X(accepted, "endpoints of other boards committed here") \
	X(refused, "offers refused here") \
	X(refused_no_listener, "refused here: nothing listens") \
	X(refused_queue_full, "refused here: the accept queue is full") \
	X(refused_no_memory, "refused here: no memory, or table full") \
	X(refused_exists, "refused here: this connection or header exists") \
	X(refused_version, "refused here: version not known, or absurd") \
	X(refused_no_route, "refused here: no route to the client") \
	X(refused_draining, "refused here: this board drains or leaves") \
	X(refused_starting, "refused here: the application is starting") \
	X(unplaced, "connections reset because no board could serve them") \
	X(lost, "moved connections reset because their board lost them") \
	X(closed, "moved connections that ended at their board") \
	X(leaving_sent, "boards told that this one, their origin, leaves") \
	X(leaving_untold, "endpoints ended untold: leaving took too long") \
	X(aborted, "connections of other boards aborted: a board leaves") \
	X(cookie_hit, "endpoints placed by the Cookie Map") \
	X(cookie_miss, "requests whose cookie is in no row of the Cookie Map") \
	X(cookie_unfit, "requests whose cookie is too long, or cannot be an ID") \
	X(cookie_board_gone, "endpoints whose session's board cannot have them") \
	X(cookies_learned, "cookies that applications of this board gave out") \
	X(cookies_heard, "cookies that applications of other boards gave out") \
	X(cookies_unfit, "cookies not learned: too long, or cannot be an ID") \
	X(url_hit, "endpoints placed by the URL Map") \
	X(policy_hit, "endpoints placed by the service's policy") \
	X(policy_local_first, "of these, by local-first") \
	X(policy_least_conn, "of these, by least-conn") \
	X(policy_least_load, "of these, by least-load") \
	X(policy_hash, "of these, by hash") \
	X(skipped_drain, "boards passed over: draining, down or leaving") \
	X(skipped_stale, "boards passed over: not heard of for too long") \
	X(skipped_not_listening, "boards passed over: nothing listens there") \
	X(asked_not_listening, "boards asked all the same, as no other was left") \
	X(skipped_not_startable, "boards passed over: nor could it start there") \
	X(skipped_memory, "boards passed over: not the memory to start it") \
	X(waited, "endpoints that waited for an application to start") \
	X(wait_timeout, "endpoints that waited in vain, for too long") \
	X(start_asked, "applications that the agent was told to start") \
	X(start_running, "registered applications that came to listen") \
	X(start_failed, "applications that failed when, or after, they started") \
	X(start_timeout, "of these, those that did not listen in time") \
	X(start_resting, "not started here: it has failed just now") \
	X(start_no_agent, "not started here: no agent is there") \
	X(start_no_memory, "not started here: not enough memory available") \
	X(start_no_cpu, "not started here: the CPU is too busy") \
	X(next_candidate, "endpoints that a board did not take: the next is tried") \
	X(forwarded, "packets of clients forwarded to another board") \
	X(delivered, "packets of clients taken from other boards") \
	X(cut, "packets of clients cut to fit the fabric") \
	X(replies, "datagrams sent with the address of their service") \
	X(icmp_replies, "ICMP errors sent with the address of their service") \
	X(icmp_forwarded, "ICMP errors about moved connections, sent on") \
	X(icmp_delivered, "ICMP errors taken from other boards") \
	X(held, "packets held until their endpoint has a place") \
	X(frames_received, "ipOS frames about endpoints received") \
	X(frames_sent, "ipOS frames about endpoints sent") \
	X(adverts_sent, "parts of advertisements sent, on each fabric device") \
	X(adverts_received, "parts of advertisements received") \
	X(maps_sent, "map updates sent, on each fabric device") \
	X(maps_received, "map updates received") \
	X(drop_frame_short, "frames dropped: shorter than they claim") \
	X(drop_frame_checksum, "frames dropped: wrong checksum") \
	X(drop_frame_type, "frames dropped: type not known") \
	X(drop_frame_protocol, "frames dropped: protocol not known") \
	X(drop_frame_length, "frames dropped: absurd body length") \
	X(drop_frame_role, "frames dropped: not a fabric device") \
	X(drop_frame_sender, "frames dropped: sender is no known board") \
	X(drop_frame_target, "frames dropped: meant for another Server IP") \
	X(drop_frame_inner, "type 2 frames dropped: malformed packet inside") \
	X(drop_advert_epoch, "advertisements dropped: of a board's former life") \
	X(drop_advert_replayed, "advertisements dropped: heard already, or older") \
	X(drop_advert_length, "advertisements dropped: malformed") \
	X(drop_advert_untrusted, "advertisements dropped: a known address or MAC") \
	X(drop_advert_limit, "boards, listening sockets not taken: too many") \
	X(drop_map_epoch, "map updates dropped: not of the life it advertises") \
	X(drop_map_replayed, "map updates dropped: heard already, or too old") \
	X(drop_map_length, "map updates, rows of them dropped: malformed") \
	X(drop_map_untrusted, "map updates, rows dropped: of another board") \
	X(drop_map_static, "cookies not taken: their row was made by hand") \
	X(drop_map_held, "cookies not taken: another board has them") \
	X(drop_stale_offer, "offers dropped: tombstoned, older or other epoch") \
	X(drop_repeated_offer, "offers dropped: reserved, still incomplete") \
	X(drop_stale_ack, "acknowledgements that matched nothing") \
	X(drop_stale_notice, "refusals, 0x81 and 0x82 that matched nothing") \
	X(drop_packet_checksum, "packets of clients dropped: wrong checksum") \
	X(drop_packet_sequence, "segments dropped: sequence or ACK unacceptable") \
	X(drop_packet_syn, "SYNs dropped: their connection has begun already") \
	X(drop_packet_copy, "segments dropped: what they bring is held already") \
	X(drop_packet_order, "segments dropped: receive queue too large") \
	X(drop_packet_mtu, "packets dropped: too long for the fabric, not to cut") \
	X(drop_packet_unknown, "other boards' packets dropped: no connection") \
	X(drop_packet_ended, "other boards' packets dropped: it has closed") \
	X(drop_packet_lost, "packets dropped: nobody has their connection") \
	X(drop_packet_attach, "held segments dropped: not taken by the socket") \
	X(drop_icmp, "ICMP errors dropped: about nothing they could tell of") \
	X(drop_no_memory, "packets dropped: no memory") \
	X(drop_no_route, "packets dropped: no route or device to send by") \
	X(drop_transmit, "packets dropped: the device's queue is full") \
	X(drop_limit_temporary, "SYNs, cookies dropped: Temporary Table full") \
	X(drop_limit_connect, "hand-offs not tried: Forward-Connect full") \
	X(drop_limit_forward, "hand-offs not tried: Forward Table full") \
	X(drop_limit_reserved, "offers refused: too many not committed yet") \
	X(drop_limit_local, "Local Table full: offer refused or unlisted") \
	X(drop_limit_withdrawn, "withdrawn offers: table full, none made or kept") \
	X(drop_limit_closed, "tombstones not kept: table full") \
	X(drop_limit_listen, "listening sockets not listed: table full") \
	X(drop_limit_waiting, "endpoints that could not wait: too many do") \
	X(drop_limit_cookie, "cookies, names of them not taken: too many") \
	X(drop_limit_app, "processes not listed: Application table full") \
	X(drop_event, "events lost: no memory to tell of them") \
	X(local_in, "packets caught on their way to this host's stack") \
	X(resumed, "SYNs that ended a closing Forward entry early") \
	X(udp_begun, "UDP flows begun by a datagram to a virtual service") \
	X(udp_idle, "UDP flows ended: no datagram for their timeout") \
	X(udp_lost, "moved UDP flows ended: their board has them no more") \
	X(udp_left, "UDP flows ended here: their program is gone") \
	X(udp_single, "datagrams that got a board of their own (one-packet)") \
	X(drop_starting, "datagrams dropped: what would answer is being started") \
	X(drop_udp_held, "datagrams dropped: too many held for their flow")

enum ipos_counter {
#define IPOS_COUNTER_ENUM(name, text) IPOS_N_##name,
	IPOS_COUNTERS(IPOS_COUNTER_ENUM)
#undef IPOS_COUNTER_ENUM
	IPOS_N_MAX
};

struct ipos_counters {
	u64 n[IPOS_N_MAX];
};

/* Any context. Lost to nobody: a 64-bit add on this CPU's own copy. */
#define ipos_count(counters, name) \
	this_cpu_inc((counters)->n[IPOS_N_##name])

#define ipos_count_add(counters, name, n_) \
	this_cpu_add((counters)->n[IPOS_N_##name], n_)

static inline void ipos_count_index(struct ipos_counters __percpu *counters,
				    enum ipos_counter i)
{
	this_cpu_inc(counters->n[i]);
}

const char *ipos_count_name(enum ipos_counter i);
const char *ipos_count_text(enum ipos_counter i);
u64 ipos_count_sum(struct ipos_counters __percpu *counters,
		   enum ipos_counter i);

#endif /* IPOS_BASE_COUNT_H */
