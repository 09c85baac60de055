// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "print.h"

/* Rows that are looked at to find the width of each column. */
#define LOOK_AHEAD 1000
#define CELLS 64
#define GAP 2

struct cell {
	const char *name;
	char *text;
	bool right;
};

struct row {
	struct cell cell[CELLS];
	int n;
};

static bool json, pretty, record, stream, bare;

/* What is being printed: text keeps rows back until the widths are known. */
static struct row *rows;
static int n_rows;
static int width[CELLS];
static bool wide, any;
static int cells;

/**
 * print_options() - how everything is shown from now on
 * @as_json: JSON instead of text
 * @as_pretty: JSON for the eye
 */
void print_options(bool as_json, bool as_pretty)
{
	json = as_json;
	pretty = as_pretty;
}

static void *must(void *memory)
{
	if (memory)
		return memory;
	fputs("Error: out of memory.\n", stderr);
	exit(1);
}

static void indent(int depth)
{
	if (pretty && !stream)
		printf("\n%*s", depth * 4, "");
}

static void json_string(const char *text)
{
	putchar('"');
	for (; *text; text++) {
		unsigned char c = *text;

		if (c == '"' || c == '\\')
			printf("\\%c", c);
		else if (c < ' ' || c > '~')
			printf("\\u%04x", c);
		else
			putchar(c);
	}
	putchar('"');
}

static void json_name(const char *name)
{
	putchar('"');
	for (; *name; name++)
		putchar(*name == '-' ? '_' : *name);
	fputs(pretty && !stream ? "\": " : "\":", stdout);
}

static void heading(const struct row *row)
{
	int last = row->n - 1;

	for (int i = 0; i < row->n; i++) {
		const struct cell *cell = &row->cell[i];
		int pad = width[i] - (int)strlen(cell->name);

		if (cell->right)
			printf("%*s", pad, "");
		for (const char *c = cell->name; *c; c++)
			putchar(toupper((unsigned char)*c));
		if (i < last)
			printf("%*s", (cell->right ? 0 : pad) + GAP, "");
	}
	putchar('\n');
}

static void line(const struct row *row)
{
	int last = row->n - 1;

	for (int i = 0; i < row->n; i++) {
		const struct cell *cell = &row->cell[i];

		if (cell->right)
			printf("%*s", width[i], cell->text);
		else
			printf("%-*s", i < last ? width[i] : 0, cell->text);
		if (i < last)
			printf("%*s", GAP, "");
	}
	putchar('\n');
}

static void lines(const struct row *row)
{
	int longest = 0;

	for (int i = 0; i < row->n; i++)
		if ((int)strlen(row->cell[i].name) > longest)
			longest = strlen(row->cell[i].name);
	for (int i = 0; i < row->n; i++)
		printf("%-*s%s\n", longest + GAP, row->cell[i].name,
		       row->cell[i].text);
}

static void measure(const struct row *row)
{
	for (int i = 0; i < row->n; i++) {
		int name = strlen(row->cell[i].name);
		int text = strlen(row->cell[i].text);

		if (width[i] < name)
			width[i] = name;
		if (width[i] < text)
			width[i] = text;
	}
}

static void flush_rows(void)
{
	if (!wide && n_rows && !record) {
		for (int i = 0; i < n_rows; i++)
			measure(&rows[i]);
		heading(&rows[0]);
		wide = true;
	}
	for (int i = 0; i < n_rows; i++) {
		(record ? lines : line)(&rows[i]);
		for (int j = 0; j < rows[i].n; j++)
			free(rows[i].cell[j].text);
	}
	n_rows = 0;
}

/**
 * print_begin() - rows follow
 * @as_record: there is one row, shown with a line per cell
 */
void print_begin(bool as_record)
{
	record = as_record;
	any = false;
	wide = false;
	memset(width, 0, sizeof(width));
	if (!json)
		rows = must(calloc(LOOK_AHEAD, sizeof(*rows)));
}

static void close_row(void)
{
	if (json && any) {
		indent(1);
		putchar('}');
	}
}

/**
 * print_row() - the next cells belong to a new row
 */
void print_row(void)
{
	close_row();
	if (json) {
		putchar(any ? ',' : '[');
		indent(1);
		putchar('{');
	} else {
		if (n_rows == LOOK_AHEAD)
			flush_rows();
		rows[n_rows++].n = 0;
	}
	any = true;
	cells = 0;
}

/**
 * print_end() - that were all rows
 * @failed: without any row, show nothing, not even that there are none
 */
void print_end(bool failed)
{
	close_row();
	if (json) {
		if (any)
			indent(0);
		if (any || !failed)
			puts(any ? "]" : "[]");
		return;
	}
	flush_rows();
	free(rows);
	rows = NULL;
}

