/* SPDX-License-Identifier: GPL-2.0 */
/* Look after the endpoints that wait for an application to be started. */
#ifndef IPOS_ENGINE_WAKE_H
#define IPOS_ENGINE_WAKE_H

#include "engine/engine.h"

void ipos_wake_flow(struct ipos_engine *engine, struct ipos_flow *flow);

void ipos_wake_init(struct ipos_engine *engine);
void ipos_wake_stop(struct ipos_engine *engine);

#endif /* IPOS_ENGINE_WAKE_H */
