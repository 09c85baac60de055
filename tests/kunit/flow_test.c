// SPDX-License-Identifier: GPL-2.0
#include <linux/netdevice.h>
#include <linux/slab.h>
#include "suites.h"
#include "table/flow.h"

static struct ipos_flow_table *table_of(struct kunit *test)
{
	return test->priv;
}

static u32 count(struct kunit *test, enum ipos_flow_state state)
{
	return ipos_bound_count(&table_of(test)->bound[state]);
}

static struct ipos_flow *find(struct kunit *test, u16 port)
{
	struct ipos_key key = client_key(port);
	struct ipos_flow *flow;

	rcu_read_lock();
	flow = ipos_flow_peek(table_of(test), &key);
	rcu_read_unlock();
	return flow;
}

static struct ipos_flow *find_bound(struct kunit *test, u16 port, u8 board)
{
	struct ipos_hdr hdr = client_hdr(port, board);
	struct ipos_flow *flow;

	rcu_read_lock();
	flow = ipos_flow_peek_binding(table_of(test), &hdr, BOARD(board));
	rcu_read_unlock();
	return flow;
}

/* In no table yet. */
static struct ipos_flow *make(struct kunit *test, u16 port,
			      enum ipos_flow_state state)
{
	struct ipos_key key = client_key(port);

	return ipos_flow_new(table_of(test), &key, state);
}

static struct ipos_flow *insert(struct kunit *test, u16 port,
				enum ipos_flow_state state)
{
	struct ipos_flow *flow = make(test, port, state);

	KUNIT_ASSERT_FALSE(test, IS_ERR(flow));
	KUNIT_ASSERT_EQ(test, ipos_flow_insert(table_of(test), flow), 0);
	return flow;
}

/* Out of the table, with the creator's reference. */
static void end(struct kunit *test, struct ipos_flow *flow)
{
	KUNIT_EXPECT_TRUE(test, ipos_flow_remove(table_of(test), flow,
						 ipos_flow_state(flow)));
	ipos_flow_put(flow);
}

static int bind(struct kunit *test, struct ipos_flow *flow, u16 port,
		struct ipos_server *peer)
{
	struct ipos_hdr hdr = client_hdr(port, ntohl(peer->ip) & 0xff);

	return ipos_flow_bind(table_of(test), flow, &hdr, peer);
}

/* A row that is in no table, with a reference of the test's. */
static struct ipos_server *make_server(struct kunit *test, u8 board)
{
	struct ipos_server *server = kzalloc(sizeof(*server), GFP_KERNEL);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, server);
	server->ip = BOARD(board);
	INIT_LIST_HEAD(&server->names);
	refcount_set(&server->refs, 1);
	return server;
}

static void is_found_once_inserted(struct kunit *test)
{
	struct ipos_flow *flow = make(test, 1, IPOS_FLOW_TEMPORARY);

	KUNIT_ASSERT_FALSE(test, IS_ERR(flow));
	KUNIT_EXPECT_NULL(test, find(test, 1));
	KUNIT_EXPECT_TRUE(test, ipos_flow_table_empty(table_of(test)));
	KUNIT_EXPECT_EQ(test, ipos_flow_insert(table_of(test), flow), 0);
	KUNIT_EXPECT_PTR_EQ(test, find(test, 1), flow);
	KUNIT_EXPECT_NULL(test, find(test, 2));
	KUNIT_EXPECT_FALSE(test, ipos_flow_table_empty(table_of(test)));
	end(test, flow);
	KUNIT_EXPECT_NULL(test, find(test, 1));
}

static void is_told_from_another_service_and_protocol(struct kunit *test)
{
	struct ipos_flow *flow = insert(test, 1, IPOS_FLOW_TEMPORARY);
	struct ipos_key other[] = { client_key(1), client_key(1), client_key(1),
				    client_key(1) };
	int i;

	other[0].proto = IPOS_PROTO_UDP;
	other[1].sport = htons(81);
	other[2].saddr = CLIENT(2);
	other[3].caddr = CLIENT(101);
	rcu_read_lock();
	for (i = 0; i < ARRAY_SIZE(other); i++)
		KUNIT_EXPECT_NULL(test, ipos_flow_peek(table_of(test),
						       &other[i]));
	rcu_read_unlock();
	end(test, flow);
}

