/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Ends the entries that need no timer of their own: once a second, all.
 */
#ifndef IPOS_ENGINE_WALKER_H
#define IPOS_ENGINE_WALKER_H

struct ipos_engine;

void ipos_walker_start(struct ipos_engine *engine);
void ipos_walker_stop(struct ipos_engine *engine);
void ipos_walker_clear(struct ipos_engine *engine);

#endif /* IPOS_ENGINE_WALKER_H */
