/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The hook functions: kernel codes on one side, verdicts on the other.
 */
#ifndef IPOS_HOOK_HOOK_H
#define IPOS_HOOK_HOOK_H

#include <linux/netfilter.h>

unsigned int ipos_hook_ingress(void *priv, struct sk_buff *skb,
			       const struct nf_hook_state *state);

int ipos_hook_local_in_init(void);
void ipos_hook_local_in_exit(void);
int ipos_hook_local_out_init(void);
int ipos_hook_local_out_get(struct net *net);
void ipos_hook_local_out_put(struct net *net);
void ipos_hook_local_out_exit(void);

#endif /* IPOS_HOOK_HOOK_H */
