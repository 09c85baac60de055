/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A line cut into words as a shell does it: quotes and backslashes hold blanks
 * back. Nothing is expanded.
 */
#ifndef IPOS_CTL_SPLIT_H
#define IPOS_CTL_SPLIT_H

/* What follows the blanks. */
char *split_blanks(char *line);
/* Cuts a word off, in place; what follows it, NULL: a quote is not closed. */
char *split_word(char *line);

#endif /* IPOS_CTL_SPLIT_H */
