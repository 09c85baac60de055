// SPDX-License-Identifier: GPL-2.0
#include <net/net_namespace.h>
#include "suites.h"
#include "table/presence.h"

#define INTERVAL	1000

static const u8 mac[ETH_ALEN] = { 2, 0, 0, 0, 2, 22 };

struct heard {
	struct ipos_advert	advert;
	struct ipos_presence	p;
};

static struct ipos_server_table *table_of(struct kunit *test)
{
	return test->priv;
}

static enum ipos_presence_verdict take(struct kunit *test, struct heard *heard)
{
	struct ipos_server_table *table = table_of(test);
	enum ipos_presence_verdict verdict;

	rcu_read_lock();
	spin_lock_bh(&table->hearing);
	verdict = ipos_presence_hear(table, &heard->p);
	spin_unlock_bh(&table->hearing);
	rcu_read_unlock();
	return verdict;
}

/* Of board 2, in one part. */
static enum ipos_presence_verdict hear(struct kunit *test, u64 epoch,
				       u32 snapshot, struct heard *heard)
{
	*heard = (struct heard){
		.advert = {
			.epoch = epoch, .snapshot = snapshot, .part = 1,
			.parts = 1, .interval_ms = INTERVAL,
		},
		.p = {
			.ip = BOARD(2), .lladdr = mac, .learn = true,
			.dev = init_net.loopback_dev, .advert = &heard->advert,
		},
	};
	return take(test, heard);
}

static struct ipos_server *find(struct kunit *test)
{
	struct ipos_server *server;

	rcu_read_lock();
	server = ipos_server_peek(table_of(test), BOARD(2));
	rcu_read_unlock();
	return server;
}

/* As if it had been silent for so many intervals; returns the news. */
static u32 silent(struct kunit *test, struct ipos_server *server,
		  unsigned int intervals)
{
	struct ipos_server_table *table = table_of(test);
	u32 news;

	server->heard.at = jiffies - msecs_to_jiffies(intervals * INTERVAL);
	spin_lock_bh(&table->hearing);
	news = ipos_presence_age(table, server);
	spin_unlock_bh(&table->hearing);
	return news;
}

static void is_learned_only_if_that_is_wanted(struct kunit *test)
{
	struct heard heard = {
		.advert = { .epoch = 1, .snapshot = 1, .part = 1, .parts = 1 },
		.p = {
			.ip = BOARD(2), .lladdr = mac,
			.dev = init_net.loopback_dev,
		},
	};

	heard.p.advert = &heard.advert;
	KUNIT_EXPECT_EQ(test, take(test, &heard), IPOS_PRESENCE_SENDER);
	KUNIT_EXPECT_NULL(test, find(test));
	KUNIT_EXPECT_EQ(test, hear(test, 1, 1, &heard), IPOS_PRESENCE_TAKEN);
	KUNIT_EXPECT_EQ(test, heard.p.news, IPOS_PRESENCE_JOINED);
	KUNIT_ASSERT_NOT_NULL(test, find(test));
	KUNIT_EXPECT_TRUE(test, ipos_server_fresh(find(test)));
}

static void hears_a_snapshot_once_and_none_before_it(struct kunit *test)
{
	struct heard heard;

	KUNIT_EXPECT_EQ(test, hear(test, 1, 7, &heard), IPOS_PRESENCE_TAKEN);
	KUNIT_EXPECT_TRUE(test, heard.p.complete);
	KUNIT_EXPECT_EQ(test, hear(test, 1, 7, &heard),
			IPOS_PRESENCE_REPLAYED);
	KUNIT_EXPECT_EQ(test, hear(test, 1, 6, &heard),
			IPOS_PRESENCE_REPLAYED);
	KUNIT_EXPECT_EQ(test, hear(test, 1, 7U + INT_MAX, &heard),
			IPOS_PRESENCE_TAKEN);
	KUNIT_EXPECT_EQ(test, hear(test, 1, 7, &heard), IPOS_PRESENCE_REPLAYED);
}

