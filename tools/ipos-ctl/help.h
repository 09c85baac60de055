/* SPDX-License-Identifier: GPL-2.0 */
#ifndef IPOS_CTL_HELP_H
#define IPOS_CTL_HELP_H

#include <stdio.h>
#include "command.h"

void help_usage(FILE *to);
void help_object(const struct object *object);
void help_command(const struct object *object, const struct command *command);

#endif /* IPOS_CTL_HELP_H */
