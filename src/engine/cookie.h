/* SPDX-License-Identifier: GPL-2.0 */
/*
 * SYN cookies: when many handshakes are unfinished, the SYN-ACK itself carries
 * what an entry would have remembered. Below the responder, which makes the
 * endpoint, and below all that ends one.
 */
#ifndef IPOS_ENGINE_COOKIE_H
#define IPOS_ENGINE_COOKIE_H

#include "compat/cookie.h"
#include "engine/packet.h"
#include "engine/unattached.h"

/* A tombstone of what a cookie began outlives the cookie. */
#define IPOS_COOKIE_LIFE_S	(IPOS_COOKIE_VALID / HZ + 1)

bool ipos_cookie_wanted(const struct ipos_engine *engine,
			const struct ipos_packet *syn);
void ipos_cookie_send(struct ipos_endpoint *ep, const struct sk_buff *skb,
		      const struct ipos_packet *syn);
bool ipos_cookie_expected(const struct ipos_engine *engine);
bool ipos_cookie_read(const struct ipos_engine *engine,
		      const struct sk_buff *skb,
		      const struct ipos_packet *packet,
		      struct tcp_options_received *opt, bool *ecn);
bool ipos_cookie_remove(struct ipos_engine *engine, struct ipos_flow *flow,
			enum ipos_flow_state from);

#endif /* IPOS_ENGINE_COOKIE_H */
