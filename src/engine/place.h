/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Give an unattached endpoint its place: the origin's half of the hand-off
 * (docs/protocol.md, rules 1, 4 and 5).
 *
 * Each call may end the endpoint: whoever called it touches it no more. Flow
 * lock and RCU held, softirq or bottom halves off.
 */
#ifndef IPOS_ENGINE_PLACE_H
#define IPOS_ENGINE_PLACE_H

#include "base/event.h"
#include "engine/unattached.h"

void ipos_place(struct ipos_endpoint *ep, bool found);
void ipos_place_expire(struct ipos_endpoint *ep);
void ipos_place_refused(struct ipos_endpoint *ep, u16 reason);
void ipos_place_retry(struct ipos_endpoint *ep);
void ipos_place_commit(struct ipos_endpoint *ep);
void ipos_place_abandon(struct ipos_endpoint *ep,
			enum ipos_handoff_reason reason);
void ipos_place_skip(struct ipos_endpoint *ep);
void ipos_place_restarted(struct ipos_endpoint *ep);
void ipos_place_leave(struct ipos_endpoint *ep);
bool ipos_place_local(struct ipos_endpoint *ep);
void ipos_place_give_up(struct ipos_endpoint *ep);
void ipos_place_end(struct ipos_endpoint *ep);
struct ipos_server *ipos_place_reachable(struct ipos_engine *engine,
					 __be32 ip);

#endif /* IPOS_ENGINE_PLACE_H */
