// SPDX-License-Identifier: GPL-2.0
#include <linux/ip.h>
#include <net/tcp.h>
#include "endpoint/datagram.h"
#include "endpoint/deliver.h"
#include "engine/event.h"
#include "engine/icmp.h"
#include "engine/out.h"
#include "engine/packet.h"
#include "engine/refusal.h"
#include "engine/reserve.h"
#include "engine/start.h"
#include "engine/served.h"
#include "engine/target.h"

static struct ipos_event event_of_offer(const struct ipos_server *sender,
					const struct ipos_hdr *hdr,
					const struct ipos_conn *conn,
					enum ipos_refusal reason)
{
	return (struct ipos_event){
		.key = ipos_key_of(hdr, conn->server_ip, conn->server_port),
		.handoff_id = conn->tcb.handoff_id,
		.peer = sender->ip,
		.role = IPOS_HANDOFF_ROLE_TARGET,
		.reason = ipos_event_refusal(reason),
	};
}

static void refuse(struct ipos_engine *engine, struct ipos_server *sender,
		   const struct ipos_hdr *hdr, const struct ipos_conn *conn,
		   enum ipos_refusal reason)
{
	struct ipos_notice notice = {
		.reason = reason,
		.handoff_id = conn->tcb.handoff_id,
		.server_ip = conn->server_ip,
		.server_port = conn->server_port,
	};

	ipos_count_refusal(engine, refused, reason);
	ipos_event(engine, refused,
		   event_of_offer(sender, hdr, conn, reason));
	ipos_out_notice(engine, sender, hdr, IPOS_TYPE_REFUSAL, &notice);
}

static enum ipos_refusal reason_of(int err)
{
	switch (err) {
	case -ENOBUFS:
		return IPOS_REFUSE_QUEUE_FULL;
	case -EEXIST:
		return IPOS_REFUSE_EXISTS;
	case -ENETUNREACH:
		return IPOS_REFUSE_NO_ROUTE;
	case -EINVAL:
		return IPOS_REFUSE_VERSION;
	case -ESTALE:
		/* Deleted here: as where that is still under way. */
		return IPOS_REFUSE_DRAINING;
	default:
		return IPOS_REFUSE_NO_MEMORY;
	}
}

/* A flow has no id: what is reserved, or served, for its origin is its own. */
static bool make_way_udp(struct ipos_engine *engine, struct ipos_flow *old,
			 struct ipos_server *sender, struct net_device *dev,
			 const struct ipos_hdr *hdr,
			 const struct ipos_conn *conn)
{
	bool clear = true;

	spin_lock_bh(&old->lock);
	if (ipos_flow_state(old) == IPOS_FLOW_DEAD)
		clear = true;
	else if (!(old->flags & IPOS_FLOW_TARGET))
		clear = false;
	else if (ipos_flow_is_from(old, sender) &&
		 old->hdr.dst_port == hdr->dst_port &&
		 ipos_served_alive(engine, old, dev->ifindex))
		clear = false;
	else
		ipos_served_end(engine, old);
	if (!clear && old->flags & IPOS_FLOW_TARGET)
		ipos_out_ack(engine, sender, hdr);
	else if (!clear)
		refuse(engine, sender, hdr, conn, IPOS_REFUSE_EXISTS);
	spin_unlock_bh(&old->lock);
	return clear;
}

/*
 * What stands in the way of an offer. Returns true when the way is free;
 * otherwise the offer was dealt with.
 */
static bool make_way(struct ipos_engine *engine, struct ipos_flow *old,
		     struct ipos_server *sender, struct net_device *dev,
		     const struct ipos_hdr *hdr, const struct ipos_conn *conn)
{
	u64 id = conn->tcb.handoff_id;
	bool clear = false;

	if (hdr->protocol == IPOS_PROTO_UDP)
		return make_way_udp(engine, old, sender, dev, hdr, conn);
	spin_lock_bh(&old->lock);
	switch (ipos_flow_state(old)) {
	case IPOS_FLOW_RESERVED:
		if (ipos_handoff_newer(id, old->handoff_id)) {
			ipos_event(engine, expired,
				   ipos_event_of(old, REPLACED));
			ipos_reserve_end(engine, old);
			ipos_flow_remove(&engine->flows, old,
					 IPOS_FLOW_CLOSED);
			clear = true;
		} else if (id == old->handoff_id) {
			ipos_reserve_again(old);
		} else {
			ipos_count(engine->counters, drop_stale_offer);
		}
		break;
	case IPOS_FLOW_CLOSED:
		clear = !(old->flags & IPOS_FLOW_TARGET) ||
			ipos_handoff_newer(id, old->handoff_id);
		if (clear)
			ipos_flow_remove(&engine->flows, old,
					 IPOS_FLOW_CLOSED);
		else
			ipos_count(engine->counters, drop_stale_offer);
		break;
	case IPOS_FLOW_DEAD:
		clear = true;
		break;
	case IPOS_FLOW_LOCAL:
		if (old->flags & IPOS_FLOW_TARGET &&
		    !ipos_handoff_newer(id, old->handoff_id)) {
			ipos_count(engine->counters, drop_stale_offer);
			break;
		}
		fallthrough;
	default:
		refuse(engine, sender, hdr, conn, IPOS_REFUSE_EXISTS);
	}
	spin_unlock_bh(&old->lock);
	return clear;
}

