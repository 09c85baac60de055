// SPDX-License-Identifier: GPL-2.0
#include <linux/in.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/slab.h>
#include "engine/announce.h"
#include "engine/out.h"
#include "engine/startable.h"
#include "wire/advert.h"

/* Rows that may come between counting and listing them. */
#define SLACK	16
#define TRIES	4
/* What begins to listen meanwhile is told by one advertisement. */
#define SOON_MS	20

/**
 * struct told - the listening sockets of one advertisement
 * @list: of these
 * @n: how many there are; may be more than are in the list
 * @room: in the list
 */
struct told {
	struct ipos_listener	*list;
	unsigned int		n;
	unsigned int		room;
};

static void list(struct told *told, const struct ipos_listener *what)
{
	if (told->n < told->room)
		told->list[told->n] = *what;
	told->n++;
}

static void list_each(const struct ipos_listener *what, void *arg)
{
	/* Of no use to anybody else. */
	if (!ipv4_is_loopback(what->addr))
		list(arg, what);
}

/* Its name and what it needs, but not what starts it. */
static struct ipos_listener as_told(const struct ipos_program *program)
{
	const struct ipos_program_config *config = &program->config;
	struct ipos_listener what = {
		.port = config->key.port,
		.proto = config->key.proto | IPOS_LISTENER_STARTABLE,
		.pid = min_t(u64, config->required, U32_MAX),
	};

	if (READ_ONCE(program->state) == IPOS_APP_STATE_STARTING)
		what.flags = IPOS_LISTENER_STARTING;
	strscpy_pad(what.name, config->name, sizeof(what.name));
	return what;
}

static void list_startable(struct ipos_engine *engine, struct told *told)
{
	const struct ipos_program *program;
	struct ipos_listener what;

	rcu_read_lock();
	list_for_each_entry_rcu(program, &engine->programs.list, list)
		if (ipos_startable(engine, program)) {
			what = as_told(program);
			list(told, &what);
		}
	rcu_read_unlock();
}

/* Rows come and go: a list that is cut would say that the rest is gone. */
static bool list_listeners(struct ipos_engine *engine, struct told *told)
{
	int tries;

	for (tries = 0; tries < TRIES; tries++) {
		told->n = 0;
		ipos_listen_each(&engine->listens, IPOS_HERE, list_each, told);
		list_startable(engine, told);
		if (told->n <= told->room)
			return true;
		kvfree(told->list);
		told->room = told->n + SLACK;
		told->list = kvmalloc_array(told->room, sizeof(*told->list),
					    GFP_KERNEL);
		if (!told->list)
			return false;
	}
	return false;
}

static u16 flags_of(const struct ipos_engine *engine)
{
	u16 flags = 0;

	if (READ_ONCE(engine->settings.draining))
		flags |= IPOS_ADVERT_DRAINING;
	if (READ_ONCE(engine->leaving))
		flags |= IPOS_ADVERT_LEAVING;
	return flags;
}

/* Who hears of connections counts its own hand-offs from that moment on. */
static struct ipos_state own_state(struct ipos_engine *engine)
{
	struct ipos_state state = engine->state;

	ipos_host_count(&engine->host, &state);
	state.weight = READ_ONCE(engine->settings.weight);
	return state;
}

static bool has_fabric(struct ipos_engine *engine)
{
	const struct ipos_dev *d;
	bool any = false;

	rcu_read_lock();
	ipos_dev_table_each(d, &engine->devs)
		any |= d->role & IPOS_ROLE_FABRIC;
	rcu_read_unlock();
	return any;
}

/*
 * While this board does not know its own sockets, the list lacks its last part:
 * nobody takes it for complete.
 */
static unsigned int parts_of(struct ipos_engine *engine, unsigned int sent)
{
	bool known;

	rcu_read_lock();
	known = ipos_listen_known(&engine->listens, IPOS_HERE);
	rcu_read_unlock();
	return known ? sent : sent + 1;
}

static void send_parts(struct ipos_engine *engine,
		       const struct net_device *only, struct ipos_advert *advert,
		       const struct told *told, void *frame, unsigned int room)
{
	__be32 ip = READ_ONCE(engine->settings.server_ip);
	unsigned int most = room * (IPOS_ADVERT_PARTS - 1), done = 0;
	unsigned int n = min(told->n, most);
	unsigned int parts = max(DIV_ROUND_UP(n, room), 1U);
	size_t len;

	if (n < told->n)
		ipos_count(engine->counters, drop_advert_limit);
	advert->parts = parts_of(engine, parts);
	for (advert->part = 1; advert->part <= parts; advert->part++) {
		advert->listeners = min(n - done, room);
		len = ipos_advert_build(frame, ip, advert, told->list + done);
		ipos_out_group(engine, only, frame, len, IPOS_N_adverts_sent);
		done += advert->listeners;
	}
}

