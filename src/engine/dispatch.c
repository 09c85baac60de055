// SPDX-License-Identifier: GPL-2.0
#include <linux/etherdevice.h>
#include <net/tcp.h>
#include "engine/cookie.h"
#include "endpoint/datagram.h"
#include "endpoint/deliver.h"
#include "engine/datagram.h"
#include "engine/dispatch.h"
#include "engine/event.h"
#include "engine/forward.h"
#include "engine/hear.h"
#include "engine/icmp.h"
#include "engine/incoming.h"
#include "engine/leave.h"
#include "engine/origin.h"
#include "engine/packet.h"
#include "engine/responder.h"
#include "engine/served.h"
#include "engine/single.h"
#include "engine/target.h"
#include "engine/told.h"
#include "engine/withdraw.h"
#include "wire/wire.h"

/* How often a packet may find that its flow has just become another. */
#define TRIES	4

enum known {
	TAKEN,		/* the packet was dealt with */
	STACKS,		/* a socket of this host has, had or will have it */
	CHANGED,	/* the flow found a place, ended or began: look again */
	GONE,		/* no connection has it, nor has the packet one */
};

/* A SYN cookie began it. Only a SYN takes its tombstone away. */
static enum known tombstone(struct ipos_engine *engine, struct ipos_flow *flow,
			    struct sk_buff *skb,
			    const struct ipos_packet *packet)
{
	u8 kind = packet->flags & (TCPHDR_SYN | TCPHDR_ACK | TCPHDR_RST);

	if (kind != TCPHDR_SYN || !ipos_packet_checksum_ok(skb, packet))
		return GONE;
	spin_lock_bh(&flow->lock);
	ipos_flow_remove(&engine->flows, flow, IPOS_FLOW_CLOSED);
	spin_unlock_bh(&flow->lock);
	return CHANGED;
}

static enum known served(struct ipos_engine *engine, struct ipos_flow *flow,
			 struct net_device *dev, struct sk_buff *skb)
{
	switch (ipos_served_request(engine, flow, skb, dev->ifindex)) {
	case IPOS_SERVED:
		return STACKS;
	case IPOS_SERVED_GONE:
		return CHANGED;
	default:
		return TAKEN;
	}
}

/* A UDP flow has no ends that its client would tell of. */
static enum known known_udp(struct ipos_engine *engine, struct ipos_flow *flow,
			    struct net_device *dev, struct sk_buff *skb,
			    const struct ipos_packet *packet)
{
	switch (ipos_flow_state(flow)) {
	case IPOS_FLOW_FORWARD:
		ipos_forward_open_consume(engine, flow, skb);
		return TAKEN;
	case IPOS_FLOW_TEMPORARY:
	case IPOS_FLOW_FORWARD_CONNECT:
		return ipos_datagram_hold_consume(engine, flow, skb, packet) ?
		       TAKEN : CHANGED;
	case IPOS_FLOW_LOCAL:
		if (ipos_single_is_next(engine, flow))
			return GONE;
		fallthrough;
	case IPOS_FLOW_RESERVED:
		return served(engine, flow, dev, skb);
	default:
		return CHANGED;
	}
}

static enum known known(struct ipos_engine *engine, struct ipos_flow *flow,
			struct sk_buff *skb, const struct ipos_packet *packet)
{
	bool taken = false;

	switch (ipos_flow_state(flow)) {
	case IPOS_FLOW_FORWARD:
		taken = ipos_forward_consume(engine, flow, skb, packet);
		break;
	case IPOS_FLOW_TEMPORARY:
	case IPOS_FLOW_FORWARD_CONNECT:
		taken = ipos_incoming_consume(engine, flow, skb, packet);
		break;
	case IPOS_FLOW_CLOSED:
		if (READ_ONCE(flow->flags) & IPOS_FLOW_TARGET)
			return STACKS;
		return tombstone(engine, flow, skb, packet);
	case IPOS_FLOW_DEAD:
		break;
	default:
		return STACKS;
	}
	return taken ? TAKEN : CHANGED;
}

