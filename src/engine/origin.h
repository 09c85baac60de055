/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Frames that answer an origin: 11i, refusals and 0x81. RCU held, softirq.
 */
#ifndef IPOS_ENGINE_ORIGIN_H
#define IPOS_ENGINE_ORIGIN_H

#include "engine/engine.h"
#include "wire/wire.h"

void ipos_origin_ack(struct ipos_engine *engine, struct ipos_server *sender,
		     const struct ipos_hdr *hdr);
void ipos_origin_refusal(struct ipos_engine *engine,
			 struct ipos_server *sender,
			 const struct ipos_hdr *hdr,
			 const struct ipos_notice *notice);
void ipos_origin_closed(struct ipos_engine *engine, struct ipos_server *sender,
			const struct ipos_hdr *hdr,
			const struct ipos_notice *notice);

#endif /* IPOS_ENGINE_ORIGIN_H */
