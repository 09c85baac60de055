/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The programs that the agent has started, and what becomes of them.
 */
#ifndef IPOS_AGENT_CHILD_H
#define IPOS_AGENT_CHILD_H

#include <stdbool.h>

/* Units are started by this program. */
void child_systemctl(const char *path);
/* Starts an application; says so, or what is in the way. */
void child_start(const char *name, const char *command, bool unit);
/* Some have ended: says so, to the module too. */
void child_reap(void);
/* The agent ends: what it has started goes on. */
void child_leave(void);

#endif /* IPOS_AGENT_CHILD_H */
