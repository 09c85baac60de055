/* SPDX-License-Identifier: GPL-2.0 */
/*
 * `board stop`, which may have to wait before it does so.
 */
#ifndef IPOS_CTL_STOP_H
#define IPOS_CTL_STOP_H

#include "command.h"

/* Its argument: how long to wait. */
extern const struct field stop_drain;

int stop_run(struct call *call);

#endif /* IPOS_CTL_STOP_H */
