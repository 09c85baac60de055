/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Offers that their origin takes back (docs/protocol.md, rule 3). RCU held,
 * softirq.
 */
#ifndef IPOS_ENGINE_WITHDRAW_H
#define IPOS_ENGINE_WITHDRAW_H

#include "engine/engine.h"
#include "wire/wire.h"

void ipos_withdraw_heard(struct ipos_engine *engine,
			 struct ipos_server *sender,
			 const struct ipos_hdr *hdr,
			 const struct ipos_notice *notice);

#endif /* IPOS_ENGINE_WITHDRAW_H */
