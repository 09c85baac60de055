/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What people touch: the generic netlink family, one file an object; and the
 * tables in sysfs, to be read.
 */
#ifndef IPOS_CONTROL_CONTROL_H
#define IPOS_CONTROL_CONTROL_H

int ipos_control_init(void);
void ipos_control_exit(void);

int ipos_sysfs_init(void);
void ipos_sysfs_exit(void);

#endif /* IPOS_CONTROL_CONTROL_H */
