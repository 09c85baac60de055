/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The few types and helpers that the pure floors (wire, inspect) stand on, by
 * their kernel names, so that the same files build in user space.
 */
#ifndef IPOS_COMPAT_TYPES_H
#define IPOS_COMPAT_TYPES_H

#ifdef __KERNEL__

#include <linux/build_bug.h>
#include <linux/string.h>
#include <linux/types.h>
#include <asm/byteorder.h>

#else

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <linux/types.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s32 s32;

#ifndef __force
#define __force
#endif

#define cpu_to_be16(x)	htobe16(x)
#define cpu_to_be32(x)	htobe32(x)
#define cpu_to_be64(x)	htobe64(x)
#define be16_to_cpu(x)	be16toh(x)
#define be32_to_cpu(x)	be32toh(x)
#define be64_to_cpu(x)	be64toh(x)

#endif /* __KERNEL__ */

#include <linux/ipos_wire.h>

#endif /* IPOS_COMPAT_TYPES_H */