static void refuses_a_duplicate(struct kunit *test)
{
	struct ipos_flow *flow = insert(test, 1, IPOS_FLOW_TEMPORARY);
	struct ipos_flow *twin = make(test, 1, IPOS_FLOW_RESERVED);

	KUNIT_ASSERT_FALSE(test, IS_ERR(twin));
	KUNIT_EXPECT_EQ(test, ipos_flow_insert(table_of(test), twin), -EEXIST);
	KUNIT_EXPECT_EQ(test, refcount_read(&twin->refs), 1);
	ipos_flow_discard(table_of(test), twin);
	KUNIT_EXPECT_EQ(test, count(test, IPOS_FLOW_RESERVED), 0);
	KUNIT_EXPECT_PTR_EQ(test, find(test, 1), flow);
	end(test, flow);
}

static void is_bounded_in_each_state(struct kunit *test)
{
	struct ipos_flow *flow[2], *other;
	int state;

	for (state = 0; state < IPOS_FLOW_STATES; state++) {
		table_of(test)->bound[state].limit = 2;
		flow[0] = insert(test, 1, state);
		flow[1] = insert(test, 2, state);
		KUNIT_EXPECT_EQ(test, PTR_ERR(make(test, 3, state)), -ENOSPC);
		KUNIT_EXPECT_EQ(test, count(test, state), 2);
		other = insert(test, 3, (state + 1) % IPOS_FLOW_STATES);
		end(test, flow[0]);
		flow[0] = insert(test, 1, state);
		end(test, flow[0]);
		end(test, flow[1]);
		end(test, other);
		KUNIT_EXPECT_EQ(test, count(test, state), 0);
	}
}

static void moves_only_from_the_state_it_is_in(struct kunit *test)
{
	struct ipos_flow_table *table = table_of(test);
	struct ipos_flow *flow = insert(test, 1, IPOS_FLOW_TEMPORARY);

	ipos_bound_force(&table->bound[IPOS_FLOW_LOCAL]);
	KUNIT_EXPECT_FALSE(test, ipos_flow_move(table, flow, IPOS_FLOW_RESERVED,
						IPOS_FLOW_LOCAL));
	KUNIT_EXPECT_EQ(test, ipos_flow_state(flow), IPOS_FLOW_TEMPORARY);
	KUNIT_EXPECT_TRUE(test, ipos_flow_move(table, flow, IPOS_FLOW_TEMPORARY,
					       IPOS_FLOW_LOCAL));
	KUNIT_EXPECT_EQ(test, ipos_flow_state(flow), IPOS_FLOW_LOCAL);
	KUNIT_EXPECT_EQ(test, count(test, IPOS_FLOW_TEMPORARY), 0);
	KUNIT_EXPECT_EQ(test, count(test, IPOS_FLOW_LOCAL), 1);
	KUNIT_EXPECT_PTR_EQ(test, find(test, 1), flow);
	end(test, flow);
}

static void is_removed_only_in_the_state_it_is_in(struct kunit *test)
{
	struct ipos_flow_table *table = table_of(test);
	struct ipos_flow *flow = insert(test, 1, IPOS_FLOW_LOCAL);

	KUNIT_EXPECT_FALSE(test, ipos_flow_remove(table, flow,
						  IPOS_FLOW_CLOSED));
	KUNIT_EXPECT_PTR_EQ(test, find(test, 1), flow);
	KUNIT_EXPECT_EQ(test, refcount_read(&flow->refs), 2);
	KUNIT_EXPECT_TRUE(test, ipos_flow_remove(table, flow, IPOS_FLOW_LOCAL));
	KUNIT_EXPECT_EQ(test, ipos_flow_state(flow), IPOS_FLOW_DEAD);
	KUNIT_EXPECT_FALSE(test, ipos_flow_remove(table, flow,
						  IPOS_FLOW_LOCAL));
	KUNIT_EXPECT_EQ(test, refcount_read(&flow->refs), 1);
	ipos_flow_put(flow);
}

