// SPDX-License-Identifier: GPL-2.0
#include <net/net_namespace.h>
#include <net/netns/generic.h>
#include "board/board.h"
#include "endpoint/watch.h"
#include "engine/dispatch.h"
#include "engine/leave.h"

static unsigned int board_id;

/**
 * ipos_board() - what ipOS keeps for a namespace
 * @net: the namespace
 *
 * Return: never NULL between ipos_board_init() and ipos_board_exit().
 */
struct ipos_board *ipos_board(const struct net *net)
{
	return net_generic(net, board_id);
}

static int __net_init init_net_board(struct net *net)
{
	struct ipos_board *board = ipos_board(net);

	mutex_init(&board->mutex);
	return ipos_engine_init(&board->engine, net);
}

static void __net_exit exit_net_board(struct net *net)
{
	struct ipos_board *board = ipos_board(net);

	ipos_engine_stop(&board->engine);
	ipos_engine_destroy(&board->engine);
	mutex_destroy(&board->mutex);
}

static struct pernet_operations board_ops = {
	.init = init_net_board,
	.exit = exit_net_board,
	.id = &board_id,
	.size = sizeof(struct ipos_board),
};

static void socket_closed(struct net *net, const struct ipos_key *key)
{
	struct ipos_engine *engine = &ipos_board(net)->engine;

	if (!READ_ONCE(engine->stopping))
		ipos_dispatch_socket_closed(engine, key);
}

static void socket_listens(struct net *net, const struct sock *sk)
{
	struct ipos_engine *engine = &ipos_board(net)->engine;

	if (!READ_ONCE(engine->stopping))
		ipos_host_listens(&engine->host, sk);
}

static void socket_listened(struct net *net, const struct sock *sk)
{
	struct ipos_engine *engine = &ipos_board(net)->engine;

	if (!READ_ONCE(engine->stopping))
		ipos_host_listened(&engine->host, sk);
}

static const struct ipos_watcher watcher = {
	.closed = socket_closed,
	.listens = socket_listens,
	.listened = socket_listened,
};

/**
 * ipos_board_init() - build a board for every namespace, now and later
 *
 * Return: 0 or a negative error. Process context.
 */
int __init ipos_board_init(void)
{
	int err = register_pernet_subsys(&board_ops);

	if (err)
		return err;
	err = ipos_watch_start(&watcher);
	if (err)
		unregister_pernet_subsys(&board_ops);
	return err;
}

/**
 * ipos_board_exit() - tear every board down
 *
 * Process context.
 */
void ipos_board_exit(void)
{
	ipos_watch_stop();
	unregister_pernet_subsys(&board_ops);
}

static void __net_exit leave_net_board(struct net *net)
{
	ipos_leave(&ipos_board(net)->engine);
}

/*
 * Registered last of all: a namespace that ends, and a module that does, tell
 * the other boards before anything else is taken down.
 */
static struct pernet_operations leave_ops = {
	.pre_exit = leave_net_board,
};

/**
 * ipos_board_leave_init() - be told when a namespace begins to end
 *
 * Return: 0 or a negative error. Process context.
 */
int __init ipos_board_leave_init(void)
{
	return register_pernet_subsys(&leave_ops);
}

/**
 * ipos_board_leave_exit() - every board leaves its cluster
 *
 * Process context, hooks and devices still there.
 */
void ipos_board_leave_exit(void)
{
	unregister_pernet_subsys(&leave_ops);
}
