/* SPDX-License-Identifier: GPL-2.0 */
#ifndef IPOS_CTL_BATCH_H
#define IPOS_CTL_BATCH_H

#include <stdbool.h>

/* Runs each line of a file ("-": standard input); an exit status. */
int batch_run(const char *path, bool force);

#endif /* IPOS_CTL_BATCH_H */
