/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A board leaves: this one, or another that this one shall know no more. Who
 * is concerned is told, and no client is left waiting.
 */
#ifndef IPOS_ENGINE_LEAVE_H
#define IPOS_ENGINE_LEAVE_H

#include "engine/engine.h"
#include "wire/wire.h"

/* Both: process context, may sleep. */
void ipos_leave(struct ipos_engine *engine);
void ipos_leave_peers(struct ipos_engine *engine);

void ipos_leave_heard(struct ipos_engine *engine, struct ipos_server *sender,
		      const struct ipos_hdr *hdr,
		      const struct ipos_notice *notice);

#endif /* IPOS_ENGINE_LEAVE_H */
