// SPDX-License-Identifier: GPL-2.0
#include <string.h>
#include "command.h"
#include "describe.h"
#include "error.h"
#include "help.h"
#include "netlink.h"
#include "netns.h"
#include "print.h"

#define UNKNOWN_OBJECT "object \"%s\" is unknown, try \"ipos-ctl help\""
#define UNKNOWN_COMMAND "command \"%s\" is unknown, try \"ipos-ctl %s help\""

static bool is_first(enum arg_how how)
{
	return how == ARG_FIRST || how == ARG_FIRST_OPTIONAL;
}

static bool was_given(const struct call *call, const struct arg *arg)
{
	return call->given & UINT64_C(1) << (arg - call->command->args);
}

static int give(struct call *call, const struct arg *arg, const char *word)
{
	const struct field *field = arg->field;

	if (was_given(call, arg))
		return error("argument \"%s\" is wrong: it was given before",
			     field->name);
	if (!field->kind->put(call->request, field, word))
		return error("argument \"%s\" is wrong: %s takes %s", word,
			     field->name, value_takes(field));
	call->given |= UINT64_C(1) << (arg - call->command->args);
	return DONE;
}

static const struct arg *find_keyword(const struct command *command,
				      const char *word)
{
	const struct arg *arg;

	for (arg = command->args; arg && arg->field; arg++)
		if (command_is_keyword(arg->how) && !strcmp(arg->field->name, word))
			return arg;
	return NULL;
}

static bool takes_many(const struct command *command)
{
	const struct arg *arg;

	for (arg = command->args; arg && arg->field; arg++)
		if (arg->how == ARG_MANY)
			return true;
	return false;
}

static int parse_other(struct call *call, const char *word)
{
	if (!takes_many(call->command))
		return error("argument \"%s\" is unknown, try \"ipos-ctl %s help\"",
			     word, call->object->name);
	if (call->n_words == WORDS)
		return error("argument \"%s\" is one too many", word);
	call->words[call->n_words++] = word;
	return DONE;
}

static int parse_keywords(struct call *call, int argc, char **argv)
{
	const struct arg *arg;
	int err = DONE;

	for (; argc && !err; argc--, argv++) {
		arg = find_keyword(call->command, *argv);
		if (!arg) {
			err = parse_other(call, *argv);
		} else if (arg->field->kind->flag) {
			err = give(call, arg, *argv);
		} else if (argc == 1) {
			err = error("argument \"%s\" is wrong: its value is missing: %s",
				    *argv, value_takes(arg->field));
		} else {
			argc--;
			argv++;
			err = give(call, arg, *argv);
		}
	}
	return err;
}

static int check_given(const struct call *call)
{
	const struct arg *arg, *one_of = NULL;
	bool any = false;

	for (arg = call->command->args; arg && arg->field; arg++) {
		if (arg->how == ARG_ONE_OF) {
			one_of = arg;
			any |= was_given(call, arg);
		}
		if (arg->how != ARG_NEEDED && arg->how != ARG_FIRST)
			continue;
		if (!was_given(call, arg))
			return error("argument \"%s\" is missing: %s",
				     arg->field->name,
				     value_takes(arg->field));
	}
	if (one_of && !any)
		return error("nothing to %s, try \"ipos-ctl %s help\"",
			     call->command->name, call->object->name);
	return DONE;
}

static int parse(struct call *call, int argc, char **argv)
{
	const struct arg *arg = call->command->args;
	int err = DONE;

	for (; arg && arg->field && is_first(arg->how) && argc && !err; arg++) {
		/* A place that may be empty leaves a keyword alone. */
		if (arg->how == ARG_FIRST_OPTIONAL &&
		    find_keyword(call->command, *argv))
			continue;
		err = give(call, arg, *argv);
		argc--;
		argv++;
	}
	return err ?: parse_keywords(call, argc, argv) ?: check_given(call);
}

/**
 * command_row() - print one row
 * @row: its attributes
 * @arg: the columns
 */
