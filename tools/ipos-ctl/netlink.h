/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Requests to the kernel's family "ipos" and its answers.
 */
#ifndef IPOS_CTL_NETLINK_H
#define IPOS_CTL_NETLINK_H

#include <stdbool.h>
#include <stdint.h>
#include <libmnl/libmnl.h>

/* Attributes of one row by number, NULL where it has none. */
#define ATTRS 64

typedef void (*row_t)(struct nlattr **attrs, void *arg);

/* A request into which attributes can be put; one at a time. */
struct nlmsghdr *netlink_request(uint8_t cmd);
/* Sends it; each row of the answer goes to row(). An exit status. */
int netlink_do(struct nlmsghdr *request, row_t row, void *arg);
int netlink_dump(struct nlmsghdr *request, row_t row, void *arg);
void netlink_close(void);

/* Says what an error number means; REFUSED. */
int netlink_refusal(int err);
/* A socket that hears the family's multicast groups; an exit status. */
int netlink_listen(const char *const *names, struct mnl_socket **listener);
/* The attributes of a message of the family, by number. */
void netlink_attrs(const struct nlmsghdr *nlh, struct nlattr **attrs);
/* Those inside of one of them. */
void netlink_nested(const struct nlattr *nest, struct nlattr **attrs);

#endif /* IPOS_CTL_NETLINK_H */
