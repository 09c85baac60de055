/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tables of commands, told to programs: the part of the manual page that
 * is made from them, and what completion has to know.
 */
#ifndef IPOS_CTL_DESCRIBE_H
#define IPOS_CTL_DESCRIBE_H

#include "command.h"

void describe_objects(void);
void describe_man(const struct object *object);
void describe_completion(void);

#endif /* IPOS_CTL_DESCRIBE_H */
