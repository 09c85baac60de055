/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which boards an endpoint can be given to, as this board sees them now: up,
 * fresh, not draining, and listening on the service's port, or able to start
 * what does. All calls: RCU
 * held, softirq or bottom halves off.
 */
#ifndef IPOS_ENGINE_CANDIDATE_H
#define IPOS_ENGINE_CANDIDATE_H

#include "engine/unattached.h"

/**
 * struct ipos_choice - a decision to be made
 * @engine: the namespace
 * @ep: whose, gets the candidates
 * @named: Server IPs of the boards it is among; NULL: all there are
 * @n_named: how many
 * @here: this board may be chosen
 * @quiet: who is passed over was counted already, or will be
 * @start: among those that can start the application, not those that listen
 * @ask: among those that are not known to listen, nor to be able to start it
 * @session: it has begun there: a board that gets nothing new keeps it
 */
struct ipos_choice {
	struct ipos_engine	*engine;
	struct ipos_endpoint	*ep;
	const __be32		*named;
	unsigned int		n_named;
	bool			here;
	bool			start;
	bool			ask;
	bool			quiet;
	bool			session;
};

/**
 * struct ipos_view - a board that may be chosen
 * @server: its row; NULL: this board
 * @ip: Server IP, of this board too, network byte order
 * @state: what it told last; each member is read by itself
 * @since: endpoints it got from us since then, less those that ended
 * @weight: 1 to 10000
 */
struct ipos_view {
	struct ipos_server	*server;
	__be32			ip;
	const struct ipos_state	*state;
	s32			since;
	u32			weight;
};

/* What a board told, and what it must have by now. */
static inline u32 ipos_view_now(u32 told, const struct ipos_view *view)
{
	s64 now = (s64)told + view->since;

	return clamp_t(s64, now, 0, U32_MAX);
}

typedef void (*ipos_candidate_fn)(const struct ipos_view *view, void *arg);

void ipos_candidate_each(const struct ipos_choice *choice,
			 ipos_candidate_fn fn, void *arg);
void ipos_candidate_some(const struct ipos_choice *choice,
			 ipos_candidate_fn fn, void *arg);
void ipos_candidate_starting(const struct ipos_choice *choice);
bool ipos_candidate_here(const struct ipos_choice *choice);
bool ipos_candidate_add(struct ipos_endpoint *ep, __be32 ip);

#endif /* IPOS_ENGINE_CANDIDATE_H */
