// SPDX-License-Identifier: GPL-2.0
/* Parse and build type 0x83, what a board says of itself. */
#include "wire/advert.h"

#define CPU_MAX		1000
#define WEIGHT_MAX	10000

static void parse_state(const struct ipos_wire_advert *wire,
			struct ipos_state *state)
{
	state->connections = be32_to_cpu(wire->connections);
	state->cpu = be16_to_cpu(wire->cpu);
	state->weight = be16_to_cpu(wire->weight);
	state->memory = be64_to_cpu(wire->memory);
	state->bandwidth = be64_to_cpu(wire->bandwidth);
	state->in_flight = be32_to_cpu(wire->in_flight);
	state->accept_us = be32_to_cpu(wire->accept_us);
	state->memory_total = be32_to_cpu(wire->memory_total);
	state->bandwidth_total = be32_to_cpu(wire->bandwidth_total);
}

static bool sane(const struct ipos_advert *advert, size_t body_len)
{
	size_t len = advert->listeners * (size_t)IPOS_LISTENER_LEN +
		     IPOS_ADVERT_LEN;

	return advert->epoch && advert->part && advert->interval_ms &&
	       advert->part <= advert->parts &&
	       advert->parts <= IPOS_ADVERT_PARTS &&
	       advert->state.cpu <= CPU_MAX && advert->state.weight &&
	       advert->state.weight <= WEIGHT_MAX && len <= body_len;
}

/**
 * ipos_advert_parse() - the body of a server advertisement, type 0x83
 * @body: the body, of any alignment
 * @body_len: its length in bytes, as ipos_wire_check() found it
 * @advert: where to, integers in host order
 *
 * Its listening sockets: ipos_advert_parse_listener(), for each below
 * @advert->listeners. What follows them is a later version's, and ignored, as
 * are flags that are not known.
 *
 * Context: any.
 * Return: IPOS_WIRE_OK, IPOS_WIRE_SHORT, or IPOS_WIRE_LENGTH where a number is
 * absurd: no epoch, no part of its parts or too many, no interval, CPU or
 * weight out of range, more listening sockets than bytes for them.
 */
enum ipos_wire_result ipos_advert_parse(const void *body, size_t body_len,
					struct ipos_advert *advert)
{
	struct ipos_wire_advert wire;

	memset(advert, 0, sizeof(*advert));
	if (body_len < sizeof(wire))
		return IPOS_WIRE_SHORT;
	memcpy(&wire, body, sizeof(wire));
	advert->epoch = be64_to_cpu(wire.epoch);
	advert->snapshot = be32_to_cpu(wire.snapshot);
	advert->part = be16_to_cpu(wire.part);
	advert->parts = be16_to_cpu(wire.parts);
	advert->interval_ms = be16_to_cpu(wire.interval);
	advert->flags = be16_to_cpu(wire.flags);
	advert->listeners = be16_to_cpu(wire.listeners);
	parse_state(&wire, &advert->state);
	return sane(advert, body_len) ? IPOS_WIRE_OK : IPOS_WIRE_LENGTH;
}

/* What is shown to a terminal is text, whatever a board says. */
static void copy_name(char *to, const __u8 *from)
{
	size_t i;

	memset(to, 0, IPOS_PROCESS_LEN);
	for (i = 0; i < IPOS_PROCESS_LEN - 1 && from[i]; i++)
		to[i] = from[i] < 0x20 || from[i] > 0x7e ? '?' : from[i];
}

static bool is_protocol(__u8 protocol)
{
	return protocol == IPOS_PROTO_TCP || protocol == IPOS_PROTO_UDP;
}

static bool is_startable(const struct ipos_wire_listener *wire)
{
	return wire->protocol & IPOS_LISTENER_STARTABLE;
}

/**
 * ipos_advert_parse_listener() - one listening socket of an advertisement
 * @body: the body, which ipos_advert_parse() found right
 * @i: which, below its number of listeners
 * @listener: where to, addresses and ports in network order
 *
 * Context: any.
 * Return: false for one to be passed over: no port, or of a protocol that this
 * board does not know; startable, and bound to an address.
 */
