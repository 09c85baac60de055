/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Whether what this host sends is to be looked at: for cookies that are to be
 * learned, for replies of UDP flows that are served here.
 */
#ifndef IPOS_ENGINE_OUTGOING_H
#define IPOS_ENGINE_OUTGOING_H

#include "engine/engine.h"

bool ipos_outgoing_wanted(struct ipos_engine *engine);
void ipos_outgoing_review(struct ipos_engine *engine);

#endif /* IPOS_ENGINE_OUTGOING_H */
