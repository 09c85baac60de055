// SPDX-License-Identifier: GPL-2.0
#include "suites.h"
#include "table/app.h"

static struct ipos_app_table *table_of(struct kunit *test)
{
	return test->priv;
}

/* Finds it in a round; 0 or an error. */
static int find(struct kunit *test, u32 pid, u32 round)
{
	struct ipos_app *app;

	rcu_read_lock();
	app = ipos_app_get(table_of(test), pid);
	if (!IS_ERR(app))
		app->round = round;
	rcu_read_unlock();
	return PTR_ERR_OR_ZERO(app);
}

static u32 rows(struct kunit *test)
{
	return ipos_bound_count(&table_of(test)->bound);
}

static void is_one_row_a_process(struct kunit *test)
{
	struct ipos_app *app;

	KUNIT_EXPECT_EQ(test, find(test, 7, 1), 0);
	rcu_read_lock();
	app = ipos_app_get(table_of(test), 7);
	KUNIT_EXPECT_EQ(test, app->pid, 7);
	KUNIT_EXPECT_EQ(test, app->round, 1);
	rcu_read_unlock();
	KUNIT_EXPECT_EQ(test, rows(test), 1);
	KUNIT_EXPECT_EQ(test, find(test, 8, 1), 0);
	KUNIT_EXPECT_EQ(test, rows(test), 2);
}

static void is_gone_when_a_round_did_not_find_it(struct kunit *test)
{
	find(test, 7, 1);
	find(test, 8, 1);
	ipos_app_complete(table_of(test), 1);
	KUNIT_EXPECT_EQ(test, rows(test), 2);
	find(test, 8, 2);
	ipos_app_complete(table_of(test), 2);
	KUNIT_EXPECT_EQ(test, rows(test), 1);
	ipos_app_complete(table_of(test), 3);
	KUNIT_EXPECT_EQ(test, rows(test), 0);
}

static void is_bounded(struct kunit *test)
{
	table_of(test)->bound.limit = 2;
	KUNIT_EXPECT_EQ(test, find(test, 1, 1), 0);
	KUNIT_EXPECT_EQ(test, find(test, 2, 1), 0);
	KUNIT_EXPECT_EQ(test, find(test, 3, 1), -ENOSPC);
	KUNIT_EXPECT_EQ(test, find(test, 2, 1), 0);
	KUNIT_EXPECT_EQ(test, rows(test), 2);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(is_one_row_a_process),
	KUNIT_CASE(is_gone_when_a_round_did_not_find_it),
	KUNIT_CASE(is_bounded),
	{}
};

static int init(struct kunit *test)
{
	test->priv = kunit_kzalloc(test, sizeof(struct ipos_app_table),
				   GFP_KERNEL);
	return test->priv ? ipos_app_table_init(test->priv) : -ENOMEM;
}

static void ends(struct kunit *test)
{
	ipos_app_table_destroy(test->priv);
	rcu_barrier();
}

struct kunit_suite ipos_app_suite = {
	.name = "ipos_app",
	.init = init,
	.exit = ends,
	.test_cases = cases,
};