static void has_one_binding_at_a_time(struct kunit *test)
{
	struct ipos_flow *flow = insert(test, 1, IPOS_FLOW_FORWARD_CONNECT);
	struct ipos_flow *other = insert(test, 2, IPOS_FLOW_FORWARD_CONNECT);
	struct ipos_server *two = make_server(test, 2);
	struct ipos_server *three = make_server(test, 3);

	KUNIT_EXPECT_EQ(test, bind(test, flow, 1, two), 0);
	KUNIT_EXPECT_PTR_EQ(test, find_bound(test, 1, 2), flow);
	KUNIT_EXPECT_NULL(test, find_bound(test, 1, 3));
	/* Another flow to the same board with the same header. */
	KUNIT_EXPECT_EQ(test, bind(test, other, 1, two), -EEXIST);
	KUNIT_EXPECT_FALSE(test, other->flags & IPOS_FLOW_BOUND);
	ipos_flow_unbind(table_of(test), other);
	KUNIT_EXPECT_PTR_EQ(test, find_bound(test, 1, 2), flow);
	/* To another board it may. */
	KUNIT_EXPECT_EQ(test, bind(test, other, 1, three), 0);
	ipos_flow_unbind(table_of(test), flow);
	KUNIT_EXPECT_NULL(test, find_bound(test, 1, 2));
	KUNIT_EXPECT_PTR_EQ(test, find_bound(test, 1, 3), other);
	KUNIT_EXPECT_EQ(test, bind(test, flow, 1, two), 0);
	end(test, flow);
	KUNIT_EXPECT_NULL(test, find_bound(test, 1, 2));
	end(test, other);
	ipos_server_put(two);
	ipos_server_put(three);
}

static void holds_its_peer_until_it_is_freed(struct kunit *test)
{
	struct ipos_flow *flow = insert(test, 1, IPOS_FLOW_FORWARD_CONNECT);
	struct ipos_server *two = make_server(test, 2);
	struct ipos_server *three = make_server(test, 3);

	KUNIT_EXPECT_EQ(test, bind(test, flow, 1, two), 0);
	KUNIT_EXPECT_EQ(test, refcount_read(&two->refs), 2);
	ipos_flow_unbind(table_of(test), flow);
	KUNIT_EXPECT_EQ(test, refcount_read(&two->refs), 2);
	KUNIT_EXPECT_EQ(test, bind(test, flow, 1, three), 0);
	KUNIT_EXPECT_EQ(test, refcount_read(&two->refs), 1);
	KUNIT_EXPECT_EQ(test, refcount_read(&three->refs), 2);
	KUNIT_EXPECT_TRUE(test, ipos_flow_remove(table_of(test), flow,
						 IPOS_FLOW_FORWARD_CONNECT));
	rcu_barrier();
	KUNIT_EXPECT_EQ(test, refcount_read(&three->refs), 2);
	ipos_flow_put(flow);
	rcu_barrier();
	KUNIT_EXPECT_EQ(test, refcount_read(&three->refs), 1);
	ipos_server_put(two);
	ipos_server_put(three);
}

static void is_not_bound_to_a_peer_that_goes(struct kunit *test)
{
	struct ipos_flow *flow = insert(test, 1, IPOS_FLOW_FORWARD_CONNECT);
	struct ipos_server *two = make_server(test, 2);

	refcount_set(&two->refs, 0);
	KUNIT_EXPECT_EQ(test, bind(test, flow, 1, two), -ESTALE);
	KUNIT_EXPECT_NULL(test, flow->peer);
	KUNIT_EXPECT_NULL(test, find_bound(test, 1, 2));
	kfree(two);
	end(test, flow);
}

static struct kunit_case cases[] = {
	KUNIT_CASE(is_found_once_inserted),
	KUNIT_CASE(is_told_from_another_service_and_protocol),
	KUNIT_CASE(refuses_a_duplicate),
	KUNIT_CASE(is_bounded_in_each_state),
	KUNIT_CASE(moves_only_from_the_state_it_is_in),
	KUNIT_CASE(is_removed_only_in_the_state_it_is_in),
	KUNIT_CASE(has_one_binding_at_a_time),
	KUNIT_CASE(holds_its_peer_until_it_is_freed),
	KUNIT_CASE(is_not_bound_to_a_peer_that_goes),
	{}
};

int flows_init(struct kunit_suite *suite)
{
	return ipos_flow_init();
}

void flows_exit(struct kunit_suite *suite)
{
	ipos_flow_exit();
}

static int init(struct kunit *test)
{
	test->priv = kunit_kzalloc(test, sizeof(struct ipos_flow_table),
				   GFP_KERNEL);
	return test->priv ? ipos_flow_table_init(test->priv) : -ENOMEM;
}

/* Warns where a flow was left. */
static void ends(struct kunit *test)
{
	ipos_flow_table_destroy(test->priv);
	rcu_barrier();
}

struct kunit_suite ipos_flow_suite = {
	.name = "ipos_flow",
	.suite_init = flows_init,
	.suite_exit = flows_exit,
	.init = init,
	.exit = ends,
	.test_cases = cases,
};
