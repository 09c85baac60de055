/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How loaded this host is: docs/state.md tells how each number is computed.
 */
#ifndef IPOS_HOST_LOAD_H
#define IPOS_HOST_LOAD_H

#include "table/dev.h"
#include "table/flow.h"
#include "wire/advert.h"

struct net;

/**
 * struct ipos_load - what is known from the last sample
 * @at: when it was, ns; 0: never
 * @idle: time the CPUs have been idle, us
 * @cpus: how many these were
 * @opens: connections that came, modulo 2^32
 * @backlog: those of them that nobody had accepted
 * @other_backlog: and of these, no rows of the Local Table
 * @other_connections: established ones that are none
 * @cpu: utilization, per mille
 * @accept_us: time to accept
 * @speeds: jiffies when the devices' speeds are to be asked for again
 */
struct ipos_load {
	u64		at;
	u64		idle;
	unsigned int	cpus;
	u32		opens;
	u32		backlog;
	u32		other_backlog;
	u32		other_connections;
	u32		cpu;
	u32		accept_us;
	unsigned long	speeds;
};

/**
 * struct ipos_load_of - what is sampled
 * @net: the namespace
 * @devs: devices with a role
 * @flows: with the Local Table
 * @link_speed: of the devices, Mbit/s; 0: as they say
 */
struct ipos_load_of {
	struct net			*net;
	const struct ipos_dev_table	*devs;
	struct ipos_flow_table		*flows;
	u32				link_speed;
};

void ipos_load_count(struct ipos_load *load, const struct ipos_load_of *of,
		     struct ipos_state *state);
void ipos_load_sample(struct ipos_load *load, const struct ipos_load_of *of,
		      struct ipos_state *state);

#endif /* IPOS_HOST_LOAD_H */
