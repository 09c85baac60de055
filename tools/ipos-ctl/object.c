// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>
#include "command.h"

#define OBJECTS 64

static int by_name(const void *a, const void *b)
{
	return strcmp((*(const struct object **)a)->name,
		      (*(const struct object **)b)->name);
}

/**
 * command_objects() - everything that registered itself
 *
 * Return: all objects by name; the last one is NULL.
 */
const struct object *const *command_objects(void)
{
	static const struct object *objects[OBJECTS + 1];
	size_t n = __stop_objects - __start_objects;

	if (!objects[0]) {
		if (n > OBJECTS)
			abort();
		memcpy(objects, __start_objects, n * sizeof(*objects));
		qsort(objects, n, sizeof(*objects), by_name);
	}
	return objects;
}

/**
 * command_object() - an object by its name
 * @name: the whole word
 *
 * Return: the object or NULL.
 */
const struct object *command_object(const char *name)
{
	const struct object *const *object = command_objects();

	while (*object && strcmp((*object)->name, name))
		object++;
	return *object;
}

/**
 * command_is_keyword() - whether an argument is named
 * @how: the argument's
 *
 * Return: false when it is known by its place.
 */
bool command_is_keyword(enum arg_how how)
{
	return how == ARG_KEYWORD || how == ARG_NEEDED || how == ARG_ONE_OF;
}

/**
 * command_told_before() - whether an object's arguments were explained already
 * @object: the object
 * @command: one of its commands
 * @arg: an argument of that
 *
 * Return: true when an argument before it, of the same command or an earlier
 * one, is the same.
 */
bool command_told_before(const struct object *object,
			 const struct command *command, const struct arg *arg)
{
	for (const struct command *c = object->commands; c <= command; c++)
		for (const struct arg *a = c->args; a && a->field; a++) {
			if (a == arg)
				return false;
			if (a->field == arg->field)
				return true;
		}
	return false;
}

/**
 * command_of() - a command of an object by its name
 * @object: the object
 * @name: the whole word
 *
 * Return: the command or NULL.
 */
const struct command *command_of(const struct object *object, const char *name)
{
	const struct command *command = object->commands;

	while (command->name && strcmp(command->name, name))
		command++;
	return command->name ? command : NULL;
}
