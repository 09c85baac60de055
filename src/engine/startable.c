// SPDX-License-Identifier: GPL-2.0
#include "base/event.h"
#include "engine/startable.h"

/**
 * ipos_startable_lacks() - what stands in the way of a start
 * @engine: the namespace
 * @program: borrowed under RCU
 *
 * Return: the first thing that does.
 */
enum ipos_lack ipos_startable_lacks(const struct ipos_engine *engine,
				    const struct ipos_program *program)
{
	const struct ipos_program_config *config = &program->config;

	if (READ_ONCE(program->state) != IPOS_APP_STATE_STOPPED)
		return IPOS_LACKS_REST;
	if (!ipos_event_agent(engine->net) || READ_ONCE(engine->unheard))
		return IPOS_LACKS_AGENT;
	if (READ_ONCE(engine->state.memory) < config->required)
		return IPOS_LACKS_MEMORY;
	if (config->max_cpu &&
	    READ_ONCE(engine->state.cpu) >= config->max_cpu)
		return IPOS_LACKS_CPU;
	return IPOS_LACKS_NOTHING;
}

/**
 * ipos_startable() - whether this board can start it, or just does
 * @engine: the namespace
 * @program: borrowed under RCU
 *
 * Return: whether endpoints may be given to it, and other boards be told so.
 */
bool ipos_startable(const struct ipos_engine *engine,
		    const struct ipos_program *program)
{
	return READ_ONCE(program->state) == IPOS_APP_STATE_STARTING ||
	       !ipos_startable_lacks(engine, program);
}