/* What this host's own stack has is left alone. */
static bool has_socket(struct ipos_engine *engine,
		       const struct net_device *dev, const struct sk_buff *skb,
		       const struct ipos_packet *packet)
{
	if (packet->key.proto == IPOS_PROTO_UDP)
		return ipos_udp_connected(engine->net, &packet->key,
					  dev->ifindex);
	return ipos_socket_hears(engine->net, &packet->key, skb);
}

static enum known new_udp(struct ipos_engine *engine,
			  struct ipos_service *service, struct net_device *dev,
			  struct sk_buff *skb,
			  const struct ipos_packet *packet)
{
	if (service->one_packet)
		return ipos_single(engine, service, dev, skb, packet) ==
		       IPOS_PASS ? STACKS : TAKEN;
	return ipos_datagram_new_consume(engine, service, dev, skb, packet) ?
	       TAKEN : CHANGED;
}

static enum known no_flow(struct ipos_engine *engine, struct net_device *dev,
			  struct sk_buff *skb,
			  const struct ipos_packet *packet, u16 inherited)
{
	struct ipos_service *service;

	service = ipos_service_peek(&engine->services, packet->key.proto,
				    packet->key.saddr, packet->key.sport);
	if (!service || has_socket(engine, dev, skb, packet) ||
	    READ_ONCE(engine->leaving))
		return STACKS;
	if (packet->key.proto == IPOS_PROTO_UDP)
		return new_udp(engine, service, dev, skb, packet);
	if (unlikely(ipos_packet_is_signed(skb, packet))) {
		ipos_count(engine->counters, left_signed);
		return STACKS;
	}
	return ipos_responder_new_consume(engine, service, dev, skb, packet,
					  inherited) ? TAKEN : CHANGED;
}

/* Of most others this is all there is to know. */
static bool is_stacks(const struct ipos_engine *engine,
		      const struct ipos_flow *flow,
		      const struct ipos_packet *packet)
{
	if (!flow)
		return !ipos_service_may(&engine->services, packet->key.sport);
	return packet->key.proto == IPOS_PROTO_TCP &&
	       ipos_flow_state(flow) == IPOS_FLOW_LOCAL;
}

/**
 * ipos_dispatch_client() - a packet that a client may have sent
 * @engine: the namespace
 * @dev: where it arrived
 * @skb: data at the IP header; not shared
 *
 * May move the skb's data even where it is passed.
 *
 * Return: IPOS_PASS for what is not ours, or IPOS_CONSUMED.
 */
enum ipos_verdict ipos_dispatch_client(struct ipos_engine *engine,
				       struct net_device *dev,
				       struct sk_buff *skb)
{
	enum known result = CHANGED;
	struct ipos_packet packet;
	struct ipos_flow *flow;
	u16 inherited = 0;
	int tries;

	if (!ipos_packet_parse(skb, &packet))
		return ipos_icmp_client(engine, skb);
	flow = ipos_flow_peek(&engine->flows, &packet.key);
	/* Most packets by far: all that matters is whose they are. */
	if (flow && ipos_forward_is_open(flow)) {
		ipos_forward_open_consume(engine, flow, skb);
		return IPOS_CONSUMED;
	}
	if (is_stacks(engine, flow, &packet) || !ipos_packet_read(skb, &packet))
		return IPOS_PASS;
	for (tries = 0; tries < TRIES && result == CHANGED; tries++) {
		if (tries)
			flow = ipos_flow_peek(&engine->flows, &packet.key);
		if (flow) {
			inherited |= READ_ONCE(flow->flags) & IPOS_FLOW_COOKIE;
			result = packet.key.proto == IPOS_PROTO_UDP ?
				 known_udp(engine, flow, dev, skb, &packet) :
				 known(engine, flow, skb, &packet);
		}
		if (!flow || result == GONE)
			result = no_flow(engine, dev, skb, &packet, inherited);
	}
	if (result == CHANGED) {
		ipos_count(engine->counters, drop_packet_sequence);
		kfree_skb(skb);
	}
	return result == STACKS ? IPOS_PASS : IPOS_CONSUMED;
}

