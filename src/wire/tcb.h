/* SPDX-License-Identifier: GPL-2.0 */
/* The 140 bytes of the TCP control block <-> struct ipos_tcb. */
#ifndef IPOS_WIRE_TCB_H
#define IPOS_WIRE_TCB_H

#include "wire/wire.h"

void ipos_tcb_parse(const struct ipos_wire_tcb *wire, struct ipos_tcb *tcb);
void ipos_tcb_build(const struct ipos_tcb *tcb, struct ipos_wire_tcb *wire);

#endif /* IPOS_WIRE_TCB_H */
