/* SPDX-License-Identifier: GPL-2.0 */
/* The Internet checksum, RFC 1071. */
#ifndef IPOS_WIRE_CHECKSUM_H
#define IPOS_WIRE_CHECKSUM_H

#include "compat/types.h"

__sum16 ipos_checksum(const void *data, size_t len);

#endif /* IPOS_WIRE_CHECKSUM_H */
