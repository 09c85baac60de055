/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Everything the engine sends, counted. Softirq or bottom halves off, RCU held.
 */
#ifndef IPOS_ENGINE_OUT_H
#define IPOS_ENGINE_OUT_H

#include "engine/engine.h"
#include "link/segment.h"
#include "wire/wire.h"

struct ipos_packet;

void ipos_out_group(struct ipos_engine *engine, const struct net_device *only,
		    const void *frame, size_t len, enum ipos_counter counter);
void ipos_out_conn(struct ipos_engine *engine, const struct ipos_server *to,
		   const struct ipos_hdr *hdr, const struct ipos_conn *conn);
void ipos_out_ack(struct ipos_engine *engine, const struct ipos_server *to,
		  const struct ipos_hdr *hdr);
void ipos_out_notice(struct ipos_engine *engine, const struct ipos_server *to,
		     const struct ipos_hdr *hdr, enum ipos_type type,
		     const struct ipos_notice *notice);
void ipos_out_flow_notice(struct ipos_engine *engine,
			  const struct ipos_flow *flow, enum ipos_type type,
			  u16 reason, u32 seq);
void ipos_out_packet_consume(struct ipos_engine *engine,
			     const struct ipos_server *to,
			     const struct ipos_hdr *hdr, struct sk_buff *skb);
void ipos_out_icmp_consume(struct ipos_engine *engine,
			   const struct ipos_server *to,
			   const struct ipos_hdr *hdr, struct sk_buff *skb);
void ipos_out_bare_ack(struct ipos_engine *engine, struct ipos_flow *flow);
void ipos_out_segment(struct ipos_engine *engine, const struct ipos_key *key,
		      const struct ipos_segment *segment);
void ipos_out_reset_for(struct ipos_engine *engine,
			const struct ipos_packet *packet);

#endif /* IPOS_ENGINE_OUT_H */