/* The Local entry's place is taken with the promise. */
static int promise(struct ipos_engine *engine, struct ipos_flow *flow,
		   struct ipos_server *sender, struct net_device *dev,
		   const struct ipos_hdr *hdr, const struct ipos_conn *conn)
{
	struct ipos_bound *local = &engine->flows.bound[IPOS_FLOW_LOCAL];
	int err;

	if (!ipos_bound_take(local)) {
		ipos_count(engine->counters, drop_limit_local);
		return -ENOSPC;
	}
	err = ipos_flow_bind(&engine->flows, flow, hdr, sender) ?:
	      ipos_reserve(engine, flow, dev, conn);
	if (err)
		ipos_bound_give(local);
	return err;
}

static int reserve(struct ipos_engine *engine, struct ipos_flow *flow,
		   struct ipos_server *sender, struct net_device *dev,
		   const struct ipos_hdr *hdr, const struct ipos_conn *conn)
{
	int err;

	spin_lock_bh(&flow->lock);
	flow->flags |= IPOS_FLOW_TARGET;
	err = ipos_flow_insert(&engine->flows, flow);
	if (err) {
		spin_unlock_bh(&flow->lock);
		ipos_flow_discard(&engine->flows, flow);
		return err;
	}
	err = promise(engine, flow, sender, dev, hdr, conn);
	if (err)
		ipos_flow_remove(&engine->flows, flow, IPOS_FLOW_RESERVED);
	spin_unlock_bh(&flow->lock);
	ipos_flow_put(flow);
	return err;
}

static void accept_offer(struct ipos_engine *engine,
			 struct ipos_server *sender, struct net_device *dev,
			 const struct ipos_hdr *hdr,
			 const struct ipos_conn *conn)
{
	struct ipos_key key = ipos_key_of(hdr, conn->server_ip,
					  conn->server_port);
	struct ipos_flow *flow = ipos_flow_peek(&engine->flows, &key);
	int err;

	if (flow && !make_way(engine, flow, sender, dev, hdr, conn))
		return;
	flow = ipos_flow_new(&engine->flows, &key, IPOS_FLOW_RESERVED);
	if (IS_ERR(flow))
		err = PTR_ERR(flow);
	else
		err = reserve(engine, flow, sender, dev, hdr, conn);
	if (flow == ERR_PTR(-ENOSPC))
		ipos_count(engine->counters, drop_limit_reserved);
	if (err)
		refuse(engine, sender, hdr, conn, err == -ENOENT ?
		       ipos_start_refusal(engine, key.proto, hdr->dst_port) :
		       reason_of(err));
}

/* A client and a service as there can be, so that no socket is built else. */
static bool ends_possible(const struct ipos_hdr *hdr,
			  const struct ipos_conn *conn)
{
	return ipos_is_unicast(hdr->src_ip) && hdr->src_port &&
	       ipos_is_unicast(conn->server_ip) && conn->server_port;
}

/**
 * ipos_target_offer() - figures 11e, 11f: a board offers an endpoint
 * @engine: the namespace
 * @sender: the origin
 * @dev: where the frame arrived
 * @hdr: names client and application
 * @conn: the service and the control block
 * @result: what ipos_wire_parse_conn() said: OK or VERSION
 */
void ipos_target_offer(struct ipos_engine *engine, struct ipos_server *sender,
		       struct net_device *dev, const struct ipos_hdr *hdr,
		       const struct ipos_conn *conn,
		       enum ipos_wire_result result)
{
	u64 epoch = conn->tcb.epoch;

	bool tcp = hdr->protocol == IPOS_PROTO_TCP;

