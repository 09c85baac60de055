/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which boards an endpoint is offered to, best first: the one that has its
 * session, or the URL Map's servers, then the policy's, at last this board
 * itself.
 */
#ifndef IPOS_ENGINE_SELECT_H
#define IPOS_ENGINE_SELECT_H

#include "engine/unattached.h"

void ipos_select(struct ipos_endpoint *ep, bool found);
bool ipos_select_more(struct ipos_endpoint *ep);

#endif /* IPOS_ENGINE_SELECT_H */
