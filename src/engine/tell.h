/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Map updates of this board (0x84): a cookie that was just learned, at once;
 * all of its own, and the names of its services' cookies, again and again.
 */
#ifndef IPOS_ENGINE_TELL_H
#define IPOS_ENGINE_TELL_H

#include "engine/engine.h"

void ipos_tell_init(struct ipos_engine *engine);
void ipos_tell_stop(struct ipos_engine *engine);
void ipos_tell_learned(struct ipos_engine *engine, const char *text, u8 len);
void ipos_tell_name(struct ipos_engine *engine,
		    const struct ipos_service_key *key, const char *name);
void ipos_tell_joined(struct ipos_engine *engine);

#endif /* IPOS_ENGINE_TELL_H */
