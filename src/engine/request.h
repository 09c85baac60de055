/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Gather a client's request until the inspector knows enough, within bounds
 * of bytes and time. Same rules as place.h.
 */
#ifndef IPOS_ENGINE_REQUEST_H
#define IPOS_ENGINE_REQUEST_H

#include "engine/packet.h"
#include "engine/unattached.h"

void ipos_request_begin(struct ipos_endpoint *ep);
void ipos_request_segment_consume(struct ipos_endpoint *ep,
				  struct sk_buff *skb,
				  const struct ipos_packet *packet);
void ipos_request_repeat(struct ipos_endpoint *ep,
			 const struct ipos_packet *packet);
void ipos_request_expire(struct ipos_endpoint *ep);

#endif /* IPOS_ENGINE_REQUEST_H */
