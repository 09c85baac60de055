/* SPDX-License-Identifier: GPL-2.0 */
/* Refusals of offers, made here or heard of others, counted by their reason. */
#ifndef IPOS_ENGINE_REFUSAL_H
#define IPOS_ENGINE_REFUSAL_H

#include "engine/event.h"

static_assert((int)IPOS_REFUSE_STARTING - IPOS_REFUSE_NO_LISTENER ==
	      IPOS_N_refused_starting - IPOS_N_refused_no_listener);
static_assert((int)IPOS_HANDOFF_REASON_OTHER - IPOS_REFUSE_NO_LISTENER ==
	      IPOS_N_handoff_refused_other -
	      IPOS_N_handoff_refused_no_listener);

/* Of @kind, refused or handoff_refused, one more in all and by its reason. */
#define ipos_count_refusal(engine, kind, reason) do {			\
	struct ipos_counters __percpu *counters__ = (engine)->counters;	\
									\
	ipos_count(counters__, kind);					\
	ipos_count_index(counters__, (enum ipos_counter)		\
			 (IPOS_N_##kind##_no_listener +			\
			  ((int)(reason) - IPOS_REFUSE_NO_LISTENER)));	\
} while (0)

/* As heard of another board: enum ipos_handoff_reason has one place apart. */
static inline void ipos_count_handoff_refused(struct ipos_engine *engine,
					      enum ipos_handoff_reason reason)
{
	if (reason == IPOS_HANDOFF_REASON_STARTING) {
		ipos_count(engine->counters, handoff_refused);
		ipos_count(engine->counters, handoff_refused_starting);
	} else {
		ipos_count_refusal(engine, handoff_refused, reason);
	}
}

#endif /* IPOS_ENGINE_REFUSAL_H */
