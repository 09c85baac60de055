// SPDX-License-Identifier: GPL-2.0
#include "suites.h"
#include "table/program.h"

static struct ipos_program_table *table_of(struct kunit *test)
{
	return test->priv;
}

static int add(struct kunit *test, const char *name, u16 port)
{
	struct ipos_program_config *config;

	config = kunit_kzalloc(test, sizeof(*config), GFP_KERNEL);
	KUNIT_ASSERT_NOT_NULL(test, config);
	config->key.port = htons(port);
	config->key.proto = IPOS_PROTO_TCP;
	config->start_s = 30;
	strscpy(config->name, name, sizeof(config->name));
	return ipos_program_add(table_of(test), config);
}

static struct ipos_program *peek(struct kunit *test, u16 port)
{
	struct ipos_program *program;

	rcu_read_lock();
	program = ipos_program_peek(table_of(test), IPOS_PROTO_TCP,
				    htons(port));
	rcu_read_unlock();
	return program;
}

/* One that was registered just now. */
static struct ipos_program *made(struct kunit *test)
{
	KUNIT_ASSERT_EQ(test, add(test, "app", 8080), 0);
	KUNIT_ASSERT_NOT_NULL(test, peek(test, 8080));
	return peek(test, 8080);
}

/* As if it had entered its state seconds ago. */
static void wait(struct ipos_program *program, u32 s)
{
	program->since -= s * HZ;
	program->until -= s * HZ;
}

static void is_found_by_name_and_port(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, add(test, "a", 80), 0);
	KUNIT_EXPECT_EQ(test, add(test, "a", 81), -EEXIST);
	KUNIT_EXPECT_EQ(test, add(test, "b", 80), -EADDRINUSE);
	KUNIT_EXPECT_PTR_EQ(test, ipos_program_find(table_of(test), "a"),
			    peek(test, 80));
	KUNIT_EXPECT_NULL(test, peek(test, 81));
	KUNIT_EXPECT_EQ(test, ipos_program_del(table_of(test), "b"), -ENOENT);
	KUNIT_EXPECT_EQ(test, ipos_program_del(table_of(test), "a"), 0);
	KUNIT_EXPECT_NULL(test, peek(test, 80));
	KUNIT_EXPECT_EQ(test, ipos_bound_count(&table_of(test)->bound), 0);
}

static void is_bounded(struct kunit *test)
{
	table_of(test)->bound.limit = 1;
	KUNIT_EXPECT_EQ(test, add(test, "a", 80), 0);
	KUNIT_EXPECT_EQ(test, add(test, "b", 81), -ENOSPC);
	KUNIT_EXPECT_NULL(test, peek(test, 81));
}

static void is_started_once(struct kunit *test)
{
	struct ipos_program *program = made(test);

	KUNIT_EXPECT_TRUE(test, ipos_program_start(table_of(test), program));
	KUNIT_EXPECT_FALSE(test, ipos_program_start(table_of(test), program));
	KUNIT_EXPECT_TRUE(test,
			  ipos_program_claim(table_of(test), program, 0, 7));
	KUNIT_EXPECT_FALSE(test,
			   ipos_program_claim(table_of(test), program, 0, 8));
	/* Who knows that the first is gone may take its place. */
	KUNIT_EXPECT_TRUE(test,
			  ipos_program_claim(table_of(test), program, 7, 8));
	KUNIT_EXPECT_TRUE(test, ipos_program_runs(table_of(test), program, 8));
	KUNIT_EXPECT_FALSE(test, ipos_program_runs(table_of(test), program, 8));
	KUNIT_EXPECT_FALSE(test, ipos_program_start(table_of(test), program));
	KUNIT_EXPECT_EQ(test, program->starts, 1);
}

static void is_not_begun_where_nobody_hears(struct kunit *test)
{
	struct ipos_program *program = made(test);

	KUNIT_EXPECT_TRUE(test, ipos_program_start(table_of(test), program));
	ipos_program_unheard(table_of(test), program);
	KUNIT_EXPECT_EQ(test, program->state, IPOS_APP_STATE_STOPPED);
	KUNIT_EXPECT_EQ(test, program->starts, 0);
	KUNIT_EXPECT_TRUE(test, ipos_program_start(table_of(test), program));
}

static void can_be_started_again_when_it_ends(struct kunit *test)
{
	struct ipos_program *program = made(test);

	ipos_program_runs(table_of(test), program, 9);
	KUNIT_EXPECT_FALSE(test, ipos_program_stops(table_of(test), program));
	KUNIT_EXPECT_EQ(test, program->state, IPOS_APP_STATE_STOPPED);
	KUNIT_EXPECT_EQ(test, program->owner, 0);
	KUNIT_EXPECT_TRUE(test, ipos_program_start(table_of(test), program));
}