static void offer(struct ipos_engine *engine, struct ipos_server *sender,
		  struct net_device *dev, const struct ipos_hdr *hdr,
		  const void *body, size_t len)
{
	struct ipos_conn conn = {};
	enum ipos_wire_result result;

	result = ipos_wire_parse_conn(hdr, body, len, &conn);
	if (result == IPOS_WIRE_OK || result == IPOS_WIRE_VERSION)
		ipos_target_offer(engine, sender, dev, hdr, &conn, result);
	else
		ipos_count(engine->counters, drop_frame_length);
}

static void notice(struct ipos_engine *engine, struct ipos_server *sender,
		   const struct ipos_hdr *hdr, const void *body, size_t len)
{
	bool from_target = hdr->dst_ip == sender->ip;
	struct ipos_notice notice;

	if (ipos_wire_parse_notice(body, len, &notice) != IPOS_WIRE_OK)
		ipos_count(engine->counters, drop_frame_length);
	else if (hdr->type == IPOS_TYPE_WITHDRAW && !from_target)
		ipos_withdraw_heard(engine, sender, hdr, &notice);
	else if (hdr->type == IPOS_TYPE_REFUSAL && from_target)
		ipos_origin_refusal(engine, sender, hdr, &notice);
	else if (hdr->type == IPOS_TYPE_CLOSED && from_target)
		ipos_origin_closed(engine, sender, hdr, &notice);
	else if (hdr->type == IPOS_TYPE_CLOSED && !from_target &&
		 notice.reason == IPOS_CLOSED_LEAVING)
		ipos_leave_heard(engine, sender, hdr, &notice);
	else
		ipos_count(engine->counters, drop_stale_notice);
}

static const enum ipos_counter drop_of[] = {
	[IPOS_WIRE_SHORT]	= IPOS_N_drop_frame_short,
	[IPOS_WIRE_CHECKSUM]	= IPOS_N_drop_frame_checksum,
	[IPOS_WIRE_TYPE]	= IPOS_N_drop_frame_type,
	[IPOS_WIRE_PROTOCOL]	= IPOS_N_drop_frame_protocol,
	[IPOS_WIRE_LENGTH]	= IPOS_N_drop_frame_length,
	[IPOS_WIRE_VERSION]	= IPOS_N_drop_frame_type,
};

/* The other end of a hand-off is this board, or the sender itself. */
static bool concerns_us(const struct ipos_engine *engine,
			const struct ipos_server *sender,
			const struct ipos_hdr *hdr)
{
	__be32 own = READ_ONCE(engine->settings.server_ip);

	if (own && hdr->dst_ip == own)
		return hdr->type != IPOS_TYPE_ACK;
	return hdr->dst_ip == sender->ip && hdr->type != IPOS_TYPE_CONNECT &&
	       hdr->type != IPOS_TYPE_PACKET;
}

static void control(struct ipos_engine *engine, struct ipos_server *sender,
		    struct net_device *dev, const struct ipos_hdr *hdr,
		    const void *body, size_t len)
{
	switch (hdr->type) {
	case IPOS_TYPE_CONNECT:
		offer(engine, sender, dev, hdr, body, len);
		break;
	case IPOS_TYPE_ACK:
		ipos_origin_ack(engine, sender, hdr);
		break;
	default:
		notice(engine, sender, hdr, body, len);
	}
}

/* All but type 2 is short and is read as one piece of memory. */
static bool pull(struct sk_buff *skb)
{
	if (!pskb_may_pull(skb, IPOS_HDR_LEN))
		return false;
	return ((struct ipos_hdr *)skb->data)->type == IPOS_TYPE_PACKET ||
	       !skb_linearize(skb);
}

