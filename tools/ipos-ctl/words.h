/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A command that was given, or would make a row, as the words it consists of.
 */
#ifndef IPOS_CTL_WORDS_H
#define IPOS_CTL_WORDS_H

#include "command.h"

/* The cells of "OBJECT COMMAND ARGUMENTS", of the attributes that are there. */
void words_show(const struct object *object, const struct command *command,
		struct nlattr **attrs);

#endif /* IPOS_CTL_WORDS_H */
