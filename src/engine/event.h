/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Telling of a step: ipos_event(engine, committed, ipos_event_of(flow, NONE)),
 * in the one place where the step is done.
 */
#ifndef IPOS_ENGINE_EVENT_H
#define IPOS_ENGINE_EVENT_H

#include "base/trace.h"
#include "engine/engine.h"

#define IPOS_EVENT_STEP(name, NAME) \
	enum { IPOS_E_##name = IPOS_HANDOFF_STEP_##NAME };
IPOS_STEPS(IPOS_EVENT_STEP)
#undef IPOS_EVENT_STEP

/* The event is not even looked at when nobody wants it. Any context. */
#define ipos_event(engine, name, ...) do {				\
	struct net *net__ = (engine)->net;				\
	bool wanted__ = ipos_event_wanted(net__);			\
									\
	if (wanted__ || trace_ipos_##name##_enabled()) {		\
		const struct ipos_event event__ = __VA_ARGS__;		\
									\
		trace_ipos_##name(net__, &event__);			\
		if (wanted__)						\
			ipos_event_tell(net__, (int)IPOS_E_##name,	\
					&event__);			\
	}								\
} while (0)

static inline struct ipos_event
ipos_event_made(const struct ipos_flow *flow, enum ipos_handoff_reason reason)
{
	return (struct ipos_event){
		.key = flow->key,
		.handoff_id = flow->handoff_id,
		.peer = flow->peer ? flow->peer->ip : 0,
		.role = flow->flags & IPOS_FLOW_TARGET ?
			IPOS_HANDOFF_ROLE_TARGET : IPOS_HANDOFF_ROLE_ORIGIN,
		.reason = reason,
	};
}

/* Of a flow whose lock is held, or that nobody changes any more. */
#define ipos_event_of(flow, REASON) \
	ipos_event_made(flow, IPOS_HANDOFF_REASON_##REASON)

/* A refusal's reason as another board says it, which may be a newer one. */
static inline enum ipos_handoff_reason ipos_event_refusal(u16 reason)
{
	BUILD_BUG_ON((int)IPOS_REFUSE_NO_LISTENER !=
		     IPOS_HANDOFF_REASON_NO_LISTENER);
	BUILD_BUG_ON((int)IPOS_REFUSE_DRAINING !=
		     IPOS_HANDOFF_REASON_DRAINING);
	if (reason == IPOS_REFUSE_STARTING)
		return IPOS_HANDOFF_REASON_STARTING;
	if (reason < IPOS_REFUSE_NO_LISTENER || reason > IPOS_REFUSE_DRAINING)
		return IPOS_HANDOFF_REASON_OTHER;
	return (enum ipos_handoff_reason)reason;
}

#endif /* IPOS_ENGINE_EVENT_H */
