/* SPDX-License-Identifier: GPL-2.0 */
/* Map updates of other boards (0x84). */
#ifndef IPOS_ENGINE_TOLD_H
#define IPOS_ENGINE_TOLD_H

#include "engine/engine.h"

void ipos_told_frame(struct ipos_engine *engine, struct net_device *dev,
		     struct sk_buff *skb);

#endif /* IPOS_ENGINE_TOLD_H */
