// SPDX-License-Identifier: GPL-2.0
/* Classify, parse and build the frames of figures 11e-11i and our own. */
#include "wire/wire.h"
#include "wire/checksum.h"
#include "wire/tcb.h"

static bool type_known(u8 type)
{
	switch (type) {
	case IPOS_TYPE_CONNECT:
	case IPOS_TYPE_PACKET:
	case IPOS_TYPE_ACK:
	case IPOS_TYPE_REFUSAL:
	case IPOS_TYPE_CLOSED:
	case IPOS_TYPE_WITHDRAW:
	case IPOS_TYPE_ADVERT:
	case IPOS_TYPE_MAP:
		return true;
	default:
		return false;
	}
}

static bool protocol_known(u8 protocol)
{
	return protocol == IPOS_PROTO_TCP || protocol == IPOS_PROTO_UDP;
}

static size_t conn_len(u8 protocol)
{
	return protocol == IPOS_PROTO_TCP ? IPOS_CONN_TCP_LEN :
					    IPOS_CONN_UDP_LEN;
}

/* Longer bodies are accepted: a later version may append to them. */
static enum ipos_wire_result own_len(const u8 *body, size_t len, size_t least,
				     size_t *body_len)
{
	if (len < 2)
		return IPOS_WIRE_SHORT;
	*body_len = (size_t)body[0] << 8 | body[1];
	if (*body_len < least)
		return IPOS_WIRE_LENGTH;
	return IPOS_WIRE_OK;
}

/* @len: what follows the header, Ethernet padding included. */
static enum ipos_wire_result frame_body_len(const struct ipos_hdr *hdr,
					    const u8 *body, size_t len,
					    size_t *body_len)
{
	enum ipos_wire_result result = IPOS_WIRE_OK;

	switch (hdr->type) {
	case IPOS_TYPE_CONNECT:
		*body_len = conn_len(hdr->protocol);
		break;
	case IPOS_TYPE_PACKET:
		*body_len = len;
		break;
	case IPOS_TYPE_ACK:
		*body_len = 0;
		break;
	case IPOS_TYPE_ADVERT:
		result = own_len(body, len, IPOS_ADVERT_LEN, body_len);
		break;
	case IPOS_TYPE_MAP:
		result = own_len(body, len, IPOS_MAP_LEN, body_len);
		break;
	default:
		result = own_len(body, len, IPOS_NOTICE_LEN, body_len);
		break;
	}
	if (result)
		return result;
	return *body_len > len ? IPOS_WIRE_SHORT : IPOS_WIRE_OK;
}

/* The packet inside a type 2 frame has a checksum of its own. */
static size_t covered_len(u8 type, size_t body_len)
{
	return IPOS_HDR_LEN + (type == IPOS_TYPE_PACKET ? 0 : body_len);
}

/**
 * ipos_wire_check() - whether bytes from the fabric are a frame, and which
 * @frame: the bytes from the encapsulation header (figure 11b) on, of any
 *	alignment
 * @len: how many are there, Ethernet padding included
 * @hdr: where the header is copied to, integers in network order; its value is
 *	meaningful for every result but IPOS_WIRE_SHORT of a frame below 16 bytes
 * @body_len: where the body's length without padding goes, in bytes; 0 unless
 *	the result is IPOS_WIRE_OK
 *
 * The questions come in this order: header, type, protocol, length, checksum.
 * A type 2 body is all the rest, since only the packet inside knows its own
 * length.
 *
 * Context: any.
 * Return: IPOS_WIRE_OK, or the first question that failed: IPOS_WIRE_SHORT,
 * IPOS_WIRE_TYPE, IPOS_WIRE_PROTOCOL, IPOS_WIRE_LENGTH, IPOS_WIRE_CHECKSUM.
 */
enum ipos_wire_result ipos_wire_check(const void *frame, size_t len,
				      struct ipos_hdr *hdr, size_t *body_len)
{
	const u8 *bytes = frame;
	enum ipos_wire_result result;
	size_t body = 0;

