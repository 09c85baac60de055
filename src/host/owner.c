// SPDX-License-Identifier: GPL-2.0
#include <linux/bsearch.h>
#include <linux/fdtable.h>
#include <linux/math64.h>
#include <linux/mm.h>
#include <linux/net.h>
#include <linux/pid_namespace.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/sort.h>
#include <linux/timekeeping.h>
#include <net/sock.h>
#include "host/owner.h"
#include "host/socket.h"

/* Descriptors of a process that are looked at: the locks of how many at once. */
#define FDS	4096
#define STRETCH	512

/* CPU time of all threads, those that have ended too, ns. RCU held. */
static u64 runtime_of(struct task_struct *task)
{
	u64 sum = READ_ONCE(task->signal->sum_sched_runtime);
	const struct task_struct *thread;

	for_each_thread(task, thread)
		sum += READ_ONCE(thread->se.sum_exec_runtime);
	return sum;
}

static u64 memory_of(struct task_struct *task)
{
	u64 pages = 0;

	task_lock(task);
	if (task->mm)
		pages = get_mm_rss(task->mm);
	task_unlock(task);
	return pages << (PAGE_SHIFT - 10);
}

static u32 per_mille(u64 part, u64 whole)
{
	return whole ? min_t(u64, div64_u64(part * 1000, whole), U32_MAX) : 0;
}

static void sample(struct ipos_app *app, struct task_struct *task)
{
	u64 runtime = runtime_of(task);
	u64 now = ktime_get_ns();

	/* A thread that is just ending may be missing once. */
	if (app->start && runtime > app->runtime)
		WRITE_ONCE(app->cpu, per_mille(runtime - app->runtime,
					       now - app->at));
	else
		WRITE_ONCE(app->cpu, 0);
	app->start = task->start_time;
	app->runtime = max(runtime, app->runtime);
	app->at = now;
	WRITE_ONCE(app->memory, memory_of(task));
	get_task_comm(app->name, task);
}

struct round {
	struct ipos_listen_table *listens;
	struct ipos_app_table *apps;
	struct ipos_counters __percpu *counters;
	u32 number;
	unsigned int unknown;
};

/* Whether the process still is the one that had this id. RCU held. */
static bool sample_process(struct round *round, u32 pid)
{
	struct task_struct *task = pid_task(find_pid_ns(pid, &init_pid_ns),
					    PIDTYPE_TGID);
	struct ipos_app *app;

	if (!task)
		return false;
	app = ipos_app_get(round->apps, pid);
	if (IS_ERR(app)) {
		ipos_count(round->counters, drop_limit_app);
		return true;
	}
	if (app->start && app->start != task->start_time) {
		app->start = 0;
		return false;
	}
	if (app->round != round->number || !app->start)
		sample(app, task);
	app->round = round->number;
	return true;
}

static void sample_each(const struct ipos_listener *what, void *arg)
{
	struct ipos_listener nobody = *what;
	struct round *round = arg;

	if (what->pid && sample_process(round, what->pid))
		return;
	round->unknown++;
	if (!what->pid)
		return;
	nobody.pid = 0;
	memset(nobody.name, 0, sizeof(nobody.name));
	ipos_listen_own(round->listens, &nobody);
}

/**
 * ipos_owner_sample() - what the processes need that listen on this board
 * @listens: the sockets; what belongs to a process that has ended, is nobody's
 * @apps: gets the processes, and loses those that listen no more
 * @number: of this call, never 0 and never that of the last one
 * @counters: of the namespace
 *
 * Process context; one call at a time.
 *
 * Return: how many sockets are nobody's.
 */
unsigned int ipos_owner_sample(struct ipos_listen_table *listens,
			       struct ipos_app_table *apps, u32 number,
			       struct ipos_counters __percpu *counters)
{
	struct round round = {
		.listens = listens, .apps = apps, .counters = counters,
		.number = number,
	};

	ipos_listen_each(listens, IPOS_HERE, sample_each, &round);
	ipos_app_complete(apps, number);
	return round.unknown;
}

/* A socket whose process is looked for, and the oldest one that has it. */
struct wanted {
	struct ipos_listener what;
	u64 start;
};

