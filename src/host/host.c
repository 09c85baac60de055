// SPDX-License-Identifier: GPL-2.0
#include <linux/jiffies.h>
#include <linux/sched.h>
#include <net/sock.h>
#include "host/host.h"
#include "host/owner.h"
#include "host/socket.h"

/* Between two looks at most, and at least however often programs come and go. */
#define PERIOD		HZ
#define PAUSE		max(HZ / 50, 1)
/* Between two searches that found nobody, at most. */
#define PATIENCE	(64 * HZ)

/* A namespace in which nothing is set up is none of our business. */
static bool is_used(const struct ipos_host *host)
{
	return READ_ONCE(*host->server_ip) ||
	       ipos_bound_count(host->services) ||
	       !list_empty(&host->devs->list);
}

/* Nothing older is told than what one advertisement before was. */
static unsigned long pause_of(const struct ipos_host *host)
{
	u32 ms = READ_ONCE(*host->advertise_ms);

	return ms ? clamp(msecs_to_jiffies(ms), 1UL, (unsigned long)PERIOD) :
		    PERIOD;
}

static struct ipos_load_of what_of(const struct ipos_host *host)
{
	return (struct ipos_load_of){
		.net = host->net, .devs = host->devs, .flows = host->flows,
		.link_speed = READ_ONCE(*host->link_speed),
	};
}

static void sample(struct work_struct *work)
{
	struct ipos_host *host = container_of(to_delayed_work(work),
					      struct ipos_host, sample);
	const struct ipos_load_of of = what_of(host);

	if (is_used(host))
		ipos_load_sample(&host->load, &of, host->state);
	queue_delayed_work(system_unbound_wq, &host->sample, pause_of(host));
}

static void list_socket(struct sock *sk, const struct ipos_listener *what,
			void *arg)
{
	struct ipos_host *host = arg;
	int err;

	err = ipos_listen_heard(host->listens, IPOS_HERE, what, host->snapshot);
	if (err == -ENOMEM)
		ipos_count(host->counters, drop_no_memory);
	else if (err)
		ipos_count(host->counters, drop_limit_listen);
}

static void look_for_sockets(struct ipos_host *host)
{
	WRITE_ONCE(host->snapshot, host->snapshot + 1);
	ipos_sockets_tcp(host->net, list_socket, host);
	ipos_sockets_udp(host->net, list_socket, host);
	ipos_listen_complete(host->listens, IPOS_HERE, host->snapshot);
}

/* What nobody was found for once may be nobody's: less and less often. */
static void search(struct ipos_host *host, unsigned int unknown)
{
	if (unknown > host->unknown)
		host->patience = PERIOD;
	if (time_before(jiffies, host->searched + host->patience))
		return;
	host->unknown = ipos_owner_find(host->listens, host->net);
	host->searched = jiffies;
	host->patience = min_t(unsigned long, 2 * host->patience, PATIENCE);
}

static void look_for_processes(struct ipos_host *host)
{
	unsigned int unknown;

	if (time_before(jiffies, host->rounded + PERIOD))
		return;
	host->rounded = jiffies;
	host->round++;
	unknown = ipos_owner_sample(host->listens, host->apps, host->round,
				    host->counters);
	if (unknown)
		search(host, unknown);
	else
		host->unknown = 0;
}

static void forget(struct ipos_host *host)
{
	ipos_listen_forget(host->listens, IPOS_HERE);
	ipos_app_complete(host->apps, ++host->round);
}

static void look(struct work_struct *work)
{
	struct ipos_host *host = container_of(to_delayed_work(work),
					      struct ipos_host, look);

	WRITE_ONCE(host->looked, jiffies);
	if (is_used(host)) {
		look_for_sockets(host);
		look_for_processes(host);
	} else {
		forget(host);
	}
	queue_delayed_work(system_unbound_wq, &host->look, PERIOD);
}

/**
 * ipos_host_start() - begin to look
 * @host: zeroed, but for its first part
 */
void ipos_host_start(struct ipos_host *host)
{
	INIT_DELAYED_WORK(&host->sample, sample);
	INIT_DELAYED_WORK(&host->look, look);
	host->looked = jiffies;
	host->rounded = jiffies - PERIOD;
	host->searched = jiffies - PATIENCE;
	host->load.speeds = jiffies;
	queue_delayed_work(system_unbound_wq, &host->sample, 0);
	queue_delayed_work(system_unbound_wq, &host->look, 0);
}

/**
 * ipos_host_stop() - look no more
 * @host: started; ipos_host_listens() is not called any more
 *
 * May sleep.
 */
void ipos_host_stop(struct ipos_host *host)
{
	cancel_delayed_work_sync(&host->sample);
	cancel_delayed_work_sync(&host->look);
}

/**
 * ipos_host_count() - the connections of this moment
 * @host: started
 * @state: gets those that are established, and those in flight
 *
 * Process context.
 */
void ipos_host_count(struct ipos_host *host, struct ipos_state *state)
{
	const struct ipos_load_of of = what_of(host);

	ipos_load_count(&host->load, &of, state);
}

/* Now, or when it has rested for a moment. */
static void look_soon(struct ipos_host *host)
{
	unsigned long due = READ_ONCE(host->looked) + PAUSE;

	mod_delayed_work(system_unbound_wq, &host->look,
			 time_before(jiffies, due) ? due - jiffies : 0);
}

/**
 * ipos_host_listens() - a TCP socket is about to listen
 * @host: of its namespace
 * @sk: the socket; who makes it listen is the one that calls
 *
 * It is listed before it can be found, so it stays through the look that
 * follows; should it fail to get its port, the next one finds out. The
 * socket's lock is held, preemption is off.
 */
void ipos_host_listens(struct ipos_host *host, const struct sock *sk)
{
	struct ipos_listener what;

	if (!is_used(host))
		return;
	if (ipos_listener_at(sk, &what)) {
		ipos_listener_owner(&what, current);
		ipos_listen_heard(host->listens, IPOS_HERE, &what,
				  READ_ONCE(host->snapshot) + 1);
	}
	look_soon(host);
}

/**
 * ipos_host_listened() - a TCP socket listens no more, or failed to
 * @host: of its namespace
 * @sk: the socket
 *
 * The socket's lock is held, preemption is off.
 */
void ipos_host_listened(struct ipos_host *host, const struct sock *sk)
{
	struct ipos_listener what;

	if (!is_used(host))
		return;
	/* Not closed: the port may be another's all the while. */
	if (sk->sk_shutdown != SHUTDOWN_MASK && ipos_listener_at(sk, &what))
		ipos_listen_own(host->listens, &what);
	look_soon(host);
}