/* What is for all boards. Returns whether the frame was that. */
static bool heard(struct ipos_engine *engine, struct net_device *dev,
		  struct sk_buff *skb)
{
	if (!pskb_may_pull(skb, IPOS_HDR_LEN))
		return false;
	switch (((struct ipos_hdr *)skb->data)->type) {
	case IPOS_TYPE_ADVERT:
		ipos_hear_frame(engine, dev, skb);
		return true;
	case IPOS_TYPE_MAP:
		ipos_told_frame(engine, dev, skb);
		return true;
	default:
		return false;
	}
}

/**
 * ipos_dispatch_frame() - an ipOS frame on a fabric device
 * @engine: the namespace
 * @dev: where it arrived
 * @skb: data at the encapsulation header, MAC header set; not shared
 *
 * Return: IPOS_PASS: it was a client's packet, and is ready for the stack;
 * or IPOS_CONSUMED.
 */
enum ipos_verdict ipos_dispatch_frame(struct ipos_engine *engine,
				      struct net_device *dev,
				      struct sk_buff *skb)
{
	enum ipos_wire_result result = IPOS_WIRE_SHORT;
	struct ipos_server *sender;
	struct ipos_hdr hdr;
	size_t body_len;

	if (heard(engine, dev, skb))
		goto drop;
	ipos_count(engine->counters, frames_received);
	/* The group is for what all boards hear. */
	if (skb->pkt_type != PACKET_HOST) {
		ipos_count(engine->counters, drop_frame_type);
		goto drop;
	}
	sender = ipos_server_sender(&engine->servers, dev,
				    eth_hdr(skb)->h_source);
	if (!sender) {
		ipos_count(engine->counters, drop_frame_sender);
		goto drop;
	}
	if (pull(skb))
		result = ipos_wire_check(skb->data, skb->len, &hdr, &body_len);
	if (result != IPOS_WIRE_OK) {
		ipos_count_index(engine->counters, drop_of[result]);
		goto drop;
	}
	if (!concerns_us(engine, sender, &hdr)) {
		ipos_count(engine->counters, drop_frame_target);
		goto drop;
	}
	if (hdr.type == IPOS_TYPE_PACKET) {
		skb_pull_rcsum(skb, IPOS_HDR_LEN);
		return ipos_target_packet(engine, sender, dev, &hdr, skb);
	}
	control(engine, sender, dev, &hdr, skb->data + IPOS_HDR_LEN, body_len);
drop:
	kfree_skb(skb);
	return IPOS_CONSUMED;
}

/**
 * ipos_dispatch_socket_closed() - a TCP socket of this host has closed
 * @engine: the namespace
 * @key: its 4-tuple, this host as the server
 *
 * Called with the socket's lock held: takes none of ours.
 */
void ipos_dispatch_socket_closed(struct ipos_engine *engine,
				 const struct ipos_key *key)
{
	struct ipos_flow_table *flows = &engine->flows;
	struct ipos_flow *flow;

	rcu_read_lock();
	flow = ipos_flow_peek(flows, key);
	if (!flow || ipos_flow_state(flow) != IPOS_FLOW_LOCAL)
		goto unlock;
	if (!(flow->flags & IPOS_FLOW_TARGET)) {
		if (ipos_cookie_remove(engine, flow, IPOS_FLOW_LOCAL))
			ipos_event(engine, closed, ipos_event_of(flow, NONE));
		goto unlock;
	}
	/* Past the limit it is kept all the same, but not for long. */
	WRITE_ONCE(flow->used, (u32)jiffies);
	if (!ipos_bound_take(&flows->bound[IPOS_FLOW_CLOSED])) {
		ipos_count(engine->counters, drop_limit_closed);
		ipos_bound_force(&flows->bound[IPOS_FLOW_CLOSED]);
	}
	if (ipos_flow_move(flows, flow, IPOS_FLOW_LOCAL, IPOS_FLOW_CLOSED)) {
		atomic_dec(&flows->taken);
		ipos_target_closed(engine, flow);
	} else {
		ipos_bound_give(&flows->bound[IPOS_FLOW_CLOSED]);
	}
unlock:
	rcu_read_unlock();
}