struct search {
	const struct net *net;
	struct wanted *wanted;
	unsigned int n;
	unsigned int room;
	struct task_struct *task;
	unsigned int fd;	/* to go on from */
};

static void want_each(const struct ipos_listener *what, void *arg)
{
	struct search *search = arg;

	if (!what->pid && search->n < search->room)
		search->wanted[search->n++].what = *what;
}

static int compare(const void *a, const void *b)
{
	const struct ipos_listener *x = &((const struct wanted *)a)->what;
	const struct ipos_listener *y = &((const struct wanted *)b)->what;

	return memcmp(&x->port, &y->port, sizeof(x->port)) ?:
	       memcmp(&x->addr, &y->addr, sizeof(x->addr)) ?:
	       (int)x->proto - (int)y->proto;
}

static void try_socket(struct search *search, const struct sock *sk)
{
	u64 start = search->task->start_time;
	struct wanted *found, key = {};

	if (!net_eq(sock_net(sk), search->net) ||
	    !ipos_listener_of(sk, &key.what))
		return;
	found = bsearch(&key, search->wanted, search->n,
			sizeof(*search->wanted), compare);
	if (!found || (found->start && found->start <= start))
		return;
	found->start = start;
	found->what.pid = task_tgid_nr(search->task);
}

/* Called with the locks of the process's descriptors held. */
static int try_file(const void *arg, struct file *file, unsigned int fd)
{
	struct search *search = (struct search *)arg;
	struct socket *sock = sock_from_file(file);

	if (sock && sock->sk)
		try_socket(search, sock->sk);
	search->fd = fd + 1;
	return search->fd % STRETCH == 0;
}

static void try_process(struct search *search)
{
	bool more;

	search->fd = 0;
	do {
		task_lock(search->task);
		more = search->task->files &&
		       iterate_fd(search->task->files, search->fd, try_file,
				  search);
		task_unlock(search->task);
		cond_resched();
	} while (more && search->fd < FDS);
}

/* The first process from an id on, referenced. */
static struct task_struct *process_from(int *nr)
{
	struct task_struct *task = NULL;
	struct pid *pid;

	rcu_read_lock();
	while (!task && (pid = idr_get_next(&init_pid_ns.idr, nr))) {
		task = pid_task(pid, PIDTYPE_TGID);
		if (task)
			get_task_struct(task);
		++*nr;
	}
	rcu_read_unlock();
	return task;
}

static void search_all(struct search *search)
{
	int nr = 1;

	while ((search->task = process_from(&nr))) {
		try_process(search);
		put_task_struct(search->task);
		cond_resched();
	}
}

static unsigned int name_found(struct ipos_listen_table *listens,
			       const struct search *search)
{
	unsigned int i, left = 0;
	struct ipos_listener what;
	struct task_struct *task;

	for (i = 0; i < search->n; i++) {
		what = search->wanted[i].what;
		rcu_read_lock();
		task = pid_task(find_pid_ns(what.pid, &init_pid_ns),
				PIDTYPE_TGID);
		if (what.pid && task) {
			ipos_listener_owner(&what, task);
			ipos_listen_own(listens, &what);
		} else {
			left++;
		}
		rcu_read_unlock();
	}
	return left;
}

/**
 * ipos_owner_find() - find the processes of sockets that are nobody's
 * @listens: the sockets
 * @net: the namespace
 *
 * Where several have a socket, the one that was started first. Looks at the
 * first descriptors of each process of the machine: not to be done often.
 * Process context; sleeps.
 *
 * Return: how many are still nobody's, as far as was looked.
 */
unsigned int ipos_owner_find(struct ipos_listen_table *listens,
			     struct net *net)
{
	struct search search = {
		.net = net, .room = IPOS_LISTEN_SERVER_MAX,
	};
	unsigned int left;

	search.wanted = kvcalloc(search.room, sizeof(*search.wanted),
				 GFP_KERNEL);
	if (!search.wanted)
		return search.room;
	ipos_listen_each(listens, IPOS_HERE, want_each, &search);
	sort(search.wanted, search.n, sizeof(*search.wanted), compare, NULL);
	search_all(&search);
	left = name_found(listens, &search);
	kvfree(search.wanted);
	return left;
}