static void has_failed_when_it_does_not_listen(struct kunit *test)
{
	struct ipos_program *program = made(test);

	ipos_program_start(table_of(test), program);
	wait(program, 29);
	KUNIT_EXPECT_FALSE(test, ipos_program_age(table_of(test), program));
	wait(program, 2);
	KUNIT_EXPECT_TRUE(test, ipos_program_age(table_of(test), program));
	KUNIT_EXPECT_EQ(test, program->state, IPOS_APP_STATE_FAILED);
	KUNIT_EXPECT_EQ(test, program->failures, 1);
	KUNIT_EXPECT_FALSE(test, ipos_program_start(table_of(test), program));
}

static void rests_longer_each_time_it_fails(struct kunit *test)
{
	static const u32 rest_s[] = { 4, 8, 16, 32, 64, 64 };
	struct ipos_program *program = made(test);
	int i;

	for (i = 0; i < ARRAY_SIZE(rest_s); i++) {
		KUNIT_EXPECT_TRUE(test,
				  ipos_program_start(table_of(test), program));
		ipos_program_claim(table_of(test), program, 0, 7);
		KUNIT_EXPECT_FALSE(test, ipos_program_fails(table_of(test),
							    program, 8));
		KUNIT_EXPECT_TRUE(test, ipos_program_fails(table_of(test),
							   program, 7));
		wait(program, rest_s[i] - 1);
		ipos_program_age(table_of(test), program);
		KUNIT_EXPECT_EQ(test, program->state, IPOS_APP_STATE_FAILED);
		wait(program, 2);
		KUNIT_EXPECT_FALSE(test, ipos_program_age(table_of(test),
							  program));
		KUNIT_EXPECT_EQ(test, program->state, IPOS_APP_STATE_STOPPED);
	}
}

static void fails_when_what_crashed_is_closed(struct kunit *test)
{
	struct ipos_program *program = made(test);

	ipos_program_start(table_of(test), program);
	ipos_program_claim(table_of(test), program, 0, 7);
	ipos_program_runs(table_of(test), program, 7);
	KUNIT_EXPECT_FALSE(test,
			   ipos_program_fails(table_of(test), program, 7));
	KUNIT_EXPECT_EQ(test, program->state, IPOS_APP_STATE_RUNNING);
	KUNIT_EXPECT_TRUE(test, ipos_program_stops(table_of(test), program));
	KUNIT_EXPECT_EQ(test, program->state, IPOS_APP_STATE_FAILED);
	ipos_program_clear(table_of(test), program);
	KUNIT_EXPECT_EQ(test, program->state, IPOS_APP_STATE_STOPPED);
	KUNIT_EXPECT_EQ(test, program->in_row, 0);
}

static void forgets_failures_after_a_long_life(struct kunit *test)
{
	struct ipos_program *program = made(test);

	program->in_row = 3;
	ipos_program_runs(table_of(test), program, 9);
	wait(program, 9);
	ipos_program_stops(table_of(test), program);
	KUNIT_EXPECT_EQ(test, program->in_row, 3);
	ipos_program_runs(table_of(test), program, 9);
	wait(program, 11);
	ipos_program_stops(table_of(test), program);
	KUNIT_EXPECT_EQ(test, program->in_row, 0);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(is_found_by_name_and_port),
	KUNIT_CASE(is_bounded),
	KUNIT_CASE(is_started_once),
	KUNIT_CASE(is_not_begun_where_nobody_hears),
	KUNIT_CASE(can_be_started_again_when_it_ends),
	KUNIT_CASE(has_failed_when_it_does_not_listen),
	KUNIT_CASE(rests_longer_each_time_it_fails),
	KUNIT_CASE(fails_when_what_crashed_is_closed),
	KUNIT_CASE(forgets_failures_after_a_long_life),
	{}
};

static int init(struct kunit *test)
{
	test->priv = kunit_kzalloc(test, sizeof(struct ipos_program_table),
				   GFP_KERNEL);
	return test->priv ? ipos_program_table_init(test->priv) : -ENOMEM;
}

static void ends(struct kunit *test)
{
	ipos_program_table_destroy(test->priv);
	rcu_barrier();
}

struct kunit_suite ipos_program_suite = {
	.name = "ipos_program",
	.init = init,
	.exit = ends,
	.test_cases = cases,
};