	if (tcp && (result == IPOS_WIRE_VERSION || !ipos_tcb_sane(&conn->tcb)))
		refuse(engine, sender, hdr, conn, IPOS_REFUSE_VERSION);
	else if (tcp && (epoch ? epoch != engine->epoch :
				 ipos_engine_settling(engine)))
		ipos_count(engine->counters, drop_stale_offer);
	else if (READ_ONCE(engine->settings.draining) ||
		 READ_ONCE(engine->leaving) || READ_ONCE(sender->leaving))
		refuse(engine, sender, hdr, conn, IPOS_REFUSE_DRAINING);
	else if (!ends_possible(hdr, conn))
		refuse(engine, sender, hdr, conn, IPOS_REFUSE_NO_ROUTE);
	else
		accept_offer(engine, sender, dev, hdr, conn);
}

/* It reached an application once: its socket has closed, or just does. */
static bool was_attached(const struct ipos_flow *flow)
{
	switch (ipos_flow_state(flow)) {
	case IPOS_FLOW_CLOSED:
		return (flow->flags & (IPOS_FLOW_TARGET | IPOS_FLOW_LOST)) ==
		       IPOS_FLOW_TARGET;
	case IPOS_FLOW_LOCAL:
		return flow->flags & IPOS_FLOW_TARGET;
	default:
		return false;
	}
}

/* Rule 7: say that a packet found nothing, and for good or not. */
static void found_nothing(struct ipos_engine *engine,
			  struct ipos_server *sender,
			  const struct ipos_hdr *hdr, struct sk_buff *skb,
			  const struct ipos_packet *packet,
			  const struct ipos_flow *flow)
{
	bool ended = flow && was_attached(flow);
	struct ipos_notice notice = {
		.reason = ended ? IPOS_CLOSED_CLOSED : IPOS_CLOSED_UNKNOWN,
		.handoff_id = ended ? flow->handoff_id : 0,
		.server_ip = packet->key.saddr,
		.server_port = packet->key.sport,
		.seq = packet->seq,
	};

	if (ended)
		ipos_count(engine->counters, drop_packet_ended);
	else
		ipos_count(engine->counters, drop_packet_unknown);
	ipos_out_notice(engine, sender, hdr, IPOS_TYPE_CLOSED, &notice);
	kfree_skb(skb);
}

static bool reserved(struct ipos_flow *flow, struct sk_buff *skb,
		     const struct ipos_packet *packet)
{
	bool consumed = false;

	spin_lock_bh(&flow->lock);
	if (ipos_flow_state(flow) == IPOS_FLOW_RESERVED)
		consumed = ipos_reserve_packet_consume(flow, skb, packet);
	spin_unlock_bh(&flow->lock);
	return consumed;
}

/* TIME_WAIT must still hear the client, but its SYN is the origin's to judge. */
static bool has_socket(struct ipos_engine *engine,
		       const struct ipos_packet *packet)
{
	switch (ipos_socket_find(engine->net, &packet->key)) {
	case IPOS_SOCKET_LIVE:
		return true;
	case IPOS_SOCKET_TIME_WAIT:
		return !(packet->flags & TCPHDR_SYN);
	default:
		return false;
	}
}

/* Whether a socket of this host hears the packet; it may come to be here. */
static bool heard(struct ipos_engine *engine, struct ipos_flow *flow,
		  const struct ipos_packet *packet)
{
	switch (ipos_flow_state(flow)) {
	case IPOS_FLOW_LOCAL:
		ipos_flow_touch(flow);
		return flow->flags & IPOS_FLOW_TARGET &&
		       has_socket(engine, packet);
	case IPOS_FLOW_CLOSED:
		return has_socket(engine, packet);
	default:
		return false;
	}
}

/* Most by far: the socket judges them, and ip_rcv() takes the padding off. */
static bool given(struct ipos_engine *engine, struct ipos_flow *flow,
		  struct sk_buff *skb)
{
	if (ipos_flow_state(flow) != IPOS_FLOW_LOCAL ||
	    !(flow->flags & IPOS_FLOW_TARGET) ||
	    !ipos_socket_give(engine->net, &flow->key, skb))
		return false;
	ipos_flow_touch(flow);
	return true;
}

static enum ipos_verdict deliver(struct ipos_engine *engine,
				 struct sk_buff *skb)
{
	if (ipos_deliver_prepare(engine->net, skb)) {
		ipos_count(engine->counters, drop_no_memory);
		kfree_skb(skb);
		return IPOS_CONSUMED;
	}
	ipos_count(engine->counters, delivered);
	return IPOS_PASS;
}

/*
 * Rule 2: whatever follows an offer commits. Fragments that the origin made
 * are put together first, so that all have one fate.
 */