	*body_len = 0;
	if (len < IPOS_HDR_LEN)
		return IPOS_WIRE_SHORT;
	memcpy(hdr, bytes, IPOS_HDR_LEN);
	if (!type_known(hdr->type))
		return IPOS_WIRE_TYPE;
	if (!protocol_known(hdr->protocol))
		return IPOS_WIRE_PROTOCOL;
	result = frame_body_len(hdr, bytes + IPOS_HDR_LEN, len - IPOS_HDR_LEN,
				&body);
	if (result)
		return result;
	if (ipos_checksum(bytes, covered_len(hdr->type, body)))
		return IPOS_WIRE_CHECKSUM;
	*body_len = body;
	return IPOS_WIRE_OK;
}

static enum ipos_wire_result parse_conn_tcp(const u8 *body,
					    struct ipos_conn *conn)
{
	struct ipos_conn_tcp wire;

	memcpy(&wire, body, sizeof(wire));
	if (wire.tcb.version != IPOS_TCB_VERSION) {
		conn->tcb.version = wire.tcb.version;
		conn->tcb.handoff_id = be64_to_cpu(wire.tcb.handoff_id);
		return IPOS_WIRE_VERSION;
	}
	ipos_tcb_parse(&wire.tcb, &conn->tcb);
	return IPOS_WIRE_OK;
}

/**
 * ipos_wire_parse_conn() - the body of a connection packet, figures 11c, 11d
 * @hdr: the frame's header, for its protocol
 * @body: the body, of any alignment
 * @body_len: its length in bytes
 * @conn: where to: addresses in network order, the control block in host order
 *	(all zero for UDP)
 *
 * With IPOS_WIRE_VERSION the addresses, the version and the hand-off id are
 * filled in all the same, as a refusal has to repeat them: a later version
 * must leave these four where they are.
 *
 * Context: any.
 * Return: IPOS_WIRE_OK, IPOS_WIRE_PROTOCOL, IPOS_WIRE_SHORT, or
 * IPOS_WIRE_VERSION for a control block of another version. The values of the
 * control block are not judged: ask ipos_tcb_sane().
 */
enum ipos_wire_result ipos_wire_parse_conn(const struct ipos_hdr *hdr,
					   const void *body, size_t body_len,
					   struct ipos_conn *conn)
{
	struct ipos_conn_udp addr;

	memset(conn, 0, sizeof(*conn));
	if (!protocol_known(hdr->protocol))
		return IPOS_WIRE_PROTOCOL;
	if (body_len < conn_len(hdr->protocol))
		return IPOS_WIRE_SHORT;
	/* Figure 11d begins as 11c does. */
	memcpy(&addr, body, sizeof(addr));
	conn->server_ip = addr.server_ip;
	conn->server_port = addr.server_port;
	if (hdr->protocol == IPOS_PROTO_TCP)
		return parse_conn_tcp(body, conn);
	return IPOS_WIRE_OK;
}

/**
 * ipos_wire_parse_notice() - the body of a refusal, a closed or a withdrawal
 * @body: the body, of any alignment
 * @body_len: its length in bytes
 * @notice: where to: addresses in network order, all else in host order
 *
 * Bytes beyond those known here are ignored. The reason may be one that this
 * board does not know.
 *
 * Context: any.
 * Return: IPOS_WIRE_OK, IPOS_WIRE_SHORT, or IPOS_WIRE_LENGTH if the body's own
 * length field is below IPOS_NOTICE_LEN.
 */
enum ipos_wire_result ipos_wire_parse_notice(const void *body, size_t body_len,
					     struct ipos_notice *notice)
{
	struct ipos_wire_notice wire;
	enum ipos_wire_result result;
	size_t claimed = 0;

	memset(notice, 0, sizeof(*notice));
	result = own_len(body, body_len, IPOS_NOTICE_LEN, &claimed);
	if (result)
		return result;
	if (claimed > body_len)
		return IPOS_WIRE_SHORT;
	memcpy(&wire, body, sizeof(wire));
	notice->reason = be16_to_cpu(wire.reason);
	notice->handoff_id = be64_to_cpu(wire.handoff_id);
	notice->server_ip = wire.server_ip;
	notice->server_port = wire.server_port;
	notice->seq = be32_to_cpu(wire.seq);
	return IPOS_WIRE_OK;
}

/**
 * ipos_wire_finish() - put the header before a body that is written already
 * @frame: where to, of any alignment; the body begins at IPOS_HDR_LEN
 * @hdr: addresses, ports and protocol (network order); type and checksum are
 *	not read
 * @type: of the frame
 * @body_len: bytes of the body, without padding
 *
 * Context: any.
 * Return: the bytes of header and body.
 */
