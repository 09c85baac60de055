// SPDX-License-Identifier: GPL-2.0
#include <net/net_namespace.h>
#include "suites.h"
#include "table/cookiemap.h"
#include "table/listen.h"

/* The map, and the boards that its rows are of. */
struct fixture {
	struct ipos_cookiemap map;
	struct ipos_server_table servers;
};

static struct ipos_cookiemap *map_of(struct kunit *test)
{
	return &((struct fixture *)test->priv)->map;
}

static struct ipos_server_table *servers_of(struct kunit *test)
{
	return &((struct fixture *)test->priv)->servers;
}

static void add_board(struct kunit *test, u8 board)
{
	const u8 lladdr[ETH_ALEN] = { 2, 0, 0, 0, 2, board };

	KUNIT_ASSERT_EQ(test, ipos_server_add(servers_of(test), BOARD(board),
					      lladdr, init_net.loopback_dev),
			0);
}

/* @board: 1 is this one. */
static int claim(struct kunit *test, const char *text, u8 board,
		 enum ipos_cookiemap_claim claim)
{
	struct ipos_server *server = NULL;
	int err;

	rcu_read_lock();
	if (board > 1)
		server = ipos_server_peek(servers_of(test), BOARD(board));
	err = ipos_cookiemap_claim(map_of(test), text, strlen(text), server,
				   claim);
	rcu_read_unlock();
	return err;
}

static int learned(struct kunit *test, const char *text, u8 board)
{
	return claim(test, text, board, IPOS_COOKIEMAP_LEARNED);
}

static int kept(struct kunit *test, const char *text, u8 board)
{
	return claim(test, text, board, IPOS_COOKIEMAP_KEPT);
}

static int by_hand(struct kunit *test, const char *text, u8 board)
{
	return ipos_cookiemap_add(map_of(test), text, strlen(text),
				  BOARD(board));
}

static int del(struct kunit *test, const char *text)
{
	return ipos_cookiemap_del(map_of(test), text, strlen(text));
}

/* Server IP of who has it, 0: nobody. */
static __be32 holder(struct kunit *test, const char *text)
{
	struct ipos_cookiemap_row *row;
	__be32 ip;

	rcu_read_lock();
	row = ipos_cookiemap_peek(map_of(test), text, strlen(text));
	ip = row ? row->ip : 0;
	rcu_read_unlock();
	return ip;
}

/* As if it had not been used for some seconds. */
static void wait(struct kunit *test, const char *text, u32 s)
{
	struct ipos_cookiemap_row *row;

	rcu_read_lock();
	row = ipos_cookiemap_peek(map_of(test), text, strlen(text));
	if (row)
		row->used = (u32)jiffies - s * HZ;
	rcu_read_unlock();
}

static void is_the_last_ones_who_gave_it_out(struct kunit *test)
{
	add_board(test, 2);
	add_board(test, 3);
	KUNIT_EXPECT_EQ(test, learned(test, "a", 2), 1);
	KUNIT_EXPECT_EQ(test, holder(test, "a"), BOARD(2));
	KUNIT_EXPECT_EQ(test, learned(test, "a", 2), 0);
	KUNIT_EXPECT_EQ(test, learned(test, "a", 3), 1);
	KUNIT_EXPECT_EQ(test, holder(test, "a"), BOARD(3));
	KUNIT_EXPECT_EQ(test, learned(test, "a", 1), 1);
	KUNIT_EXPECT_EQ(test, holder(test, "a"), IPOS_HERE);
	KUNIT_EXPECT_EQ(test, ipos_bound_count(&map_of(test)->bound), 1);
	KUNIT_EXPECT_EQ(test, atomic_read(&map_of(test)->here), 1);
	KUNIT_EXPECT_EQ(test, holder(test, "b"), 0);
}

static void is_not_taken_by_saying_it_again(struct kunit *test)
{
	add_board(test, 2);
	add_board(test, 3);
	KUNIT_EXPECT_EQ(test, kept(test, "a", 2), 1);
	KUNIT_EXPECT_EQ(test, kept(test, "a", 3), -EBUSY);
	KUNIT_EXPECT_EQ(test, kept(test, "a", 2), 0);
	KUNIT_EXPECT_EQ(test, holder(test, "a"), BOARD(2));
}

static void is_taken_from_a_board_that_is_gone(struct kunit *test)
{
	add_board(test, 2);
	add_board(test, 3);
	KUNIT_EXPECT_EQ(test, learned(test, "a", 2), 1);
	KUNIT_EXPECT_EQ(test, ipos_server_del(servers_of(test), BOARD(2)), 0);
	KUNIT_EXPECT_EQ(test, kept(test, "a", 3), 1);
	KUNIT_EXPECT_EQ(test, holder(test, "a"), BOARD(3));
}

