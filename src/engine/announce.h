/* SPDX-License-Identifier: GPL-2.0 */
/*
 * This board's advertisements: its state and its listening sockets, told to
 * all boards of the fabric at an interval.
 */
#ifndef IPOS_ENGINE_ANNOUNCE_H
#define IPOS_ENGINE_ANNOUNCE_H

#include "engine/engine.h"

void ipos_announce_init(struct ipos_engine *engine);
void ipos_announce_stop(struct ipos_engine *engine);
void ipos_announce_soon(struct ipos_engine *engine);
void ipos_announce_changed(struct ipos_engine *engine);
void ipos_announce_leave(struct ipos_engine *engine, struct net_device *dev);

#endif /* IPOS_ENGINE_ANNOUNCE_H */
