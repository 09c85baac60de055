/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Start an application where none listens: whether this board can, having it
 * done, once, and letting endpoints wait for it. Any context but where it says
 * otherwise.
 */
#ifndef IPOS_ENGINE_START_H
#define IPOS_ENGINE_START_H

#include "engine/unattached.h"

bool ipos_start_any(struct ipos_engine *engine, u8 proto, __be16 port);
bool ipos_start_here(struct ipos_engine *engine, u8 proto, __be16 port);
enum ipos_refusal ipos_start_refusal(struct ipos_engine *engine, u8 proto,
				     __be16 port);

void ipos_start_listener(struct ipos_engine *engine, __be32 server,
			 const struct ipos_listener *what, bool listens);
void ipos_start_added(struct ipos_engine *engine, u8 proto, __be16 port);
void ipos_start_age(struct ipos_engine *engine);
void ipos_start_failed(struct ipos_engine *engine,
		       struct ipos_program *program, u32 pid);

void ipos_start_wake(struct ipos_engine *engine);
bool ipos_start_wait(struct ipos_endpoint *ep);

void ipos_start_await(struct ipos_engine *engine, __be16 port, __be32 server);
bool ipos_start_awaits(struct ipos_engine *engine, __be16 port, __be32 server);
void ipos_start_forget(struct ipos_engine *engine, __be16 port, __be32 server);

/* An endpoint that has waited for as long as it may. */
static inline bool ipos_start_is_over(const struct ipos_endpoint *ep)
{
	return ep->waits && !time_before(jiffies, ep->deadline);
}

#endif /* IPOS_ENGINE_START_H */
