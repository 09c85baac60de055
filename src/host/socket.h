/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The sockets of this host that listen, as the stack keeps them.
 */
#ifndef IPOS_HOST_SOCKET_H
#define IPOS_HOST_SOCKET_H

#include "wire/advert.h"

struct net;
struct sock;
struct task_struct;

typedef void (*ipos_socket_t)(struct sock *sk, const struct ipos_listener *what,
			      void *arg);

bool ipos_listener_at(const struct sock *sk, struct ipos_listener *what);
bool ipos_listener_of(const struct sock *sk, struct ipos_listener *what);
void ipos_listener_owner(struct ipos_listener *what, struct task_struct *task);
void ipos_sockets_tcp(struct net *net, ipos_socket_t fn, void *arg);
void ipos_sockets_udp(struct net *net, ipos_socket_t fn, void *arg);

#endif /* IPOS_HOST_SOCKET_H */
