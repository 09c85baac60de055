/* SPDX-License-Identifier: GPL-2.0 */
/*
 * ICMP errors about moved connections: routers send them to the address that
 * the client knows, which is the origin's, but the socket is at the target.
 * Softirq, RCU held.
 */
#ifndef IPOS_ENGINE_ICMP_H
#define IPOS_ENGINE_ICMP_H

#include "base/verdict.h"
#include "engine/engine.h"
#include "wire/wire.h"

enum ipos_verdict ipos_icmp_client(struct ipos_engine *engine,
				   struct sk_buff *skb);
enum ipos_verdict ipos_icmp_target(struct ipos_engine *engine,
				   const struct ipos_hdr *hdr,
				   struct sk_buff *skb);

#endif /* IPOS_ENGINE_ICMP_H */