static void is_stale_then_gone_then_there_again(struct kunit *test)
{
	struct ipos_server *server;
	struct heard heard;

	KUNIT_ASSERT_EQ(test, ipos_server_add(table_of(test), BOARD(2), mac,
					      init_net.loopback_dev), 0);
	server = find(test);
	KUNIT_ASSERT_NOT_NULL(test, server);
	/* Never heard, it is not missed. */
	KUNIT_EXPECT_EQ(test, silent(test, server, 1000), 0);
	KUNIT_EXPECT_TRUE(test, ipos_server_fresh(server));
	hear(test, 1, 1, &heard);
	KUNIT_EXPECT_EQ(test, heard.p.news, IPOS_PRESENCE_JOINED);
	KUNIT_EXPECT_EQ(test, silent(test, server, 2), 0);
	KUNIT_EXPECT_EQ(test, silent(test, server, 4), IPOS_PRESENCE_STALE);
	KUNIT_EXPECT_FALSE(test, ipos_server_fresh(server));
	KUNIT_EXPECT_EQ(test, silent(test, server, 4), 0);
	hear(test, 1, 2, &heard);
	KUNIT_EXPECT_EQ(test, heard.p.news, IPOS_PRESENCE_FRESH);
	KUNIT_EXPECT_TRUE(test, ipos_server_fresh(server));
	KUNIT_EXPECT_EQ(test, silent(test, server, 11),
			IPOS_PRESENCE_STALE | IPOS_PRESENCE_GONE);
	KUNIT_EXPECT_PTR_EQ(test, find(test), server);
	hear(test, 1, 3, &heard);
	KUNIT_EXPECT_EQ(test, heard.p.news, IPOS_PRESENCE_JOINED);
}

static void is_forgotten_when_gone_and_learned(struct kunit *test)
{
	struct ipos_server *server;
	struct heard heard;

	hear(test, 1, 1, &heard);
	server = find(test);
	KUNIT_ASSERT_NOT_NULL(test, server);
	/* But not while a flow holds it. */
	KUNIT_ASSERT_NOT_NULL(test, ipos_server_get(server));
	silent(test, server, 11);
	KUNIT_EXPECT_PTR_EQ(test, find(test), server);
	ipos_server_put(server);
	rcu_read_lock();
	silent(test, server, 11);
	rcu_read_unlock();
	KUNIT_EXPECT_NULL(test, find(test));
}

static void begins_another_life_and_ends_the_one_before(struct kunit *test)
{
	struct ipos_server *old;
	struct heard heard;

	hear(test, 1, 5, &heard);
	old = find(test);
	KUNIT_ASSERT_NOT_NULL(test, old);
	KUNIT_ASSERT_NOT_NULL(test, ipos_server_get(old));
	KUNIT_EXPECT_EQ(test, hear(test, 2, 1, &heard), IPOS_PRESENCE_TAKEN);
	KUNIT_EXPECT_EQ(test, heard.p.news, IPOS_PRESENCE_RESTARTED);
	KUNIT_EXPECT_PTR_NE(test, find(test), old);
	KUNIT_EXPECT_TRUE(test, old->dead);
	KUNIT_EXPECT_EQ(test, hear(test, 1, 6, &heard), IPOS_PRESENCE_EPOCH);
	KUNIT_EXPECT_EQ(test, ipos_bound_count(&table_of(test)->bound), 1);
	ipos_server_put(old);
}

static void moves_with_its_row(struct kunit *test)
{
	const u8 another[ETH_ALEN] = { 2, 0, 0, 0, 2, 33 };
	struct ipos_server *server;
	struct heard heard;

	hear(test, 1, 1, &heard);
	server = find(test);
	heard.advert.snapshot = 2;
	heard.p.lladdr = another;
	KUNIT_EXPECT_EQ(test, take(test, &heard), IPOS_PRESENCE_TAKEN);
	KUNIT_EXPECT_EQ(test, heard.p.news, IPOS_PRESENCE_MOVED);
	KUNIT_EXPECT_PTR_EQ(test, find(test), server);
	rcu_read_lock();
	KUNIT_EXPECT_PTR_EQ(test, server,
			    ipos_server_peek_lladdr(table_of(test), another));
	KUNIT_EXPECT_NULL(test, ipos_server_peek_lladdr(table_of(test), mac));
	rcu_read_unlock();
	/* A known MAC is no other board's. */
	heard.p.ip = BOARD(3);
	KUNIT_EXPECT_EQ(test, take(test, &heard), IPOS_PRESENCE_UNTRUSTED);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(is_learned_only_if_that_is_wanted),
	KUNIT_CASE(hears_a_snapshot_once_and_none_before_it),
	KUNIT_CASE(is_stale_then_gone_then_there_again),
	KUNIT_CASE(is_forgotten_when_gone_and_learned),
	KUNIT_CASE(begins_another_life_and_ends_the_one_before),
	KUNIT_CASE(moves_with_its_row),
	{}
};

struct kunit_suite ipos_presence_suite = {
	.name = "ipos_presence",
	.init = servers_init,
	.exit = servers_exit,
	.test_cases = cases,
};
