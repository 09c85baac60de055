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