size_t ipos_wire_finish(u8 *frame, const struct ipos_hdr *hdr,
			enum ipos_type type, size_t body_len)
{
	struct ipos_hdr out = *hdr;

	out.type = type;
	out.checksum = 0;
	memcpy(frame, &out, sizeof(out));
	out.checksum = ipos_checksum(frame, covered_len(type, body_len));
	memcpy(frame, &out, sizeof(out));
	return IPOS_HDR_LEN + body_len;
}

/**
 * ipos_wire_build_packet_hdr() - finish the header of a type 2 frame in place
 * @hdr: addresses, ports and protocol are the caller's (network order); type
 *	and checksum are written here. The checksum covers nothing else, so it
 *	stays right for every packet that is put behind the header.
 *
 * Figures 11g, 11h.
 *
 * Context: any.
 */
void ipos_wire_build_packet_hdr(struct ipos_hdr *hdr)
{
	struct ipos_hdr given = *hdr;

	ipos_wire_finish((u8 *)hdr, &given, IPOS_TYPE_PACKET, 0);
}

/**
 * ipos_wire_build_conn() - a connection packet, figures 11e and 11f
 * @frame: where to, of any alignment, room for IPOS_FRAME_MAX bytes
 * @hdr: addresses, ports and protocol (network order); type and checksum are
 *	not read
 * @conn: what the client talks to, and for TCP the control block
 *
 * Context: any.
 * Return: the bytes written, without Ethernet header and padding.
 */
size_t ipos_wire_build_conn(void *frame, const struct ipos_hdr *hdr,
			    const struct ipos_conn *conn)
{
	u8 *body = (u8 *)frame + IPOS_HDR_LEN;
	size_t len = conn_len(hdr->protocol);
	struct ipos_conn_tcp wire;

	wire.server_ip = conn->server_ip;
	wire.server_port = conn->server_port;
	if (hdr->protocol == IPOS_PROTO_TCP)
		ipos_tcb_build(&conn->tcb, &wire.tcb);
	/* Figure 11c is the beginning of 11d. */
	memcpy(body, &wire, len);
	return ipos_wire_finish(frame, hdr, IPOS_TYPE_CONNECT, len);
}

/**
 * ipos_wire_build_ack() - the ack of a connection packet, figure 11i
 * @frame: where to, of any alignment, room for IPOS_HDR_LEN bytes
 * @hdr: addresses, ports and protocol of the connection packet that is
 *	acknowledged, as they came; type and checksum are not read
 *
 * Context: any.
 * Return: the bytes written, without Ethernet header and padding.
 */
size_t ipos_wire_build_ack(void *frame, const struct ipos_hdr *hdr)
{
	return ipos_wire_finish(frame, hdr, IPOS_TYPE_ACK, 0);
}

/**
 * ipos_wire_build_notice() - a refusal, a closed or a withdrawal
 * @frame: where to, of any alignment, room for IPOS_HDR_LEN + IPOS_NOTICE_LEN
 *	bytes
 * @hdr: addresses, ports and protocol (network order); type and checksum are
 *	not read
 * @type: IPOS_TYPE_REFUSAL, IPOS_TYPE_CLOSED or IPOS_TYPE_WITHDRAW
 * @notice: the body: addresses in network order, all else in host order
 *
 * Context: any.
 * Return: the bytes written, without Ethernet header and padding.
 */
size_t ipos_wire_build_notice(void *frame, const struct ipos_hdr *hdr,
			      enum ipos_type type,
			      const struct ipos_notice *notice)
{
	struct ipos_wire_notice wire = {
		.length = cpu_to_be16(IPOS_NOTICE_LEN),
		.reason = cpu_to_be16(notice->reason),
		.handoff_id = cpu_to_be64(notice->handoff_id),
		.server_ip = notice->server_ip,
		.server_port = notice->server_port,
		.seq = cpu_to_be32(notice->seq),
	};

	memcpy((u8 *)frame + IPOS_HDR_LEN, &wire, sizeof(wire));
	return ipos_wire_finish(frame, hdr, type, IPOS_NOTICE_LEN);
}
