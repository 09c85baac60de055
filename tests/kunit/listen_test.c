// SPDX-License-Identifier: GPL-2.0
#include "suites.h"
#include "table/listen.h"

struct told {
	struct ipos_listen_table table;
	int listens;
	int closed;
};

static struct ipos_listen_table *table_of(struct kunit *test)
{
	struct told *told = test->priv;

	return &told->table;
}

static struct told *told_of(struct kunit *test)
{
	return test->priv;
}

static void count_changes(struct ipos_listen_table *table, __be32 server,
			  const struct ipos_listener *what, bool listens)
{
	struct told *told = container_of(table, struct told, table);

	if (listens)
		told->listens++;
	else
		told->closed++;
}

static struct ipos_listener listener(u32 addr, u16 port, u32 pid)
{
	return (struct ipos_listener){
		.addr = htonl(addr), .port = htons(port),
		.proto = IPOS_PROTO_TCP, .pid = pid,
	};
}

static int hear(struct kunit *test, __be32 server, u16 port, u32 snapshot)
{
	struct ipos_listener what = listener(0, port, 7);

	return ipos_listen_heard(table_of(test), server, &what, snapshot);
}

static bool has(struct kunit *test, __be32 server, u16 port)
{
	bool there;

	rcu_read_lock();
	there = ipos_listen_has(table_of(test), server, IPOS_PROTO_TCP,
				htons(port));
	rcu_read_unlock();
	return there;
}

static bool known(struct kunit *test, __be32 server)
{
	bool there;

	rcu_read_lock();
	there = ipos_listen_known(table_of(test), server);
	rcu_read_unlock();
	return there;
}

static u32 rows(struct kunit *test)
{
	return ipos_bound_count(&table_of(test)->bound);
}

static void is_found_by_board_protocol_and_port(struct kunit *test)
{
	KUNIT_EXPECT_FALSE(test, has(test, BOARD(2), 80));
	KUNIT_EXPECT_EQ(test, hear(test, BOARD(2), 80, 1), 0);
	KUNIT_EXPECT_TRUE(test, has(test, BOARD(2), 80));
	KUNIT_EXPECT_FALSE(test, has(test, BOARD(2), 81));
	KUNIT_EXPECT_FALSE(test, has(test, BOARD(3), 80));
	KUNIT_EXPECT_FALSE(test, has(test, IPOS_HERE, 80));
	KUNIT_EXPECT_EQ(test, told_of(test)->listens, 1);
}

static void is_one_row_however_often_heard(struct kunit *test)
{
	hear(test, BOARD(2), 80, 1);
	hear(test, BOARD(2), 80, 1);
	hear(test, BOARD(2), 80, 2);
	KUNIT_EXPECT_EQ(test, rows(test), 1);
	KUNIT_EXPECT_EQ(test, told_of(test)->listens, 1);
}

static void is_gone_when_a_complete_snapshot_lacks_it(struct kunit *test)
{
	hear(test, BOARD(2), 80, U32_MAX);
	hear(test, BOARD(2), 81, U32_MAX);
	hear(test, BOARD(3), 80, 5);
	KUNIT_EXPECT_FALSE(test, known(test, BOARD(2)));
	ipos_listen_complete(table_of(test), BOARD(2), U32_MAX);
	KUNIT_EXPECT_TRUE(test, known(test, BOARD(2)));
	KUNIT_EXPECT_FALSE(test, known(test, BOARD(3)));
	/* Numbers go on beyond the highest. */
	hear(test, BOARD(2), 81, 0);
	ipos_listen_complete(table_of(test), BOARD(2), 0);
	KUNIT_EXPECT_FALSE(test, has(test, BOARD(2), 80));
	KUNIT_EXPECT_TRUE(test, has(test, BOARD(2), 81));
	KUNIT_EXPECT_TRUE(test, has(test, BOARD(3), 80));
	KUNIT_EXPECT_EQ(test, told_of(test)->closed, 1);
}

static void outlives_a_snapshot_that_is_older(struct kunit *test)
{
	hear(test, IPOS_HERE, 80, 2);
	ipos_listen_complete(table_of(test), IPOS_HERE, 1);
	KUNIT_EXPECT_TRUE(test, has(test, IPOS_HERE, 80));
	ipos_listen_complete(table_of(test), IPOS_HERE, 2);
	KUNIT_EXPECT_TRUE(test, has(test, IPOS_HERE, 80));
	ipos_listen_complete(table_of(test), IPOS_HERE, 3);
	KUNIT_EXPECT_FALSE(test, has(test, IPOS_HERE, 80));
}

static void port_lives_as_long_as_one_of_its_rows(struct kunit *test)
{
	struct ipos_listener one = listener(0xc0000201, 80, 1);
	struct ipos_listener two = listener(0x0a000001, 80, 1);

	ipos_listen_heard(table_of(test), BOARD(2), &one, 1);
	ipos_listen_heard(table_of(test), BOARD(2), &two, 1);
	KUNIT_EXPECT_EQ(test, rows(test), 2);
	ipos_listen_heard(table_of(test), BOARD(2), &two, 2);
	ipos_listen_complete(table_of(test), BOARD(2), 2);
	KUNIT_EXPECT_TRUE(test, has(test, BOARD(2), 80));
	ipos_listen_complete(table_of(test), BOARD(2), 3);
	KUNIT_EXPECT_FALSE(test, has(test, BOARD(2), 80));
	KUNIT_EXPECT_EQ(test, rows(test), 0);
}

