/* SPDX-License-Identifier: GPL-2.0 */
/* Whether this board could start a registered application now. Any context. */
#ifndef IPOS_ENGINE_STARTABLE_H
#define IPOS_ENGINE_STARTABLE_H

#include "engine/engine.h"

enum ipos_lack {
	IPOS_LACKS_NOTHING,
	IPOS_LACKS_REST,	/* it has failed, or runs */
	IPOS_LACKS_AGENT,
	IPOS_LACKS_MEMORY,
	IPOS_LACKS_CPU,
};

enum ipos_lack ipos_startable_lacks(const struct ipos_engine *engine,
				    const struct ipos_program *program);
bool ipos_startable(const struct ipos_engine *engine,
		    const struct ipos_program *program);

#endif /* IPOS_ENGINE_STARTABLE_H */