/* As -batch reads it back. */
static void put_quoted(const char *text)
{
	for (; *text; text++) {
		if (strchr(" \t\"'\\#", *text))
			putchar('\\');
		putchar(*text);
	}
}

static void put_words(const char *name, const char *text)
{
	if (cells++)
		putchar(' ');
	if (!bare)
		printf(text ? "%s " : "%s", name);
	if (text)
		put_quoted(text);
	bare = false;
}

static void add_cell(const char *name, const char *text, bool right)
{
	struct row *row;

	if (stream) {
		put_words(name, text);
		return;
	}
	row = &rows[n_rows - 1];
	if (row->n == CELLS)
		abort();
	row->cell[row->n++] = (struct cell){
		.name = name, .text = must(strdup(text)), .right = right,
	};
}

static void add_name(const char *name)
{
	if (cells++)
		putchar(',');
	bare = false;
	indent(2);
	json_name(name);
}

/* What others gave a name must not command the terminal. */
static void add_text(const char *name, const char *value)
{
	char *text = must(strdup(value)), *c;

	for (c = text; *c; c++)
		if (iscntrl((unsigned char)*c))
			*c = '_';
	add_cell(name, text, false);
	free(text);
}

/**
 * print_text() - a cell with words
 * @name: of the column
 * @value: the text
 */
void print_text(const char *name, const char *value)
{
	if (!json) {
		add_text(name, value);
		return;
	}
	add_name(name);
	json_string(value);
}

/**
 * print_number() - a cell with a number
 * @name: of the column
 * @value: the number
 */
void print_number(const char *name, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, value);
	if (!json) {
		add_cell(name, text, true);
		return;
	}
	add_name(name);
	fputs(text, stdout);
}

/**
 * print_seconds() - a cell with a time
 * @name: of the column
 * @ms: milliseconds; shown as seconds
 */
void print_seconds(const char *name, uint64_t ms)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRIu64 ".%03u", ms / 1000,
		 (unsigned int)(ms % 1000));
	if (!json) {
		add_cell(name, text, true);
		return;
	}
	add_name(name);
	fputs(text, stdout);
}

/**
 * print_microseconds() - a cell with a short time
 * @name: of the column
 * @us: microseconds; shown as seconds
 */
void print_microseconds(const char *name, uint64_t us)
{
	char text[32];

	snprintf(text, sizeof(text), "%" PRIu64 ".%06u", us / 1000000,
		 (unsigned int)(us % 1000000));
	if (!json) {
		add_cell(name, text, true);
		return;
	}
	add_name(name);
	fputs(text, stdout);
}

/**
 * print_bool() - a cell with yes or no
 * @name: of the column
 * @value: which
 */
void print_bool(const char *name, bool value)
{
	if (!json) {
		add_cell(name, value ? "yes" : "no", false);
		return;
	}
	add_name(name);
	fputs(value ? "true" : "false", stdout);
}

static void add_list(const char *name, const char *const *words, uint32_t bits)
{
	char text[128] = "";
	size_t len = 0;

	for (int i = 0; words[i]; i++)
		if (bits & 1u << i && len < sizeof(text))
			len += snprintf(text + len, sizeof(text) - len, "%s%s",
					len ? "," : "", words[i]);
	add_cell(name, len ? text : "-", false);
}

/**
 * print_list() - a cell with any number of words
 * @name: of the column
 * @words: the word of each bit, ends with NULL
 * @bits: those to be shown
 */
void print_list(const char *name, const char *const *words, uint32_t bits)
{
	bool more = false;

	if (!json) {
		add_list(name, words, bits);
		return;
	}
	add_name(name);
	putchar('[');
	for (int i = 0; words[i]; i++) {
		if (!(bits & 1u << i))
			continue;
		if (more)
			putchar(',');
		json_string(words[i]);
		more = true;
	}
	putchar(']');
}

/**
 * print_none() - a cell without a value: JSON has none
 * @name: of the column
 */
void print_none(const char *name)
{
	bare = false;
	if (!json && !stream)
		add_cell(name, "-", false);
}

/**
 * print_flag() - a cell that is there or not
 * @name: of the column
 * @value: which
 */
void print_flag(const char *name, bool value)
{
	if (!stream)
		print_bool(name, value);
	else if (!value)
		print_none(name);
	else if (json)
		print_bool(name, value);
	else
		put_words(name, NULL);
}

/**
 * print_line() - the next cells are a row by itself
 */
void print_line(void)
{
	stream = true;
	bare = false;
	cells = 0;
	if (json)
		putchar('{');
}

/**
 * print_bare() - in words, the value of the next cell says enough
 */
void print_bare(void)
{
	bare = true;
}

/**
 * print_line_end() - the row is complete, and to be seen
 */
void print_line_end(void)
{
	puts(json ? "}" : "");
	fflush(stdout);
	stream = false;
}