static void loopback_is_listed_and_does_not_count(struct kunit *test)
{
	struct ipos_listener what = listener(0x7f000001, 80, 1);

	ipos_listen_heard(table_of(test), IPOS_HERE, &what, 1);
	KUNIT_EXPECT_EQ(test, rows(test), 1);
	KUNIT_EXPECT_FALSE(test, has(test, IPOS_HERE, 80));
	ipos_listen_complete(table_of(test), IPOS_HERE, 2);
	KUNIT_EXPECT_EQ(test, rows(test), 0);
}

static void is_bounded_in_all_and_per_board(struct kunit *test)
{
	u32 port;

	for (port = 1; port <= IPOS_LISTEN_SERVER_MAX; port++)
		KUNIT_ASSERT_EQ(test, hear(test, BOARD(2), port, 1), 0);
	KUNIT_EXPECT_EQ(test, hear(test, BOARD(2), port, 1), -ENOSPC);
	KUNIT_EXPECT_EQ(test, hear(test, BOARD(2), 1, 1), 0);
	KUNIT_EXPECT_EQ(test, hear(test, BOARD(3), 1, 1), 0);
	table_of(test)->bound.limit = IPOS_LISTEN_SERVER_MAX + 1;
	KUNIT_EXPECT_EQ(test, hear(test, BOARD(3), 2, 1), -ENOSPC);
	KUNIT_EXPECT_FALSE(test, has(test, BOARD(3), 2));
	ipos_listen_complete(table_of(test), BOARD(2), 2);
	KUNIT_EXPECT_EQ(test, rows(test), 1);
	KUNIT_EXPECT_EQ(test, hear(test, BOARD(3), 2, 1), 0);
}

static void board_is_forgotten(struct kunit *test)
{
	hear(test, BOARD(2), 80, 1);
	hear(test, BOARD(3), 80, 1);
	ipos_listen_complete(table_of(test), BOARD(2), 1);
	ipos_listen_forget(table_of(test), BOARD(2));
	ipos_listen_forget(table_of(test), BOARD(4));
	KUNIT_EXPECT_FALSE(test, has(test, BOARD(2), 80));
	KUNIT_EXPECT_FALSE(test, known(test, BOARD(2)));
	KUNIT_EXPECT_TRUE(test, has(test, BOARD(3), 80));
	KUNIT_EXPECT_EQ(test, told_of(test)->closed, 1);
}

static void take_pid(const struct ipos_listener *what, void *arg)
{
	*(u32 *)arg = what->pid;
}

static u32 pid_of(struct kunit *test, __be32 server)
{
	u32 pid = 0;

	ipos_listen_each(table_of(test), server, take_pid, &pid);
	return pid;
}

static void process_changes_in_place(struct kunit *test)
{
	struct ipos_listener what = listener(0, 80, 1);

	ipos_listen_own(table_of(test), &what);
	KUNIT_EXPECT_EQ(test, rows(test), 0);
	ipos_listen_heard(table_of(test), IPOS_HERE, &what, 1);
	what.pid = 2;
	ipos_listen_own(table_of(test), &what);
	KUNIT_EXPECT_EQ(test, pid_of(test, IPOS_HERE), 2);
	/* A look finds sockets, not their processes. */
	what.pid = 0;
	ipos_listen_heard(table_of(test), IPOS_HERE, &what, 2);
	KUNIT_EXPECT_EQ(test, pid_of(test, IPOS_HERE), 2);
	ipos_listen_own(table_of(test), &what);
	KUNIT_EXPECT_EQ(test, pid_of(test, IPOS_HERE), 0);
	/* Another board knows what it says. */
	ipos_listen_heard(table_of(test), BOARD(2), &what, 1);
	what.pid = 9;
	ipos_listen_heard(table_of(test), BOARD(2), &what, 2);
	KUNIT_EXPECT_EQ(test, pid_of(test, BOARD(2)), 9);
	KUNIT_EXPECT_EQ(test, rows(test), 2);
	KUNIT_EXPECT_EQ(test, told_of(test)->closed, 0);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(is_found_by_board_protocol_and_port),
	KUNIT_CASE(is_one_row_however_often_heard),
	KUNIT_CASE(is_gone_when_a_complete_snapshot_lacks_it),
	KUNIT_CASE(outlives_a_snapshot_that_is_older),
	KUNIT_CASE(port_lives_as_long_as_one_of_its_rows),
	KUNIT_CASE(loopback_is_listed_and_does_not_count),
	KUNIT_CASE(is_bounded_in_all_and_per_board),
	KUNIT_CASE(board_is_forgotten),
	KUNIT_CASE(process_changes_in_place),
	{}
};

static int init(struct kunit *test)
{
	struct told *told = kunit_kzalloc(test, sizeof(*told), GFP_KERNEL);

	if (!told)
		return -ENOMEM;
	test->priv = told;
	told->table.changed = count_changes;
	return ipos_listen_table_init(&told->table);
}

static void ends(struct kunit *test)
{
	ipos_listen_table_destroy(table_of(test));
	rcu_barrier();
}

struct kunit_suite ipos_listen_suite = {
	.name = "ipos_listen",
	.init = init,
	.exit = ends,
	.test_cases = cases,
};
