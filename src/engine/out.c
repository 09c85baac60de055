// SPDX-License-Identifier: GPL-2.0
#include <linux/icmp.h>
#include <net/tcp.h>
#include "endpoint/datagram.h"
#include "engine/out.h"
#include "engine/packet.h"
#include "link/frame.h"

static void count_error(struct ipos_engine *engine, int err)
{
	switch (err) {
	case -EMSGSIZE:
		ipos_count(engine->counters, drop_packet_mtu);
		break;
	case -EBADMSG:
		ipos_count(engine->counters, drop_packet_checksum);
		break;
	case -ENOMEM:
		ipos_count(engine->counters, drop_no_memory);
		break;
	case -ENOBUFS:
		ipos_count(engine->counters, drop_transmit);
		break;
	default:
		ipos_count(engine->counters, drop_no_route);
	}
}

static void send(struct ipos_engine *engine, const struct ipos_server *to,
		 const void *frame, size_t len)
{
	int err = ipos_frame_send(to, READ_ONCE(engine->settings.ethertype),
				  frame, len);

	if (err)
		count_error(engine, err);
	else
		ipos_count(engine->counters, frames_sent);
}

/**
 * ipos_out_group() - tell all boards
 * @engine: the namespace
 * @only: of the fabric devices this one; NULL: all
 * @frame: from the encapsulation header on
 * @len: its bytes
 * @counter: of what is sent
 *
 * Counted by itself: of the frames about endpoints none is repeated for ever.
 * Any context.
 */
void ipos_out_group(struct ipos_engine *engine, const struct net_device *only,
		    const void *frame, size_t len, enum ipos_counter counter)
{
	__be16 ethertype = READ_ONCE(engine->settings.ethertype);
	const struct ipos_dev *d;
	int err;

	local_bh_disable();
	rcu_read_lock();
	ipos_dev_table_each(d, &engine->devs) {
		if (!(d->role & IPOS_ROLE_FABRIC) || !(d->dev->flags & IFF_UP) ||
		    (only && d->dev != only))
			continue;
		err = ipos_frame_send_group(d->dev, ethertype, frame, len);
		if (err)
			count_error(engine, err);
		else
			ipos_count_index(engine->counters, counter);
	}
	rcu_read_unlock();
	local_bh_enable();
}

/**
 * ipos_out_conn() - figures 11e, 11f: offer an endpoint
 * @engine: the namespace
 * @to: the target
 * @hdr: addresses, ports and protocol of the offer
 * @conn: the service and its control block
 */
void ipos_out_conn(struct ipos_engine *engine, const struct ipos_server *to,
		   const struct ipos_hdr *hdr, const struct ipos_conn *conn)
{
	u8 frame[IPOS_FRAME_MAX];

	send(engine, to, frame, ipos_wire_build_conn(frame, hdr, conn));
}

/**
 * ipos_out_ack() - figure 11i: say that an endpoint is reserved
 * @engine: the namespace
 * @to: the origin
 * @hdr: addresses, ports and protocol of the offer
 */
void ipos_out_ack(struct ipos_engine *engine, const struct ipos_server *to,
		  const struct ipos_hdr *hdr)
{
	u8 frame[IPOS_FRAME_MAX];

	send(engine, to, frame, ipos_wire_build_ack(frame, hdr));
}

/**
 * ipos_out_notice() - a refusal, 0x81 or a withdrawal
 * @engine: the namespace
 * @to: the other board
 * @hdr: addresses, ports and protocol of the offer
 * @type: IPOS_TYPE_REFUSAL, IPOS_TYPE_CLOSED or IPOS_TYPE_WITHDRAW
 * @notice: the body
 */
void ipos_out_notice(struct ipos_engine *engine, const struct ipos_server *to,
		     const struct ipos_hdr *hdr, enum ipos_type type,
		     const struct ipos_notice *notice)
{
	u8 frame[IPOS_FRAME_MAX];

	send(engine, to, frame,
	     ipos_wire_build_notice(frame, hdr, type, notice));
}

static void count_segment(void *engine, int err)
{
	count_error(engine, err);
}

/* Whether it was sent. */
static bool encap(struct ipos_engine *engine, const struct ipos_server *to,
		  const struct ipos_hdr *hdr, struct sk_buff *skb)
{
	int err;

	err = ipos_frame_encap_consume(to,
				       READ_ONCE(engine->settings.ethertype),
				       hdr, skb, count_segment, engine);
	if (err < 0) {
		count_error(engine, err);
		return false;
	}
	if (err == IPOS_FRAME_CUT)
		ipos_count(engine->counters, cut);
	ipos_count(engine->counters, frames_sent);
	return true;
}

