// SPDX-License-Identifier: GPL-2.0
#include <linux/jiffies.h>
#include "suites.h"
#include "table/withdrawn.h"

static struct ipos_withdrawn_table *table_of(struct kunit *test)
{
	return test->priv;
}

static bool add(struct kunit *test, u16 port, u8 board, unsigned long lifetime)
{
	struct ipos_hdr hdr = client_hdr(port, board);

	return ipos_withdrawn_add(table_of(test), &hdr, lifetime);
}

static bool has(struct kunit *test, u16 port, u8 board)
{
	struct ipos_hdr hdr = client_hdr(port, board);
	bool there;

	rcu_read_lock();
	there = ipos_withdrawn_has(table_of(test), &hdr);
	rcu_read_unlock();
	return there;
}

static void is_remembered_for_its_board(struct kunit *test)
{
	KUNIT_EXPECT_FALSE(test, has(test, 1, 2));
	KUNIT_EXPECT_TRUE(test, add(test, 1, 2, HZ));
	KUNIT_EXPECT_TRUE(test, has(test, 1, 2));
	KUNIT_EXPECT_FALSE(test, has(test, 1, 3));
	KUNIT_EXPECT_FALSE(test, has(test, 2, 2));
}

static void is_bounded(struct kunit *test)
{
	table_of(test)->bound.limit = 2;
	KUNIT_EXPECT_TRUE(test, add(test, 1, 2, HZ));
	KUNIT_EXPECT_TRUE(test, ipos_withdrawn_may_add(table_of(test)));
	KUNIT_EXPECT_TRUE(test, add(test, 2, 2, HZ));
	KUNIT_EXPECT_FALSE(test, ipos_withdrawn_may_add(table_of(test)));
	KUNIT_EXPECT_FALSE(test, add(test, 3, 2, HZ));
	KUNIT_EXPECT_FALSE(test, has(test, 3, 2));
}

static void is_forgotten_when_its_time_is_over(struct kunit *test)
{
	KUNIT_EXPECT_TRUE(test, add(test, 1, 2, 0));
	KUNIT_EXPECT_TRUE(test, add(test, 2, 2, 1000 * HZ));
	ipos_withdrawn_expire(table_of(test));
	KUNIT_EXPECT_FALSE(test, has(test, 1, 2));
	KUNIT_EXPECT_TRUE(test, has(test, 2, 2));
	KUNIT_EXPECT_EQ(test, ipos_bound_count(&table_of(test)->bound), 1);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(is_remembered_for_its_board),
	KUNIT_CASE(is_bounded),
	KUNIT_CASE(is_forgotten_when_its_time_is_over),
	{}
};

static int init(struct kunit *test)
{
	test->priv = kunit_kzalloc(test, sizeof(struct ipos_withdrawn_table),
				   GFP_KERNEL);
	return test->priv ? ipos_withdrawn_table_init(test->priv) : -ENOMEM;
}

static void ends(struct kunit *test)
{
	ipos_withdrawn_table_destroy(test->priv);
	rcu_barrier();
}

struct kunit_suite ipos_withdrawn_suite = {
	.name = "ipos_withdrawn",
	.init = init,
	.exit = ends,
	.test_cases = cases,
};
