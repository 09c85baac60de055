// SPDX-License-Identifier: GPL-2.0
#include <stdio.h>
#include <string.h>
#include "describe.h"

/* Text as roff takes it; literal: what is typed, whose dashes are minus signs. */
static void put_text(const char *text, bool literal)
{
	if (*text == '.' || *text == '\'')
		fputs("\\&", stdout);
	for (; *text; text++)
		if (*text == '\\')
			fputs("\\e", stdout);
		else if (*text == '-' && literal)
			fputs("\\-", stdout);
		else
			putchar(*text);
}

static void put_bold(const char *text)
{
	fputs("\\fB", stdout);
	put_text(text, true);
	fputs("\\fR", stdout);
}

static void put_value(const struct field *field)
{
	const char *const *word = field->words;
	const char *gap = "";

	if (field->kind->meta) {
		fputs("\\fI", stdout);
		put_text(field->kind->meta, true);
		fputs("\\fR", stdout);
		return;
	}
	for (; *word; word++)
		if (**word) {
			fputs(gap, stdout);
			put_bold(*word);
			gap = "|";
		}
}

static bool is_optional(const struct arg *arg)
{
	return arg->how != ARG_FIRST && arg->how != ARG_NEEDED;
}

static void put_arg(const struct arg *arg)
{
	fputs(is_optional(arg) ? " [" : " ", stdout);
	if (command_is_keyword(arg->how))
		put_bold(arg->field->name);
	if (command_is_keyword(arg->how) && !arg->field->kind->flag)
		putchar(' ');
	if (!arg->field->kind->flag)
		put_value(arg->field);
	if (arg->how == ARG_MANY)
		fputs(" ...", stdout);
	if (is_optional(arg))
		putchar(']');
}

static void put_command(const struct object *object,
			const struct command *command)
{
	bool is_default = command == object->commands;

	fputs(".TP\n", stdout);
	put_bold("ipos-ctl");
	putchar(' ');
	put_bold(object->name);
	fputs(is_default ? " [" : " ", stdout);
	put_bold(command->name);
	if (is_default)
		putchar(']');
	for (const struct arg *arg = command->args; arg && arg->field; arg++)
		put_arg(arg);
	putchar('\n');
	put_text(command->help, false);
	puts(is_default ? " (the default)." : ".");
}

static void put_field(const struct field *field, bool keyword)
{
	fputs(".TP\n", stdout);
	if (keyword)
		put_bold(field->name);
	if (keyword && !field->kind->flag)
		putchar(' ');
	if (!keyword || !field->kind->flag)
		put_value(field);
	putchar('\n');
	put_text(field->help, false);
	putchar('\n');
}

static void put_args(const struct object *object)
{
	const char *before = ".PP\nArguments:\n.RS\n";
	const struct command *command;
	const struct arg *arg;

	for (command = object->commands; command->name; command++)
		for (arg = command->args; arg && arg->field; arg++) {
			if (command_told_before(object, command, arg))
				continue;
			fputs(before, stdout);
			before = "";
			put_field(arg->field, command_is_keyword(arg->how));
		}
	if (!*before)
		puts(".RE");
}

static void put_columns(const struct command *command)
{
	const struct field *const *column = command->columns;

	if (!column)
		return;
	printf(".PP\nColumns that ");
	put_bold(command->name);
	puts(" prints:\n.RS");
	for (; *column; column++) {
		fputs(".TP\n", stdout);
		put_bold((*column)->name);
		putchar('\n');
		put_text((*column)->help, false);
		putchar('\n');
	}
	puts(".RE");
}

/**
 * describe_man() - an object's commands, arguments and columns, in roff
 * @object: the object
 */
void describe_man(const struct object *object)
{
	const struct command *command;

	for (command = object->commands; command->name; command++)
		put_command(object, command);
	put_args(object);
	for (command = object->commands; command->name; command++)
		put_columns(command);
}

/**
 * describe_objects() - the objects by name, a line each, and what they are
 */
void describe_objects(void)
{
	const struct object *const *object = command_objects();

	for (; *object; object++)
		printf("%s %s\n", (*object)->name, (*object)->help);
}

static const char *how_word(const struct arg *arg)
{
	switch (arg->how) {
	case ARG_FIRST:
		return "first";
	case ARG_FIRST_OPTIONAL:
		return "optional";
	case ARG_MANY:
		return "many";
	default:
		return arg->field->kind->flag ? "flag" : "key";
	}
}

/* What may follow: a|b|c, @ and what to ask for, or nothing that is known. */
static void complete_value(const struct command *command,
			   const struct arg *arg)
{
	const struct field *field = arg->field;

	/* What is added is not there yet. */
	if (field->complete &&
	    (strcmp(command->name, "add") || arg->how != ARG_FIRST))
		printf("@%s\n", field->complete);
	else if (field->kind == &kind_device)
		puts("@device");
	else if (field->words)
		puts(value_words(field));
	else
		puts("-");
}

/**
 * describe_completion() - every command, and under it its arguments
 *
 * Lines "command OBJECT COMMAND" and "HOW NAME VALUES", for completion.bash.
 */
void describe_completion(void)
{
	const struct object *const *object = command_objects();
	const struct command *command;
	const struct arg *arg;

	for (; *object; object++)
		for (command = (*object)->commands; command->name; command++) {
			printf("command %s %s\n", (*object)->name,
			       command->name);
			for (arg = command->args; arg && arg->field; arg++) {
				printf("%s %s ", how_word(arg),
				       arg->field->name);
				complete_value(command, arg);
			}
		}
}
