// SPDX-License-Identifier: GPL-2.0
#include <net/net_namespace.h>
#include "suites.h"
#include "table/server.h"

static struct ipos_server_table *table_of(struct kunit *test)
{
	return test->priv;
}

static int add(struct kunit *test, u8 board, u8 mac)
{
	const u8 lladdr[ETH_ALEN] = { 2, 0, 0, 0, 2, mac };

	return ipos_server_add(table_of(test), BOARD(board), lladdr,
			       init_net.loopback_dev);
}

static struct ipos_server *find(struct kunit *test, u8 board)
{
	struct ipos_server *server;

	rcu_read_lock();
	server = ipos_server_peek(table_of(test), BOARD(board));
	rcu_read_unlock();
	return server;
}

static struct ipos_server *find_lladdr(struct kunit *test, u8 mac)
{
	const u8 lladdr[ETH_ALEN] = { 2, 0, 0, 0, 2, mac };
	struct ipos_server *server;

	rcu_read_lock();
	server = ipos_server_peek_lladdr(table_of(test), lladdr);
	rcu_read_unlock();
	return server;
}

static void is_found_by_address_and_mac(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, add(test, 2, 22), 0);
	KUNIT_EXPECT_EQ(test, add(test, 3, 33), 0);
	KUNIT_ASSERT_NOT_NULL(test, find(test, 2));
	KUNIT_EXPECT_PTR_EQ(test, find(test, 2), find_lladdr(test, 22));
	KUNIT_EXPECT_PTR_NE(test, find(test, 2), find(test, 3));
	KUNIT_EXPECT_NULL(test, find(test, 4));
	KUNIT_EXPECT_NULL(test, find_lladdr(test, 2));
}

static void refuses_an_address_or_mac_twice(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, add(test, 2, 22), 0);
	KUNIT_EXPECT_EQ(test, add(test, 2, 33), -EEXIST);
	KUNIT_EXPECT_NULL(test, find_lladdr(test, 33));
	KUNIT_EXPECT_EQ(test, add(test, 3, 22), -EADDRINUSE);
	KUNIT_EXPECT_NULL(test, find(test, 3));
	KUNIT_EXPECT_EQ(test, ipos_bound_count(&table_of(test)->bound), 1);
}

static void is_bounded(struct kunit *test)
{
	table_of(test)->bound.limit = 2;
	KUNIT_EXPECT_EQ(test, add(test, 2, 22), 0);
	KUNIT_EXPECT_EQ(test, add(test, 3, 33), 0);
	KUNIT_EXPECT_EQ(test, add(test, 4, 44), -ENOSPC);
	KUNIT_EXPECT_EQ(test, ipos_server_del(table_of(test), BOARD(3)), 0);
	KUNIT_EXPECT_EQ(test, add(test, 4, 44), 0);
}

static void outlives_its_row_while_held(struct kunit *test)
{
	struct ipos_server *server;

	KUNIT_EXPECT_EQ(test, add(test, 2, 22), 0);
	server = find(test, 2);
	KUNIT_ASSERT_NOT_NULL(test, server);
	KUNIT_ASSERT_NOT_NULL(test, ipos_server_get(server));
	rcu_read_lock();
	KUNIT_EXPECT_TRUE(test, ipos_server_usable(server));
	rcu_read_unlock();
	KUNIT_EXPECT_EQ(test, ipos_server_del(table_of(test), BOARD(2)), 0);
	KUNIT_EXPECT_EQ(test, ipos_server_del(table_of(test), BOARD(2)),
			-ENOENT);
	KUNIT_EXPECT_NULL(test, find(test, 2));
	KUNIT_EXPECT_NULL(test, find_lladdr(test, 22));
	KUNIT_EXPECT_TRUE(test, server->dead);
	rcu_read_lock();
	KUNIT_EXPECT_FALSE(test, ipos_server_usable(server));
	rcu_read_unlock();
	/* A new row of the same board is another. */
	KUNIT_EXPECT_EQ(test, add(test, 2, 22), 0);
	KUNIT_EXPECT_PTR_NE(test, find(test, 2), server);
	ipos_server_put(server);
}

static void goes_with_its_device(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, add(test, 2, 22), 0);
	KUNIT_EXPECT_EQ(test, add(test, 3, 33), 0);
	ipos_server_dev_gone(table_of(test), NULL);
	KUNIT_EXPECT_EQ(test, ipos_bound_count(&table_of(test)->bound), 2);
	ipos_server_dev_gone(table_of(test), init_net.loopback_dev);
	KUNIT_EXPECT_EQ(test, ipos_bound_count(&table_of(test)->bound), 0);
	KUNIT_EXPECT_NULL(test, find(test, 2));
	KUNIT_EXPECT_TRUE(test, list_empty(&table_of(test)->list));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(is_found_by_address_and_mac),
	KUNIT_CASE(refuses_an_address_or_mac_twice),
	KUNIT_CASE(is_bounded),
	KUNIT_CASE(outlives_its_row_while_held),
	KUNIT_CASE(goes_with_its_device),
	{}
};

int servers_init(struct kunit *test)
{
	test->priv = kunit_kzalloc(test, sizeof(struct ipos_server_table),
				   GFP_KERNEL);
	return test->priv ? ipos_server_table_init(test->priv) : -ENOMEM;
}

void servers_exit(struct kunit *test)
{
	ipos_server_table_destroy(test->priv);
	rcu_barrier();
}

struct kunit_suite ipos_server_suite = {
	.name = "ipos_server",
	.init = servers_init,
	.exit = servers_exit,
	.test_cases = cases,
};
