// SPDX-License-Identifier: GPL-2.0
#include <string.h>
#include "help.h"

#define COLUMNS 80

/* Prints a word that is not torn; lines go on at the indent. */
static void put_word(int *column, int indent, const char *word)
{
	int len = strlen(word);

	if (*column + 1 + len > COLUMNS && *column > indent) {
		printf("\n%*s", indent - 1, "");
		*column = indent - 1;
	}
	printf(" %s", word);
	*column += 1 + len;
}

static void put_arg(int *column, int indent, const struct arg *arg)
{
	const struct field *field = arg->field;
	const char *meta = value_meta(field);
	char text[512];

	if (arg->how == ARG_FIRST)
		snprintf(text, sizeof(text), "%s", meta);
	else if (arg->how == ARG_FIRST_OPTIONAL)
		snprintf(text, sizeof(text), "[%s]", meta);
	else if (arg->how == ARG_MANY)
		snprintf(text, sizeof(text), "[%s ...]", meta);
	else if (arg->how == ARG_NEEDED)
		snprintf(text, sizeof(text), "%s %s", field->name, meta);
	else if (field->kind->flag)
		snprintf(text, sizeof(text), "[%s]", field->name);
	else
		snprintf(text, sizeof(text), "[%s %s]", field->name, meta);
	put_word(column, indent, text);
}

static void usage(const struct object *object, const struct command *command,
		  const char *before)
{
	bool is_default = command == object->commands;
	int column = printf("%s ipos-ctl %s", before, object->name);
	int indent;

	column += printf(is_default ? " [%s]" : " %s", command->name);
	/* Beyond the words that are the command's name. */
	indent = column + 1;
	for (const struct arg *arg = command->args; arg && arg->field; arg++)
		put_arg(&column, indent, arg);
	putchar('\n');
}

static void explain(const struct arg *arg)
{
	bool keyword = command_is_keyword(arg->how);

	printf("  %-22s %s\n",
	       keyword ? arg->field->name : value_meta(arg->field),
	       arg->field->help);
}

/**
 * help_usage() - what there is at all
 * @to: where to print it
 */
void help_usage(FILE *to)
{
	fputs("Usage: ipos-ctl [OPTIONS] OBJECT [COMMAND [ARGUMENTS]]\n"
	      "       ipos-ctl [OPTIONS] -batch FILE\n"
	      "       ipos-ctl help [OBJECT [COMMAND]]\n"
	      "\n"
	      "Objects:\n", to);
	for (const struct object *const *object = command_objects(); *object;
	     object++)
		fprintf(to, "  %-22s %s\n", (*object)->name, (*object)->help);
	fputs("\n"
	      "Options:\n"
	      "  -json, -j              show as JSON\n"
	      "  -pretty, -p            with -json: for the eye\n"
	      "  -netns, -n NAME        in another network namespace; monitor, trace: any number\n"
	      "  -timestamp, -t         monitor, trace: with the time of day\n"
	      "  -batch, -b FILE        a command per line, of a file or - for standard input\n"
	      "  -force                 with -batch: go on after errors\n"
	      "  -help, -h              this text\n"
	      "  -Version, -V           the version\n", to);
}

/**
 * help_object() - everything that can be done with an object
 * @object: the object
 */
void help_object(const struct object *object)
{
	const char *before = "Usage:";
	const struct command *command;

	for (command = object->commands; command->name; command++) {
		usage(object, command, before);
		before = "      ";
	}
	printf("\n%s: %s.\n\nCommands:\n", object->name, object->help);
	for (command = object->commands; command->name; command++)
		printf("  %-22s %s%s\n", command->name, command->help,
		       command == object->commands ? " (the default)" : "");
	before = "\nArguments:\n";
	for (command = object->commands; command->name; command++)
		for (const struct arg *arg = command->args; arg && arg->field;
		     arg++) {
			if (command_told_before(object, command, arg))
				continue;
			fputs(before, stdout);
			before = "";
			explain(arg);
		}
}

/**
 * help_command() - one command of an object
 * @object: the object
 * @command: its command
 */
void help_command(const struct object *object, const struct command *command)
{
	usage(object, command, "Usage:");
	printf("\n%s %s: %s.\n", object->name, command->name, command->help);
	if (command->args && command->args->field)
		puts("\nArguments:");
	for (const struct arg *arg = command->args; arg && arg->field; arg++)
		explain(arg);
}
