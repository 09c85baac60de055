/* SPDX-License-Identifier: GPL-2.0 */
/* What the agent says: a line each, to stderr. */
#ifndef IPOS_AGENT_LOG_H
#define IPOS_AGENT_LOG_H

void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif /* IPOS_AGENT_LOG_H */