/**
 * ipos_out_flow_notice() - the same about a flow, to its peer
 * @engine: the namespace
 * @flow: was bound; its peer is readable
 * @type: IPOS_TYPE_REFUSAL, IPOS_TYPE_CLOSED or IPOS_TYPE_WITHDRAW
 * @reason: of that type, 0 for a withdrawal
 * @seq: of the packet that it is about, else 0; host order
 *
 * Takes no lock.
 */
void ipos_out_flow_notice(struct ipos_engine *engine,
			  const struct ipos_flow *flow, enum ipos_type type,
			  u16 reason, u32 seq)
{
	struct ipos_notice notice = {
		.reason = reason,
		.handoff_id = flow->handoff_id,
		.server_ip = flow->key.saddr, .server_port = flow->key.sport,
		.seq = seq,
	};

	ipos_out_notice(engine, flow->peer, &flow->hdr, type, &notice);
}

/**
 * ipos_out_packet_consume() - figures 11g, 11h: send a client's packet on
 * @engine: the namespace
 * @to: the target
 * @hdr: as ipos_wire_build_packet_hdr() made it
 * @skb: data at the IP header; consumed
 *
 * The client of a datagram that may not be cut is told how long it may be.
 */
void ipos_out_packet_consume(struct ipos_engine *engine,
			     const struct ipos_server *to,
			     const struct ipos_hdr *hdr, struct sk_buff *skb)
{
	unsigned int room;

	skb_reset_network_header(skb);
	room = ipos_frame_too_long(to, skb);
	if (unlikely(room)) {
		ipos_count(engine->counters, drop_packet_mtu);
		ipos_udp_unreachable(engine->net, skb, ICMP_FRAG_NEEDED, room);
		kfree_skb(skb);
		return;
	}
	if (encap(engine, to, hdr, skb))
		ipos_count(engine->counters, forwarded);
}

/**
 * ipos_out_icmp_consume() - send on an ICMP error about a moved connection
 * @engine: the namespace
 * @to: the target
 * @hdr: of the flow's type 2 frames
 * @skb: data at the IP header; consumed
 */
void ipos_out_icmp_consume(struct ipos_engine *engine,
			   const struct ipos_server *to,
			   const struct ipos_hdr *hdr, struct sk_buff *skb)
{
	if (encap(engine, to, hdr, skb))
		ipos_count(engine->counters, icmp_forwarded);
}

/**
 * ipos_out_bare_ack() - an ACK segment in the client's name, for the target
 * @engine: the namespace
 * @flow: has a peer and what the client last said before the move
 *
 * At RCV.NXT of the hand-off, without data: commits a reservation, and is an
 * old segment to a connection that went on.
 */
void ipos_out_bare_ack(struct ipos_engine *engine, struct ipos_flow *flow)
{
	struct ipos_segment segment = {
		.seq = flow->rcv_nxt, .ack = flow->snd_nxt,
		.window = flow->window, .flags = TCPHDR_ACK, .wscale = -1,
	};
	struct sk_buff *skb = ipos_segment_from_client(&flow->key, &segment);

	if (skb)
		ipos_out_packet_consume(engine, flow->peer, &flow->hdr, skb);
	else
		ipos_count(engine->counters, drop_no_memory);
}

/**
 * ipos_out_segment() - send a segment to the client, as the server
 * @engine: the namespace
 * @key: the connection
 * @segment: what it says
 */
void ipos_out_segment(struct ipos_engine *engine, const struct ipos_key *key,
		      const struct ipos_segment *segment)
{
	int err = ipos_segment_to_client(engine->net, key, segment);

	if (err)
		count_error(engine, err == -ENOMEM ? err : -ENODEV);
	else if (segment->flags & TCPHDR_RST)
		ipos_count(engine->counters, reset_sent);
}

/**
 * ipos_out_reset_for() - answer a segment that has no connection, RFC 9293
 * @engine: the namespace
 * @packet: the segment; a RST is not answered
 */
void ipos_out_reset_for(struct ipos_engine *engine,
			const struct ipos_packet *packet)
{
	struct ipos_segment segment = { .wscale = -1 };

	if (packet->flags & TCPHDR_RST)
		return;
	if (packet->flags & TCPHDR_ACK) {
		segment.seq = packet->ack;
		segment.flags = TCPHDR_RST;
	} else {
		segment.ack = packet->end;
		segment.flags = TCPHDR_RST | TCPHDR_ACK;
	}
	ipos_out_segment(engine, &packet->key, &segment);
}
