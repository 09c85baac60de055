/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a board says of itself, in host byte order: its row of the Server State
 * Table and its listening sockets.
 */
#ifndef IPOS_WIRE_ADVERT_H
#define IPOS_WIRE_ADVERT_H

#include "compat/types.h"
#include "wire/wire.h"

/**
 * struct ipos_state - a row of the Server State Table
 * @connections: Number TCP Connections (established)
 * @cpu: CPU utilization, per mille
 * @weight: 1 to 10000, 100 is ordinary
 * @memory: Available memory, KiB
 * @bandwidth: Available Bandwidth, kbit/s
 * @in_flight: endpoints attached there and not yet closed
 * @accept_us: how long a new connection waits in the accept queue now
 * @memory_total: MiB, 0 = not known
 * @bandwidth_total: Mbit/s, 0 = not known
 */
struct ipos_state {
	__u32	connections;
	__u16	cpu;
	__u16	weight;
	__u64	memory;
	__u64	bandwidth;
	__u32	in_flight;
	__u32	accept_us;
	__u32	memory_total;
	__u32	bandwidth_total;
};

/**
 * struct ipos_listener - a listening socket
 * @addr: it is bound to, network byte order; 0 = any
 * @port: network byte order
 * @proto: enum ipos_protocol; with IPOS_LISTENER_STARTABLE nothing listens, but
 *	the board could start what would
 * @flags: IPOS_LISTENER_STARTING, of what could be started
 * @pid: process id, 0 = not known; memory in KiB, of what could be started
 * @name: of the process, NUL-padded, at most one byte less than its length
 */
struct ipos_listener {
	__be32	addr;
	__be16	port;
	__u8	proto;
	__u8	flags;
	__u32	pid;
	char	name[IPOS_PROCESS_LEN];
};

/**
 * struct ipos_advert - one part of an advertisement, without its listeners
 * @epoch: the sender's, never 0
 * @snapshot: number, compared as sequence numbers are
 * @part: from 1
 * @parts: how many there are
 * @interval_ms: of the sender's advertisements
 * @flags: IPOS_ADVERT_*
 * @state: the sender's
 * @listeners: how many are in this part
 */
struct ipos_advert {
	__u64			epoch;
	__u32			snapshot;
	__u16			part;
	__u16			parts;
	__u16			interval_ms;
	__u16			flags;
	struct ipos_state	state;
	__u16			listeners;
};

enum ipos_wire_result ipos_advert_parse(const void *body, size_t body_len,
					struct ipos_advert *advert);
bool ipos_advert_parse_listener(const void *body, unsigned int i,
				struct ipos_listener *listener);
size_t ipos_advert_build(void *frame, __be32 server_ip,
			 const struct ipos_advert *advert,
			 const struct ipos_listener *listeners);

/* Listening sockets that fit into a frame of so many bytes, MTU of the link. */
static inline unsigned int ipos_advert_room(size_t mtu)
{
	const size_t head = IPOS_HDR_LEN + IPOS_ADVERT_LEN;
	const size_t most = (65535 - IPOS_ADVERT_LEN) / IPOS_LISTENER_LEN;
	size_t n = mtu < head ? 0 : (mtu - head) / IPOS_LISTENER_LEN;

	return n < most ? n : most;
}

#endif /* IPOS_WIRE_ADVERT_H */
