/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Ends connections whose packets cannot come any more. A socket is aborted in
 * process context: a flow is put on a list, and a work item takes it from
 * there.
 */
#ifndef IPOS_ENGINE_ABORT_H
#define IPOS_ENGINE_ABORT_H

#include "engine/engine.h"

void ipos_abort(struct ipos_engine *engine, struct ipos_flow *flow);

void ipos_abort_init(struct ipos_engine *engine);
bool ipos_abort_busy(struct ipos_engine *engine);
void ipos_abort_wait(struct ipos_engine *engine);

#endif /* IPOS_ENGINE_ABORT_H */
