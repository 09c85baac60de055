// SPDX-License-Identifier: GPL-2.0
#include <linux/ethtool.h>
#include <linux/jiffies.h>
#include <linux/kernel_stat.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/tick.h>
#include <linux/timekeeping.h>
#include <net/ip.h>
#include <net/net_namespace.h>
#include <net/sock.h>
#include "host/load.h"
#include "host/socket.h"

/* How long ago a sample counts half as much as the one just taken. */
#define HALF_US		(500 * USEC_PER_MSEC)
#define ACCEPT_MAX_US	(60 * USEC_PER_SEC)
#define SPEEDS		(5 * HZ)
/* To see two numbers at one moment. */
#define TRIES		3

/* A mean in which the last half a second weighs as much as all before. */
static u64 smooth(u64 mean, u64 sample, u64 us)
{
	return div64_u64(mean * HALF_US + sample * us, HALF_US + us);
}

static u32 tcp_count(const struct net *net, int item)
{
	return snmp_fold_field(net->mib.tcp_statistics, item);
}

/* Summed up CPU by CPU while it changes: it may come out below 0. */
static u32 established(const struct net *net)
{
	return max_t(s32, tcp_count(net, TCP_MIB_CURRESTAB), 0);
}

static u64 idle_of(int cpu)
{
	u64 idle = get_cpu_idle_time_us(cpu, NULL);
	u64 iowait = get_cpu_iowait_time_us(cpu, NULL);

	/* A kernel whose tick never stops has the coarse one only. */
	if (idle == -1ULL || iowait == -1ULL) {
		idle = kcpustat_cpu(cpu).cpustat[CPUTIME_IDLE];
		iowait = kcpustat_cpu(cpu).cpustat[CPUTIME_IOWAIT];
		return div_u64(idle + iowait, NSEC_PER_USEC);
	}
	return idle + iowait;
}

static void sample_cpu(struct ipos_load *load, u64 us)
{
	unsigned int cpus = 0;
	u64 idle = 0, whole, rest;
	int cpu;

	for_each_online_cpu(cpu) {
		idle += idle_of(cpu);
		cpus++;
	}
	whole = us * cpus;
	rest = min(idle - min(idle, load->idle), whole);
	/* One more or less: the sums cannot be compared. */
	if (us && cpus == load->cpus)
		load->cpu = smooth(load->cpu,
				   1000 - div64_u64(rest * 1000, whole), us);
	load->idle = idle;
	load->cpus = cpus;
}

struct backlog {
	struct ipos_flow_table	*flows;
	u32			all;
	u32			others;
};

static bool is_local(struct ipos_flow_table *flows, const struct sock *sk)
{
	const struct inet_sock *inet = inet_sk(sk);
	const struct ipos_key key =
		ipos_key_init(IPOS_PROTO_TCP, inet->inet_daddr,
			      inet->inet_dport, inet->inet_saddr,
			      inet->inet_sport);
	const struct ipos_flow *flow = ipos_flow_peek(flows, &key);

	return flow && ipos_flow_state(flow) == IPOS_FLOW_LOCAL;
}

/* Who waits, and who of them is no row of the Local Table. */
static void add_backlog(struct sock *sk, const struct ipos_listener *what,
			void *arg)
{
	struct request_sock_queue *queue = &inet_csk(sk)->icsk_accept_queue;
	const struct request_sock *req;
	struct backlog *sum = arg;

	if (ipv4_is_loopback(what->addr) || !READ_ONCE(sk->sk_ack_backlog))
		return;
	rcu_read_lock();
	spin_lock_bh(&queue->rskq_lock);
	for (req = queue->rskq_accept_head; req; req = req->dl_next) {
		sum->all++;
		sum->others += !is_local(sum->flows, req->sk);
	}
	spin_unlock_bh(&queue->rskq_lock);
	rcu_read_unlock();
}

/*
 * Little's law: how long one waits is how many wait on average, over how many
 * are served in a time. Where none is served, all have waited that much longer.
 */
static void sample_accept(struct ipos_load *load,
			  const struct ipos_load_of *of, u64 us)
{
	u32 opens = tcp_count(of->net, TCP_MIB_PASSIVEOPENS);
	struct backlog now = { .flows = of->flows };
	s32 accepted;
	u64 wait;

	ipos_sockets_tcp(of->net, add_backlog, &now);
	accepted = opens - load->opens - (now.all - load->backlog);
	if (!us)
		wait = 0;
	else if (accepted > 0)
		wait = smooth(load->accept_us,
			      div_u64(us * (load->backlog + (u64)now.all),
				      2 * (u32)accepted), us);
	else if (now.all)
		wait = load->accept_us + us;
	else
		wait = smooth(load->accept_us, 0, us);
	load->accept_us = min_t(u64, wait, ACCEPT_MAX_US);
	load->opens = opens;
	load->backlog = now.all;
	WRITE_ONCE(load->other_backlog, now.others);
}

