// SPDX-License-Identifier: GPL-2.0
#include "engine/here.h"
#include "engine/out.h"
#include "engine/place.h"
#include "engine/stream.h"

/* The stack knows the connection: without an entry it lives on, too. */
static void attached(void *arg)
{
	ipos_place_local(arg);
}

static struct ipos_attach *reserve(struct ipos_endpoint *ep)
{
	struct ipos_engine *engine = ep->pending.engine;
	struct ipos_attach *attach = NULL;
	struct net_device *dev;
	struct ipos_conn conn;
	int err = -ENETUNREACH;

	dev = dev_get_by_index_rcu(engine->net, ep->ifindex);
	ipos_unattached_capture(ep, &conn);
	if (dev)
		err = ipos_here_reserve(engine, &ep->pending.flow->key,
					ep->service->target_port, &conn.tcb,
					dev, &attach);
	if (err)
		ipos_here_refused(engine, err);
	return attach;
}

static bool here(struct ipos_endpoint *ep)
{
	struct ipos_engine *engine = ep->pending.engine;
	struct ipos_flow *flow = ep->pending.flow;
	struct ipos_attach *attach = reserve(ep);
	struct sk_buff_head segments;
	u32 dropped;
	int err;

	if (!attach)
		return false;
	ipos_flow_unbind(&engine->flows, flow);
	atomic_long_sub(ep->hold.bytes, &engine->held_bytes);
	ep->hold.bytes = 0;
	__skb_queue_head_init(&segments);
	skb_queue_splice_init(&ep->hold.list, &segments);
	err = ipos_attach_commit(attach, &segments, attached, ep, &dropped);
	ipos_count_add(engine->counters, drop_packet_attach, dropped);
	if (err)
		ipos_place_give_up(ep);
	else
		ipos_pending_detach(flow);
	return true;
}

/* Rule 2: without data of the client's, a bare ACK commits the target. */
static void moved(struct ipos_endpoint *ep, bool sent)
{
	struct ipos_flow *flow = ep->pending.flow;

	flow->rcv_nxt = ep->rcv_nxt;
	flow->snd_nxt = ep->iss + 1;
	flow->window = ep->window;
	if (!sent)
		ipos_out_bare_ack(ep->pending.engine, flow);
}

const struct ipos_endpoint_ops ipos_stream_ops = {
	.numbered = true,
	.capture = ipos_unattached_capture,
	.here = here,
	.unplaced = ipos_unattached_reset,
	.moved = moved,
};
