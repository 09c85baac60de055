// SPDX-License-Identifier: GPL-2.0
#include "engine/learn.h"
#include "engine/outgoing.h"

/**
 * ipos_outgoing_wanted() - whether anybody looks at what this host sends
 * @engine: the namespace
 *
 * A UDP flow is served here only while there is a UDP service or a fabric
 * device; it may outlive them.
 *
 * Any context.
 *
 * Return: see there.
 */
bool ipos_outgoing_wanted(struct ipos_engine *engine)
{
	bool learns = ipos_learn_any(engine);

	WRITE_ONCE(engine->outgoing.learns, learns);
	return learns || atomic_read(&engine->outgoing.users) ||
	       atomic_read(&engine->flows.by_reply.nelems);
}

/**
 * ipos_outgoing_review() - have it looked at as long as that is wanted
 * @engine: the namespace
 *
 * After a name was made known, and now and then, for those, and for flows, that
 * have gone. Any context.
 */
void ipos_outgoing_review(struct ipos_engine *engine)
{
	void (*changed)(struct ipos_engine *engine);

	rcu_read_lock();
	changed = READ_ONCE(engine->outgoing.changed);
	if (changed && ipos_outgoing_wanted(engine) !=
		       READ_ONCE(engine->outgoing.is_on))
		changed(engine);
	rcu_read_unlock();
}