static void holds_what_was_said_by_hand(struct kunit *test)
{
	add_board(test, 2);
	KUNIT_EXPECT_EQ(test, learned(test, "a", 2), 1);
	KUNIT_EXPECT_EQ(test, by_hand(test, "a", 3), 0);
	KUNIT_EXPECT_EQ(test, by_hand(test, "a", 2), -EEXIST);
	KUNIT_EXPECT_EQ(test, learned(test, "a", 2), -EEXIST);
	KUNIT_EXPECT_EQ(test, learned(test, "a", 1), -EEXIST);
	KUNIT_EXPECT_EQ(test, holder(test, "a"), BOARD(3));
	wait(test, "a", 100);
	ipos_cookiemap_expire(map_of(test), 10);
	KUNIT_EXPECT_EQ(test, holder(test, "a"), BOARD(3));
	KUNIT_EXPECT_EQ(test, del(test, "a"), 0);
	KUNIT_EXPECT_EQ(test, del(test, "a"), -ENOENT);
	KUNIT_EXPECT_EQ(test, holder(test, "a"), 0);
}

static void ages_out(struct kunit *test)
{
	add_board(test, 2);
	KUNIT_EXPECT_EQ(test, learned(test, "old", 1), 1);
	KUNIT_EXPECT_EQ(test, learned(test, "used", 1), 1);
	KUNIT_EXPECT_EQ(test, learned(test, "young", 2), 1);
	wait(test, "old", 11);
	wait(test, "used", 11);
	wait(test, "young", 9);
	KUNIT_EXPECT_EQ(test, kept(test, "used", 1), 0);
	ipos_cookiemap_expire(map_of(test), 10);
	KUNIT_EXPECT_EQ(test, holder(test, "old"), 0);
	KUNIT_EXPECT_EQ(test, holder(test, "used"), IPOS_HERE);
	KUNIT_EXPECT_EQ(test, holder(test, "young"), BOARD(2));
	KUNIT_EXPECT_EQ(test, atomic_read(&map_of(test)->here), 1);
}

static void goes_with_its_board(struct kunit *test)
{
	add_board(test, 2);
	KUNIT_EXPECT_EQ(test, learned(test, "a", 2), 1);
	KUNIT_EXPECT_EQ(test, learned(test, "b", 1), 1);
	KUNIT_EXPECT_EQ(test, ipos_server_del(servers_of(test), BOARD(2)), 0);
	ipos_cookiemap_expire(map_of(test), 10);
	KUNIT_EXPECT_EQ(test, holder(test, "a"), 0);
	KUNIT_EXPECT_EQ(test, holder(test, "b"), IPOS_HERE);
	KUNIT_EXPECT_EQ(test, ipos_bound_count(&map_of(test)->bound), 1);
}

static void is_bounded(struct kunit *test)
{
	map_of(test)->bound.limit = 4;
	add_board(test, 2);
	add_board(test, 3);
	KUNIT_EXPECT_EQ(test, learned(test, "a", 2), 1);
	KUNIT_EXPECT_EQ(test, learned(test, "b", 2), 1);
	/* Half of it is the most that another board can have. */
	KUNIT_EXPECT_EQ(test, learned(test, "c", 2), -ENOSPC);
	KUNIT_EXPECT_EQ(test, learned(test, "c", 3), 1);
	KUNIT_EXPECT_EQ(test, learned(test, "d", 1), 1);
	KUNIT_EXPECT_EQ(test, learned(test, "e", 1), -ENOSPC);
	KUNIT_EXPECT_EQ(test, by_hand(test, "e", 3), -ENOSPC);
	/* Who takes one over needs no place. */
	KUNIT_EXPECT_EQ(test, learned(test, "a", 1), 1);
	KUNIT_EXPECT_EQ(test, learned(test, "d", 2), 1);
	KUNIT_EXPECT_EQ(test, ipos_bound_count(&map_of(test)->bound), 4);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(is_the_last_ones_who_gave_it_out),
	KUNIT_CASE(is_not_taken_by_saying_it_again),
	KUNIT_CASE(is_taken_from_a_board_that_is_gone),
	KUNIT_CASE(holds_what_was_said_by_hand),
	KUNIT_CASE(ages_out),
	KUNIT_CASE(goes_with_its_board),
	KUNIT_CASE(is_bounded),
	{}
};

static int init(struct kunit *test)
{
	int err;

	test->priv = kunit_kzalloc(test, sizeof(struct fixture), GFP_KERNEL);
	if (!test->priv)
		return -ENOMEM;
	err = ipos_server_table_init(servers_of(test));
	if (err)
		return err;
	return ipos_cookiemap_init(map_of(test));
}

static void ends(struct kunit *test)
{
	ipos_cookiemap_destroy(map_of(test));
	ipos_server_table_destroy(servers_of(test));
	rcu_barrier();
}

struct kunit_suite ipos_cookiemap_suite = {
	.name = "ipos_cookiemap",
	.init = init,
	.exit = ends,
	.test_cases = cases,
};
