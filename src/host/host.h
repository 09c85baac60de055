/* SPDX-License-Identifier: GPL-2.0 */
/*
 * This machine, as one network namespace sees it: its load, what listens, and
 * whose that is, looked at again and again.
 */
#ifndef IPOS_HOST_HOST_H
#define IPOS_HOST_HOST_H

#include <linux/workqueue.h>
#include "base/count.h"
#include "host/load.h"
#include "table/app.h"
#include "table/listen.h"

struct sock;

/**
 * struct ipos_host - of one namespace; the first part is whose has it
 * @net: the namespace
 * @counters: what could not be listed
 * @devs: devices with a role
 * @services: virtual services
 * @flows: whose rows of the Local Table are looked at
 * @server_ip: this board's, 0: none
 * @link_speed: the setting, Mbit/s
 * @advertise_ms: the setting: no sample need be younger; 0: nobody is told
 * @listens: gets the sockets
 * @apps: gets the processes
 * @state: gets the load
 * @load: between two samples
 * @sample: takes a sample
 * @look: looks for sockets and processes
 * @snapshot: number of the look that is going on, or was the last
 * @looked: jiffies of that
 * @round: number of the last look for processes
 * @rounded: jiffies of that
 * @searched: jiffies of the last search for owners
 * @patience: jiffies until the next
 * @unknown: sockets whose owners it has not found
 */
struct ipos_host {
	struct net			*net;
	struct ipos_counters __percpu	*counters;
	const struct ipos_dev_table	*devs;
	const struct ipos_bound		*services;
	struct ipos_flow_table		*flows;
	const __be32			*server_ip;
	const u32			*link_speed;
	const u32			*advertise_ms;
	struct ipos_listen_table	*listens;
	struct ipos_app_table		*apps;
	struct ipos_state		*state;

	struct ipos_load		load;
	struct delayed_work		sample;
	struct delayed_work		look;
	u32				snapshot;
	unsigned long			looked;
	u32				round;
	unsigned long			rounded;
	unsigned long			searched;
	unsigned long			patience;
	unsigned int			unknown;
};

void ipos_host_start(struct ipos_host *host);
void ipos_host_stop(struct ipos_host *host);
void ipos_host_count(struct ipos_host *host, struct ipos_state *state);
void ipos_host_listens(struct ipos_host *host, const struct sock *sk);
void ipos_host_listened(struct ipos_host *host, const struct sock *sk);

#endif /* IPOS_HOST_HOST_H */