static u32 local_of(const struct ipos_load_of *of)
{
	return ipos_bound_count(&of->flows->bound[IPOS_FLOW_LOCAL]);
}

/**
 * ipos_load_count() - the connections of this moment
 * @load: of the last sample
 * @of: what to look at
 * @state: gets those that are established, and those in flight
 *
 * What waits to be accepted, but is no row of the Local Table, is as it was
 * sampled. Process context.
 */
void ipos_load_count(struct ipos_load *load, const struct ipos_load_of *of,
		     struct ipos_state *state)
{
	unsigned int tries = TRIES;
	u32 all, local;

	/* What comes or goes meanwhile would be taken for another's. */
	do {
		local = local_of(of);
		all = established(of->net);
	} while (local != local_of(of) && --tries);
	WRITE_ONCE(state->connections, all);
	WRITE_ONCE(load->other_connections, all - min(all, local));
	WRITE_ONCE(state->in_flight, local + load->other_backlog);
}

static u32 speed_of(struct net_device *dev)
{
	struct ethtool_link_ksettings settings;

	if (__ethtool_get_link_ksettings(dev, &settings) ||
	    settings.base.speed == (u32)SPEED_UNKNOWN)
		return 0;
	return settings.base.speed;
}

/* Drivers may sleep over it, and want RTNL: now and then, or later. */
static void ask_speeds(struct ipos_load *load,
		       const struct ipos_dev_table *devs)
{
	struct ipos_dev *d;

	if (time_before(jiffies, load->speeds) || !rtnl_trylock())
		return;
	ipos_dev_table_each(d, devs)
		WRITE_ONCE(d->load.speed, speed_of(d->dev));
	rtnl_unlock();
	load->speeds = jiffies + SPEEDS;
}

/* kbit/s, of the direction that has more. */
static u64 sample_rate(struct ipos_dev *d, u64 us)
{
	struct rtnl_link_stats64 now;
	struct ipos_dev_load *was = &d->load;
	u64 bytes;

	dev_get_stats(d->dev, &now);
	/* Counters of a card may begin anew. */
	bytes = max(now.rx_bytes - min(was->rx_bytes, now.rx_bytes),
		    now.tx_bytes - min(was->tx_bytes, now.tx_bytes));
	if (was->sampled && us)
		was->rate = smooth(was->rate,
				   div64_u64(bytes * 8 * USEC_PER_MSEC, us),
				   us);
	was->sampled = true;
	was->rx_bytes = now.rx_bytes;
	was->tx_bytes = now.tx_bytes;
	return was->rate;
}

/* The device that has least left: a board is as fast as that. */
static void sample_bandwidth(struct ipos_load *load,
			     const struct ipos_load_of *of, u64 us,
			     struct ipos_state *state)
{
	u64 left, most, least = U64_MAX;
	u32 speed, total = 0;
	struct ipos_dev *d;

	if (!of->link_speed)
		ask_speeds(load, of->devs);
	rcu_read_lock();
	ipos_dev_table_each(d, of->devs) {
		left = sample_rate(d, us);
		speed = of->link_speed ?: READ_ONCE(d->load.speed);
		if (!speed)
			continue;
		most = speed * 1000ULL;
		left = most - min(most, left);
		if (left < least) {
			least = left;
			total = speed;
		}
	}
	rcu_read_unlock();
	WRITE_ONCE(state->bandwidth, total ? least : 0);
	WRITE_ONCE(state->bandwidth_total, total);
}

static u64 pages_to_kib(long pages)
{
	return pages > 0 ? (u64)pages << (PAGE_SHIFT - 10) : 0;
}

/**
 * ipos_load_sample() - look at the state of this host
 * @load: of the last sample; zeroed before the first
 * @of: what to look at
 * @state: gets all but the weight, each member by itself
 *
 * Costs nothing per connection, but of those that wait to be accepted. Process
 * context; sleeps.
 */
void ipos_load_sample(struct ipos_load *load, const struct ipos_load_of *of,
		      struct ipos_state *state)
{
	u64 now = ktime_get_ns();
	u64 us = load->at ? div_u64(now - load->at, NSEC_PER_USEC) : 0;

	load->at = now;
	sample_cpu(load, us);
	sample_accept(load, of, us);
	ipos_load_count(load, of, state);
	sample_bandwidth(load, of, us, state);
	WRITE_ONCE(state->cpu, load->cpu);
	WRITE_ONCE(state->memory, pages_to_kib(si_mem_available()));
	WRITE_ONCE(state->memory_total,
		   pages_to_kib(totalram_pages()) / 1024);
	WRITE_ONCE(state->accept_us, load->accept_us);
}
