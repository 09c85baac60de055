/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The one way in which anything is shown. Each call serves the text and the
 * JSON form; which one it is, only this file knows.
 */
#ifndef IPOS_CTL_PRINT_H
#define IPOS_CTL_PRINT_H

#include <stdbool.h>
#include <stdint.h>

void print_options(bool as_json, bool as_pretty);

/* record: a line per cell instead of a line per row. */
void print_begin(bool record);
void print_row(void);
void print_text(const char *name, const char *value);
void print_number(const char *name, uint64_t value);
void print_seconds(const char *name, uint64_t ms);
void print_microseconds(const char *name, uint64_t us);
void print_bool(const char *name, bool value);
void print_flag(const char *name, bool value);
void print_list(const char *name, const char *const *words, uint32_t bits);
void print_none(const char *name);
void print_end(bool failed);

/* A row by itself, at once: words in a line, or a JSON object in a line. */
void print_line(void);
/* In words: the next cell without its name. */
void print_bare(void);
void print_line_end(void);

#endif /* IPOS_CTL_PRINT_H */
