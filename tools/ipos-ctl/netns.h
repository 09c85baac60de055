/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Network namespaces asked for by -netns: one for most commands, any number
 * for those that listen.
 */
#ifndef IPOS_CTL_NETNS_H
#define IPOS_CTL_NETNS_H

#define NETNS_MAX 64

/* Remembers a name; an exit status. */
int netns_add(const char *name);
int netns_count(void);
const char *netns_name(int i);
/* Goes there; an exit status. */
int netns_enter(const char *name);

#endif /* IPOS_CTL_NETNS_H */
