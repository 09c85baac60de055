/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Where every packet enters: one look-up, one decision. Softirq, RCU held.
 */
#ifndef IPOS_ENGINE_DISPATCH_H
#define IPOS_ENGINE_DISPATCH_H

#include "base/verdict.h"
#include "engine/engine.h"

enum ipos_verdict ipos_dispatch_client(struct ipos_engine *engine,
				       struct net_device *dev,
				       struct sk_buff *skb);
enum ipos_verdict ipos_dispatch_frame(struct ipos_engine *engine,
				      struct net_device *dev,
				      struct sk_buff *skb);
void ipos_dispatch_socket_closed(struct ipos_engine *engine,
				 const struct ipos_key *key);

#endif /* IPOS_ENGINE_DISPATCH_H */
