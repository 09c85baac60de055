// SPDX-License-Identifier: GPL-2.0
#include "suites.h"
#include "table/url.h"

static struct ipos_url_table *table_of(struct kunit *test)
{
	return test->priv;
}

static int add(struct kunit *test, const char *url, u8 board)
{
	return ipos_url_add(table_of(test), url, BOARD(board));
}

static int del(struct kunit *test, const char *url, u8 board)
{
	return ipos_url_del(table_of(test), url, BOARD(board));
}

/* How many servers a URL has; *first is the number of one of them. */
static unsigned int find(struct kunit *test, const char *host,
			 const char *path, u8 *first)
{
	__be32 servers[IPOS_URL_SERVERS] = {};
	unsigned int n;

	rcu_read_lock();
	n = ipos_url_lookup(table_of(test), host, path, servers);
	rcu_read_unlock();
	*first = ntohl(servers[0]) & 0xff;
	return n;
}

static void expect(struct kunit *test, const char *host, const char *path,
		   u8 board)
{
	u8 found;

	KUNIT_EXPECT_EQ_MSG(test, find(test, host, path, &found), !!board,
			    "%s%s", host, path);
	KUNIT_EXPECT_EQ_MSG(test, found, board, "%s%s", host, path);
}

static void longest_prefix_wins(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, add(test, "a.org/", 1), 0);
	KUNIT_EXPECT_EQ(test, add(test, "a.org/video", 2), 0);
	KUNIT_EXPECT_EQ(test, add(test, "a.org/video/old", 3), 0);
	expect(test, "a.org", "/", 1);
	expect(test, "a.org", "/vide", 1);
	expect(test, "a.org", "/video/new", 2);
	expect(test, "a.org", "/video/old/1", 3);
	expect(test, "b.org", "/video", 0);
	KUNIT_EXPECT_EQ(test, del(test, "a.org/video", 2), 0);
	expect(test, "a.org", "/video/new", 1);
	expect(test, "a.org", "/video/old/1", 3);
}

static void its_own_host_wins_over_any(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, add(test, "*/video/old", 1), 0);
	KUNIT_EXPECT_EQ(test, add(test, "A.org/video", 2), 0);
	expect(test, "a.org", "/video/old", 2);
	expect(test, "b.org", "/video/old", 1);
	expect(test, "", "/video/old", 1);
	expect(test, "b.org", "/video", 0);
}

static void has_several_servers(struct kunit *test)
{
	int board;
	u8 first;

	for (board = 1; board <= IPOS_URL_SERVERS + 1; board++)
		KUNIT_EXPECT_EQ(test, add(test, "a.org/", board), 0);
	KUNIT_EXPECT_EQ(test, find(test, "a.org", "/", &first),
			(unsigned int)IPOS_URL_SERVERS);
	for (board = 2; board <= IPOS_URL_SERVERS + 1; board++)
		KUNIT_EXPECT_EQ(test, del(test, "a.org/", board), 0);
	expect(test, "a.org", "/", 1);
}

static void refuses_a_duplicate_and_too_many(struct kunit *test)
{
	table_of(test)->bound.limit = 2;
	KUNIT_EXPECT_EQ(test, add(test, "a.org/", 1), 0);
	KUNIT_EXPECT_EQ(test, add(test, "a.org/", 1), -EEXIST);
	KUNIT_EXPECT_EQ(test, add(test, "a.org/", 2), 0);
	KUNIT_EXPECT_EQ(test, add(test, "b.org/", 1), -ENOSPC);
	expect(test, "b.org", "/", 0);
	KUNIT_EXPECT_EQ(test, del(test, "a.org/", 3), -ENOENT);
	KUNIT_EXPECT_EQ(test, del(test, "a.org/", 2), 0);
	KUNIT_EXPECT_EQ(test, add(test, "b.org/", 1), 0);
}

static void refuses_what_is_no_url(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, add(test, "", 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, add(test, "/video", 1), -EINVAL);
	KUNIT_EXPECT_EQ(test, ipos_bound_count(&table_of(test)->bound), 0);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(longest_prefix_wins),
	KUNIT_CASE(its_own_host_wins_over_any),
	KUNIT_CASE(has_several_servers),
	KUNIT_CASE(refuses_a_duplicate_and_too_many),
	KUNIT_CASE(refuses_what_is_no_url),
	{}
};

static int init(struct kunit *test)
{
	test->priv = kunit_kzalloc(test, sizeof(struct ipos_url_table),
				   GFP_KERNEL);
	return test->priv ? ipos_url_table_init(test->priv) : -ENOMEM;
}

static void ends(struct kunit *test)
{
	ipos_url_table_destroy(test->priv);
	rcu_barrier();
}

struct kunit_suite ipos_url_suite = {
	.name = "ipos_url",
	.init = init,
	.exit = ends,
	.test_cases = cases,
};
