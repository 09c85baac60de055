/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Look for a listener of this board and reserve a socket on it: the same for
 * endpoints that arrived here and for those another board offers.
 */
#ifndef IPOS_ENGINE_HERE_H
#define IPOS_ENGINE_HERE_H

#include "endpoint/attach.h"
#include "engine/engine.h"

int ipos_here_reserve(struct ipos_engine *engine, const struct ipos_key *key,
		      __be16 port, const struct ipos_tcb *tcb,
		      struct net_device *dev, struct ipos_attach **attachp);

bool ipos_here_listens(struct ipos_engine *engine, const struct ipos_key *key,
		       __be16 port, int ifindex);
void ipos_here_refused(struct ipos_engine *engine, int err);

#endif /* IPOS_ENGINE_HERE_H */