void command_row(struct nlattr **row, void *arg)
{
	const struct field *const *column = arg;

	print_row();
	for (; *column; column++)
		(*column)->kind->show(*column, row);
}

static int run(struct call *call)
{
	const struct command *command = call->command;
	void *columns = (void *)command->columns;
	int status;

	if (command->run)
		return command->run(call);
	if (!columns)
		return netlink_do(call->request, NULL, NULL);
	print_begin(command->record);
	if (command->record)
		status = netlink_do(call->request, command_row, columns);
	else
		status = netlink_dump(call->request, command_row, columns);
	print_end(status);
	return status;
}

static int show_help(const char *object_name, const char *command_name)
{
	const struct command *command;
	const struct object *object;

	if (!object_name) {
		help_usage(stdout);
		return DONE;
	}
	object = command_object(object_name);
	if (!object)
		return error(UNKNOWN_OBJECT, object_name);
	if (!command_name) {
		help_object(object);
		return DONE;
	}
	command = command_of(object, command_name);
	if (!command)
		return error(UNKNOWN_COMMAND, command_name, object_name);
	help_command(object, command);
	return DONE;
}

/* "help --man OBJECT", "help --objects", "help --completion": for the build */
static bool try_describe(int argc, char **argv)
{
	const struct object *object;

	if (argc == 3 && !strcmp(argv[1], "--man")) {
		object = command_object(argv[2]);
		if (object)
			describe_man(object);
		return object;
	}
	if (argc == 2 && !strcmp(argv[1], "--objects"))
		describe_objects();
	else if (argc == 2 && !strcmp(argv[1], "--completion"))
		describe_completion();
	else
		return false;
	return true;
}

static bool is_help(int argc, char **argv, int i)
{
	return argc > i && !strcmp(argv[i], "help");
}

/* "help [OBJECT [COMMAND]]", "OBJECT help [COMMAND]", "OBJECT COMMAND help" */
static bool try_help(int argc, char **argv, int *status)
{
	const char *object, *command;

	if (is_help(argc, argv, 0)) {
		*status = DONE;
		if (try_describe(argc, argv))
			return true;
		object = argc > 1 ? argv[1] : NULL;
		command = argc > 2 ? argv[2] : NULL;
	} else if (is_help(argc, argv, 1)) {
		object = argv[0];
		command = argc > 2 ? argv[2] : NULL;
	} else if (argc == 3 && is_help(argc, argv, 2)) {
		object = argv[0];
		command = argv[1];
	} else {
		return false;
	}
	if (argc > 3)
		*status = error("argument \"%s\" is one too many", argv[3]);
	else
		*status = show_help(object, command);
	return true;
}

static const struct command *find_command(const struct object *object,
					  int argc, char **argv, int *used)
{
	const struct command *named = NULL;

	if (argc > 1)
		named = command_of(object, argv[1]);
	if (named)
		*used = 2;
	else if (argc == 1 || object->commands->implied)
		named = object->commands;
	return named;
}

/**
 * command_line() - run one line
 * @argc: number of words, at least 1
 * @argv: object, command, arguments
 *
 * Return: an exit status.
 */
int command_line(int argc, char **argv)
{
	struct call call = { };
	int status, used = 1;

	if (try_help(argc, argv, &status))
		return status;
	call.object = command_object(argv[0]);
	if (!call.object)
		return error(UNKNOWN_OBJECT, argv[0]);
	call.command = find_command(call.object, argc, argv, &used);
	if (!call.command)
		return error(UNKNOWN_COMMAND, argv[1], argv[0]);
	if (netns_count() > 1 && !call.command->listens)
		return error("-netns can be given once for \"%s %s\"", argv[0],
			     call.command->name);
	call.request = netlink_request(call.command->cmd);
	if (call.command->preset_attr)
		mnl_attr_put_u8(call.request, call.command->preset_attr,
				call.command->preset);
	status = parse(&call, argc - used, argv + used);
	return status ?: run(&call);
}