bool ipos_advert_parse_listener(const void *body, unsigned int i,
				struct ipos_listener *listener)
{
	struct ipos_wire_listener wire;

	memcpy(&wire, (const u8 *)body + IPOS_ADVERT_LEN +
	       i * (size_t)IPOS_LISTENER_LEN, sizeof(wire));
	listener->addr = wire.addr;
	listener->port = wire.port;
	listener->proto = wire.protocol;
	listener->flags = is_startable(&wire) ? wire.flags : 0;
	listener->pid = be32_to_cpu(wire.pid);
	copy_name(listener->name, wire.name);
	if (is_startable(&wire) && wire.addr)
		return false;
	return wire.port && is_protocol(wire.protocol &
					~IPOS_LISTENER_STARTABLE);
}

static void build_head(struct ipos_wire_advert *wire,
		       const struct ipos_advert *advert, size_t body_len)
{
	const struct ipos_state *state = &advert->state;

	wire->length = cpu_to_be16(body_len);
	wire->epoch = cpu_to_be64(advert->epoch);
	wire->snapshot = cpu_to_be32(advert->snapshot);
	wire->part = cpu_to_be16(advert->part);
	wire->parts = cpu_to_be16(advert->parts);
	wire->interval = cpu_to_be16(advert->interval_ms);
	wire->flags = cpu_to_be16(advert->flags);
	wire->connections = cpu_to_be32(state->connections);
	wire->cpu = cpu_to_be16(state->cpu);
	wire->weight = cpu_to_be16(state->weight);
	wire->memory = cpu_to_be64(state->memory);
	wire->bandwidth = cpu_to_be64(state->bandwidth);
	wire->in_flight = cpu_to_be32(state->in_flight);
	wire->accept_us = cpu_to_be32(state->accept_us);
	wire->memory_total = cpu_to_be32(state->memory_total);
	wire->bandwidth_total = cpu_to_be32(state->bandwidth_total);
	wire->listeners = cpu_to_be16(advert->listeners);
}

static void build_listener(struct ipos_wire_listener *wire,
			   const struct ipos_listener *listener)
{
	wire->protocol = listener->proto;
	wire->flags = listener->flags;
	wire->port = listener->port;
	wire->addr = listener->addr;
	wire->pid = cpu_to_be32(listener->pid);
	memcpy(wire->name, listener->name, sizeof(wire->name));
}

/**
 * ipos_advert_build() - a part of a server advertisement, type 0x83
 * @frame: where to, of any alignment, room for the header, IPOS_ADVERT_LEN and
 *	IPOS_LISTENER_LEN for each listening socket
 * @server_ip: the sender's own Server IP, network order
 * @advert: what it says
 * @listeners: @advert->listeners of them, at most ipos_advert_room()
 *
 * Context: any.
 * Return: the bytes written, without Ethernet header and padding.
 */
size_t ipos_advert_build(void *frame, __be32 server_ip,
			 const struct ipos_advert *advert,
			 const struct ipos_listener *listeners)
{
	const struct ipos_hdr hdr = {
		.dst_ip = server_ip, .protocol = IPOS_PROTO_TCP,
	};
	size_t len = IPOS_ADVERT_LEN +
		     advert->listeners * (size_t)IPOS_LISTENER_LEN;
	u8 *to = (u8 *)frame + IPOS_HDR_LEN;
	struct ipos_wire_listener listener;
	struct ipos_wire_advert head;
	unsigned int i;

	build_head(&head, advert, len);
	memcpy(to, &head, sizeof(head));
	to += sizeof(head);
	for (i = 0; i < advert->listeners; i++, to += sizeof(listener)) {
		build_listener(&listener, &listeners[i]);
		memcpy(to, &listener, sizeof(listener));
	}
	return ipos_wire_finish(frame, &hdr, IPOS_TYPE_ADVERT, len);
}
