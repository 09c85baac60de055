// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "batch.h"
#include "command.h"
#include "error.h"
#include "split.h"

#define WORDS_MAX 256

/* The number of words, 0 for none, or -1 after saying what is wrong. */
static int split(char *line, char **words)
{
	int n = 0;

	for (;;) {
		line = split_blanks(line);
		if (!*line || *line == '#')
			break;
		if (n == WORDS_MAX) {
			error("the line has more than %d words", WORDS_MAX);
			return -1;
		}
		words[n++] = line;
		line = split_word(line);
		if (!line) {
			error("a quote is not closed");
			return -1;
		}
	}
	words[n] = NULL;
	return n;
}

static int run_line(char *line)
{
	char *words[WORDS_MAX + 1];
	int n = split(line, words);

	if (n <= 0)
		return n ? WRONG : DONE;
	return command_line(n, words);
}

static int run_lines(FILE *file, const char *name, bool force)
{
	int status = DONE, failed, number = 0;
	char *line = NULL;
	size_t size = 0;

	while (getline(&line, &size, file) >= 0) {
		number++;
		failed = run_line(line);
		if (!failed)
			continue;
		status = failed;
		fprintf(stderr, "Command failed %s:%d\n", name, number);
		if (!force)
			break;
	}
	free(line);
	return status;
}

/**
 * batch_run() - run each line of a file as a command
 * @path: the file, "-" for standard input
 * @force: go on after errors
 *
 * Return: the exit status of the last command that failed, DONE if none did.
 */
int batch_run(const char *path, bool force)
{
	bool from_stdin = !strcmp(path, "-");
	FILE *file = from_stdin ? stdin : fopen(path, "r");
	int status;

	if (!file)
		return error("cannot open \"%s\": %s", path, strerror(errno));
	status = run_lines(file, path, force);
	if (ferror(file))
		status = error("cannot read \"%s\": %s", path, strerror(errno));
	if (!from_stdin)
		fclose(file);
	return status;
}