/* @only and @flags: of who leaves by one device. The mutex is held. */
static void announce(struct ipos_engine *engine, const struct net_device *only,
		     u16 flags)
{
	struct ipos_advert advert = {
		.epoch = engine->epoch,
		.interval_ms = READ_ONCE(engine->settings.advertise_ms),
		.flags = flags, .state = own_state(engine),
	};
	unsigned int room = ipos_advert_room(READ_ONCE(engine->mtu));
	struct told told = { };
	void *frame;

	/* A fabric so narrow has no room for an offer, either. */
	if (!room || !advert.interval_ms)
		return;
	frame = kmalloc(IPOS_HDR_LEN + IPOS_ADVERT_LEN +
			room * IPOS_LISTENER_LEN, GFP_KERNEL);
	if (frame && (flags & IPOS_ADVERT_LEAVING ||
		      list_listeners(engine, &told))) {
		advert.snapshot = ++engine->announce.snapshot;
		send_parts(engine, only, &advert, &told, frame, room);
	} else {
		ipos_count(engine->counters, drop_no_memory);
	}
	kvfree(told.list);
	kfree(frame);
}

/* A tenth more or less, so that boards do not fall into step. */
static unsigned long delay(u32 ms)
{
	return max(1UL, msecs_to_jiffies(ms - ms / 10 +
					 get_random_u32() % (ms / 5 + 1)));
}

static bool is_due(struct ipos_engine *engine)
{
	return READ_ONCE(engine->settings.advertise_ms) &&
	       READ_ONCE(engine->settings.server_ip) && has_fabric(engine);
}

/* Rests while there is nothing to say, or nobody to say it to. */
static void work(struct work_struct *work)
{
	struct ipos_engine *engine =
		container_of(to_delayed_work(work), struct ipos_engine,
			     announce.work);
	u32 ms = READ_ONCE(engine->settings.advertise_ms);

	/* Whoever is not listed below comes back. */
	xchg(&engine->announce.soon, false);
	if (!is_due(engine))
		return;
	mutex_lock(&engine->announce.mutex);
	announce(engine, NULL, flags_of(engine));
	mutex_unlock(&engine->announce.mutex);
	if (ms)
		queue_delayed_work(system_highpri_wq, &engine->announce.work,
				   delay(ms));
}

/**
 * ipos_announce_changed() - tell of what was just changed, and go on
 * @engine: the namespace
 *
 * After a setting was changed or a device was added, or what could be started
 * has begun to, or listens. Any context; in one that is not excluded from the
 * teardown, RCU held.
 */
void ipos_announce_changed(struct ipos_engine *engine)
{
	if (!READ_ONCE(engine->stopping))
		mod_delayed_work(system_highpri_wq, &engine->announce.work, 0);
}

/**
 * ipos_announce_soon() - something has begun to listen: tell of it in a moment
 * @engine: the namespace
 *
 * However often it is called, it adds no more than an advertisement each 20 ms.
 * Any context, RCU held.
 */
void ipos_announce_soon(struct ipos_engine *engine)
{
	if (READ_ONCE(engine->stopping) ||
	    xchg(&engine->announce.soon, true))
		return;
	mod_delayed_work(system_highpri_wq, &engine->announce.work,
			 msecs_to_jiffies(SOON_MS));
}

/**
 * ipos_announce_leave() - this board goes: tell so
 * @engine: its devices still work
 * @dev: that goes; NULL: all
 *
 * Where advertising is off nobody has heard of it. Sleeps; RTNL may be held.
 */
void ipos_announce_leave(struct ipos_engine *engine, struct net_device *dev)
{
	if (!is_due(engine))
		return;
	mutex_lock(&engine->announce.mutex);
	announce(engine, dev, IPOS_ADVERT_LEAVING);
	mutex_unlock(&engine->announce.mutex);
}

/**
 * ipos_announce_init() - say nothing yet
 * @engine: zeroed memory
 */
void ipos_announce_init(struct ipos_engine *engine)
{
	mutex_init(&engine->announce.mutex);
	INIT_DELAYED_WORK(&engine->announce.work, work);
}

/**
 * ipos_announce_stop() - say nothing any more
 * @engine: nobody changes it any more
 *
 * May sleep.
 */
void ipos_announce_stop(struct ipos_engine *engine)
{
	cancel_delayed_work_sync(&engine->announce.work);
	mutex_destroy(&engine->announce.mutex);
}
