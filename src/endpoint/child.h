/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A listener's child, built from a control block and taken apart again.
 */
#ifndef IPOS_ENDPOINT_CHILD_H
#define IPOS_ENDPOINT_CHILD_H

#include "base/key.h"
#include "wire/wire.h"

struct request_sock;
struct sk_buff;
struct sock;

struct sock *ipos_child_create(struct sock *listener,
			       const struct ipos_key *key,
			       const struct ipos_tcb *tcb,
			       struct sk_buff *ack, struct request_sock **reqp);
void ipos_child_established(struct sock *child, const struct ipos_tcb *tcb);
void ipos_child_destroy(struct sock *child, struct sk_buff *ack);

#endif /* IPOS_ENDPOINT_CHILD_H */
