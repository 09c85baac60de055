// SPDX-License-Identifier: GPL-2.0
#include <linux/completion.h>
#include <linux/workqueue.h>
#include "engine/pending.h"
#include "suites.h"

#define SOON_MS	20
#define LATER_MS	(1000 * MSEC_PER_SEC)
#define PATIENCE	(60 * HZ)

struct business {
	struct ipos_pending	pending;
	struct ipos_engine	engine;
	struct ipos_flow	*flow;
	int			expired;
	int			freed;
	bool			missed;
	bool			locked;
	struct work_struct	armer;
	struct completion	over;
};

static struct business *of(struct ipos_pending *pending)
{
	return container_of(pending, struct business, pending);
}

static void expire(struct ipos_pending *pending)
{
	struct business *business = of(pending);

	business->expired++;
	lockdep_assert_held(&business->flow->lock);
	ipos_pending_detach(business->flow);
}

static void is_freed(struct ipos_pending *pending)
{
	of(pending)->freed++;
	complete(&of(pending)->over);
}

static const struct ipos_pending_ops ops = {
	.expire = expire,
	.free = is_freed,
};

/* At its end nothing holds the flow but the test. */
static void expect_over(struct kunit *test, int expired)
{
	struct business *business = test->priv;

	KUNIT_EXPECT_NE(test, wait_for_completion_timeout(&business->over,
							  PATIENCE), 0);
	KUNIT_EXPECT_EQ(test, business->expired, expired);
	KUNIT_EXPECT_EQ(test, business->freed, 1);
	KUNIT_EXPECT_NULL(test, business->flow->pending);
	KUNIT_EXPECT_FALSE(test, timer_pending(&business->pending.timer));
}

static void arm(struct business *business, u32 ms)
{
	spin_lock_bh(&business->flow->lock);
	ipos_pending_arm(&business->pending, ms);
	spin_unlock_bh(&business->flow->lock);
}

static void detach(struct business *business)
{
	spin_lock_bh(&business->flow->lock);
	ipos_pending_detach(business->flow);
	spin_unlock_bh(&business->flow->lock);
}

static void expires_once_with_the_lock_held(struct kunit *test)
{
	struct business *business = test->priv;

	arm(business, SOON_MS);
	expect_over(test, 1);
}

static void does_not_expire_when_detached(struct kunit *test)
{
	struct business *business = test->priv;

	arm(business, LATER_MS);
	KUNIT_EXPECT_EQ(test, refcount_read(&business->pending.refs), 2);
	detach(business);
	expect_over(test, 0);
	/* Once more is no error. */
	detach(business);
	KUNIT_EXPECT_EQ(test, business->freed, 1);
}

static void ends_without_having_been_armed(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, atomic_read(&((struct business *)
					    test->priv)->engine.pendings), 1);
	detach(test->priv);
	expect_over(test, 0);
}

static void has_one_timer_however_often_armed(struct kunit *test)
{
	struct business *business = test->priv;

	arm(business, LATER_MS);
	arm(business, LATER_MS);
	KUNIT_EXPECT_EQ(test, refcount_read(&business->pending.refs), 2);
	arm(business, SOON_MS);
	expect_over(test, 1);
}

static void holds_its_flow(struct kunit *test)
{
	struct business *business = test->priv;

	KUNIT_EXPECT_EQ(test, refcount_read(&business->flow->refs), 3);
	arm(business, LATER_MS);
	detach(business);
	expect_over(test, 0);
	KUNIT_EXPECT_EQ(test, refcount_read(&business->flow->refs), 2);
}

static void arm_when_locked(struct work_struct *work)
{
	struct business *business = container_of(work, struct business, armer);

	/* Pairs with the release of who holds the lock and waits for the timer. */
	while (!smp_load_acquire(&business->locked))
		cond_resched();
	ipos_pending_arm(&business->pending, SOON_MS);
}

/* With the flow's lock held, waits until the timer has begun, and detaches. */
static long detach_under_its_nose(void *arg)
{
	struct business *business = arg;
	unsigned long end = jiffies + PATIENCE;

	spin_lock_bh(&business->flow->lock);
	/* Pairs with the acquire of the armer. */
	smp_store_release(&business->locked, true);
	while ((refcount_read(&business->pending.refs) != 2 ||
		timer_pending(&business->pending.timer)) &&
	       time_before(jiffies, end))
		cpu_relax();
	business->missed = !time_before(jiffies, end);
	ipos_pending_detach(business->flow);
	business->missed |= business->expired || business->freed;
	spin_unlock_bh(&business->flow->lock);
	return 0;
}

static void timer_that_lost_does_nothing(struct kunit *test)
{
	struct business *business = test->priv;
	int first = cpumask_first(cpu_online_mask);
	int other = cpumask_next(first, cpu_online_mask);

	KUNIT_ASSERT_LT_MSG(test, other, (int)nr_cpu_ids, "needs two CPUs");
	INIT_WORK(&business->armer, arm_when_locked);
	schedule_work_on(other, &business->armer);
	work_on_cpu(first, detach_under_its_nose, business);
	flush_work(&business->armer);
	KUNIT_EXPECT_FALSE(test, business->missed);
	expect_over(test, 0);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(expires_once_with_the_lock_held),
	KUNIT_CASE(does_not_expire_when_detached),
	KUNIT_CASE(ends_without_having_been_armed),
	KUNIT_CASE(has_one_timer_however_often_armed),
	KUNIT_CASE(holds_its_flow),
	KUNIT_CASE(timer_that_lost_does_nothing),
	{}
};

static int init(struct kunit *test)
{
	struct ipos_key key = client_key(1);
	struct business *business;
	int err;

	business = kunit_kzalloc(test, sizeof(*business), GFP_KERNEL);
	if (!business)
		return -ENOMEM;
	test->priv = business;
	init_completion(&business->over);
	err = ipos_flow_table_init(&business->engine.flows);
	if (err)
		return err;
	business->flow = ipos_flow_new(&business->engine.flows, &key,
				       IPOS_FLOW_TEMPORARY);
	if (IS_ERR(business->flow))
		return PTR_ERR(business->flow);
	spin_lock_bh(&business->flow->lock);
	err = ipos_flow_insert(&business->engine.flows, business->flow);
	ipos_pending_attach(&business->engine, business->flow,
			    &business->pending, &ops);
	spin_unlock_bh(&business->flow->lock);
	return err;
}

static void ends(struct kunit *test)
{
	struct business *business = test->priv;

	/* As the engine's teardown waits. */
	wait_var_event(&business->engine.pendings,
		       !atomic_read(&business->engine.pendings));
	ipos_flow_remove(&business->engine.flows, business->flow,
			 IPOS_FLOW_TEMPORARY);
	ipos_flow_put(business->flow);
	ipos_flow_table_destroy(&business->engine.flows);
	/* The last timer function has returned, and so has free_flow(). */
	synchronize_rcu();
	rcu_barrier();
}

struct kunit_suite ipos_pending_suite = {
	.name = "ipos_pending",
	.suite_init = flows_init,
	.suite_exit = flows_exit,
	.init = init,
	.exit = ends,
	.test_cases = cases,
};
