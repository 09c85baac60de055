// SPDX-License-Identifier: GPL-2.0
#include "suites.h"
#include "table/service.h"

static struct ipos_service_table *table_of(struct kunit *test)
{
	return test->priv;
}

static struct ipos_service settings(u16 port)
{
	return (struct ipos_service){
		.key = { .addr = CLIENT(1), .port = htons(port),
			 .proto = IPOS_PROTO_TCP },
		.target_port = htons(port + 8000),
		.policy = IPOS_POLICY_LEAST_CONN,
	};
}

static int add(struct kunit *test, u16 port)
{
	struct ipos_service service = settings(port);

	return ipos_service_add(table_of(test), &service);
}

static int del(struct kunit *test, u16 port)
{
	struct ipos_service service = settings(port);

	return ipos_service_del(table_of(test), &service.key);
}

static struct ipos_service *find(struct kunit *test, u8 proto, u16 port)
{
	struct ipos_service *service;

	rcu_read_lock();
	service = ipos_service_peek(table_of(test), proto, CLIENT(1),
				    htons(port));
	rcu_read_unlock();
	return service;
}

static void is_found_with_its_settings(struct kunit *test)
{
	struct ipos_service *service;

	KUNIT_EXPECT_EQ(test, add(test, 80), 0);
	service = find(test, IPOS_PROTO_TCP, 80);
	KUNIT_ASSERT_NOT_NULL(test, service);
	KUNIT_EXPECT_EQ(test, ntohs(service->target_port), 8080);
	KUNIT_EXPECT_EQ(test, service->policy, IPOS_POLICY_LEAST_CONN);
	KUNIT_EXPECT_NULL(test, find(test, IPOS_PROTO_UDP, 80));
	KUNIT_EXPECT_NULL(test, find(test, IPOS_PROTO_TCP, 81));
}

static void refuses_a_duplicate_and_too_many(struct kunit *test)
{
	table_of(test)->bound.limit = 2;
	KUNIT_EXPECT_EQ(test, add(test, 80), 0);
	KUNIT_EXPECT_EQ(test, add(test, 80), -EEXIST);
	KUNIT_EXPECT_EQ(test, add(test, 81), 0);
	KUNIT_EXPECT_EQ(test, add(test, 82), -ENOSPC);
	KUNIT_EXPECT_EQ(test, del(test, 80), 0);
	KUNIT_EXPECT_EQ(test, del(test, 80), -ENOENT);
	KUNIT_EXPECT_EQ(test, add(test, 82), 0);
}

static void outlives_its_row_while_held(struct kunit *test)
{
	struct ipos_service *service;

	KUNIT_EXPECT_EQ(test, add(test, 80), 0);
	service = find(test, IPOS_PROTO_TCP, 80);
	KUNIT_ASSERT_NOT_NULL(test, service);
	KUNIT_ASSERT_NOT_NULL(test, ipos_service_get(service));
	KUNIT_EXPECT_EQ(test, del(test, 80), 0);
	rcu_barrier();
	KUNIT_EXPECT_EQ(test, refcount_read(&service->refs), 1);
	KUNIT_EXPECT_EQ(test, ntohs(service->key.port), 80);
	ipos_service_put(service);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(is_found_with_its_settings),
	KUNIT_CASE(refuses_a_duplicate_and_too_many),
	KUNIT_CASE(outlives_its_row_while_held),
	{}
};

static int init(struct kunit *test)
{
	test->priv = kunit_kzalloc(test, sizeof(struct ipos_service_table),
				   GFP_KERNEL);
	return test->priv ? ipos_service_table_init(test->priv) : -ENOMEM;
}

static void ends(struct kunit *test)
{
	ipos_service_table_destroy(test->priv);
	rcu_barrier();
}

struct kunit_suite ipos_service_suite = {
	.name = "ipos_service",
	.init = init,
	.exit = ends,
	.test_cases = cases,
};