static enum ipos_verdict datagram(struct ipos_engine *engine,
				  struct ipos_server *sender,
				  struct net_device *dev,
				  const struct ipos_hdr *hdr,
				  struct sk_buff *skb,
				  const struct ipos_packet *packet)
{
	struct ipos_flow *flow = ipos_flow_peek(&engine->flows, &packet->key);

	if (flow && READ_ONCE(flow->flags) & IPOS_FLOW_TARGET &&
	    ipos_reserve_commit_udp(engine, flow)) {
		switch (ipos_served_request(engine, flow, skb, dev->ifindex)) {
		case IPOS_SERVED:
			return deliver(engine, skb);
		case IPOS_SERVED_DROPPED:
			return IPOS_CONSUMED;
		case IPOS_SERVED_GONE:
			break;
		}
	}
	found_nothing(engine, sender, hdr, skb, packet, NULL);
	return IPOS_CONSUMED;
}

/* Returns false when it was consumed: there is more to come. */
static bool whole(struct ipos_engine *engine, const struct ipos_hdr *hdr,
		  struct net_device *dev, struct sk_buff *skb)
{
	if (hdr->protocol != IPOS_PROTO_UDP ||
	    !ipos_packet_is_fragment(skb, IPPROTO_UDP))
		return true;
	skb->dev = dev;
	return ipos_udp_whole_consume(engine->net, skb);
}

/* The header repeats who the client is. */
static bool is_named(const struct ipos_hdr *hdr,
		     const struct ipos_packet *packet)
{
	return packet->key.proto == hdr->protocol &&
	       packet->key.caddr == hdr->src_ip &&
	       packet->key.cport == hdr->src_port;
}

/**
 * ipos_target_packet() - figures 11g, 11h: a client's packet for us
 * @engine: the namespace
 * @sender: the origin
 * @dev: where the frame arrived
 * @hdr: names client and application
 * @skb: data at the IP header of the client's packet
 *
 * Return: IPOS_PASS: @skb is ready for the stack; or IPOS_CONSUMED.
 */
enum ipos_verdict ipos_target_packet(struct ipos_engine *engine,
				     struct ipos_server *sender,
				     struct net_device *dev,
				     const struct ipos_hdr *hdr,
				     struct sk_buff *skb)
{
	struct ipos_flow *flow = NULL;
	struct ipos_packet packet;
	bool named;

	if (!whole(engine, hdr, dev, skb))
		return IPOS_CONSUMED;
	if (!ipos_packet_parse(skb, &packet))
		return ipos_icmp_target(engine, hdr, skb);
	named = is_named(hdr, &packet);
	if (named && hdr->protocol == IPOS_PROTO_TCP)
		flow = ipos_flow_peek(&engine->flows, &packet.key);
	if (flow && given(engine, flow, skb))
		return deliver(engine, skb);
	if (!named || !ipos_packet_read(skb, &packet) ||
	    pskb_trim_rcsum(skb, packet.payload + packet.len)) {
		ipos_count(engine->counters, drop_frame_inner);
		kfree_skb(skb);
		return IPOS_CONSUMED;
	}
	if (hdr->protocol == IPOS_PROTO_UDP)
		return datagram(engine, sender, dev, hdr, skb, &packet);
	if (flow && ipos_flow_state(flow) == IPOS_FLOW_RESERVED) {
		if (!ipos_packet_checksum_ok(skb, &packet)) {
			ipos_count(engine->counters, drop_packet_checksum);
			kfree_skb(skb);
			return IPOS_CONSUMED;
		}
		if (reserved(flow, skb, &packet))
			return IPOS_CONSUMED;
	}
	if (flow && heard(engine, flow, &packet))
		return deliver(engine, skb);
	found_nothing(engine, sender, hdr, skb, &packet, flow);
	return IPOS_CONSUMED;
}

/**
 * ipos_target_tell_closed() - tell an origin that its connection has ended
 * @engine: the namespace
 * @flow: came from there
 *
 * Where this board aborts it, it tells also that nobody will hear the client
 * any more. Takes no lock.
 */
void ipos_target_tell_closed(struct ipos_engine *engine,
			     struct ipos_flow *flow)
{
	const bool doomed = READ_ONCE(flow->flags) & IPOS_FLOW_DOOMED;

	ipos_out_flow_notice(engine, flow, IPOS_TYPE_CLOSED,
			     IPOS_CLOSED_CLOSED, doomed ? flow->rcv_nxt : 0);
}

/**
 * ipos_target_closed() - a socket that came from another board has closed
 * @engine: the namespace
 * @flow: was Local, its state is Closed or Dead now
 *
 * The origin must hear of it, to end its Forward entry. Called with the
 * socket's lock held: takes none of ours.
 */
void ipos_target_closed(struct ipos_engine *engine, struct ipos_flow *flow)
{
	ipos_event(engine, closed, ipos_event_of(flow, NONE));
	ipos_target_tell_closed(engine, flow);
}
