// SPDX-License-Identifier: GPL-2.0
#include "print.h"
#include "words.h"

/**
 * words_show() - print the words of a command
 * @object: its object
 * @command: the command
 * @attrs: its arguments; what is NULL was not given
 */
void words_show(const struct object *object, const struct command *command,
		struct nlattr **attrs)
{
	print_bare();
	print_text("object", object->name);
	print_bare();
	print_text("command", command->name);
	for (const struct arg *arg = command->args; arg && arg->field; arg++) {
		if (!attrs[arg->field->attr])
			continue;
		if (arg->how == ARG_FIRST || arg->how == ARG_FIRST_OPTIONAL)
			print_bare();
		arg->field->kind->show(arg->field, attrs);
	}
}
