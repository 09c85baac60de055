/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Objects, their commands and arguments, described once: parsing, help and
 * whatever else is made from them reads these tables. An object is one file
 * that says OBJECT(...); nothing else names it.
 */
#ifndef IPOS_CTL_COMMAND_H
#define IPOS_CTL_COMMAND_H

#include <stdbool.h>
#include <stdint.h>
#include "value.h"

enum arg_how {
	ARG_KEYWORD,		/* NAME VALUE, anywhere */
	ARG_FIRST,		/* VALUE, in its place before the keywords */
	ARG_FIRST_OPTIONAL,	/* the same, or nothing */
	ARG_NEEDED,		/* NAME VALUE, cannot be left out */
	ARG_ONE_OF,		/* NAME VALUE, at least one of these */
	ARG_MANY,		/* VALUE..., not sent, from call->words */
};

struct arg {
	const struct field *field;
	enum arg_how how;
};

struct call;

/**
 * struct command - what can be done with an object
 * @name: the word
 * @help: what it does
 * @cmd: IPOS_CMD_*
 * @args: ends with a NULL field; NULL: none
 * @columns: what is shown of each row, ends with NULL; NULL: shows nothing
 * @record: there is one row, asked for without a dump
 * @preset_attr: a u8 attribute that is sent always, 0: none
 * @preset: its value
 * @run: instead of send and show
 * @implied: arguments may follow the object at once; of its first command
 * @listens: works in any number of network namespaces
 */
struct command {
	const char *name;
	const char *help;
	uint8_t cmd;
	const struct arg *args;
	const struct field *const *columns;
	bool record;
	uint16_t preset_attr;
	uint8_t preset;
	int (*run)(struct call *call);
	bool implied;
	bool listens;
};

/**
 * struct object - what commands are about
 * @name: the word
 * @help: what it is
 * @commands: ends with a NULL name; the first one is the default
 */
struct object {
	const char *name;
	const char *help;
	const struct command *commands;
};

/* Registers an object; name is an identifier and the word. */
#define OBJECT(name_, help_, commands_)					\
	static const struct object object_##name_ = {			\
		#name_, help_, commands_				\
	};								\
	static const struct object *const registered_##name_		\
	__attribute__((section("objects"), used)) = &object_##name_

/* The linker's names for the ends of the section that OBJECT() fills. */
extern const struct object *const __start_objects[];
extern const struct object *const __stop_objects[];

#define WORDS 64

/**
 * struct call - a command that was asked for
 * @object: whose command
 * @command: which
 * @request: with what was given
 * @words: values of ARG_MANY
 * @n_words: how many
 * @given: bit i: argument i of the command was given
 */
struct call {
	const struct object *object;
	const struct command *command;
	struct nlmsghdr *request;
	const char *words[WORDS];
	int n_words;
	uint64_t given;
};

/* Runs one line of words; returns an exit status. */
int command_line(int argc, char **argv);
/* Prints the columns of a row; a row_t, arg is the columns. */
void command_row(struct nlattr **row, void *arg);
/* All objects by name; the last one is NULL. */
const struct object *const *command_objects(void);
const struct object *command_object(const char *name);
const struct command *command_of(const struct object *object, const char *name);
/* Whether the argument is named, and not known by its place. */
bool command_is_keyword(enum arg_how how);
/* Whether the object's commands had this argument before. */
bool command_told_before(const struct object *object,
			 const struct command *command, const struct arg *arg);

#endif /* IPOS_CTL_COMMAND_H */
