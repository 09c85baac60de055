// SPDX-License-Identifier: GPL-2.0
#include <linux/etherdevice.h>
#include <linux/rtnetlink.h>
#include <net/sock.h>
#include "control/netlink.h"
#include "engine/leave.h"
#include "hook/dev.h"

static_assert((int)IPOS_SERVER_STATUS_UP == IPOS_SERVER_UP);
static_assert((int)IPOS_SERVER_STATUS_DRAIN == IPOS_SERVER_DRAIN);
static_assert((int)IPOS_SERVER_STATUS_DOWN == IPOS_SERVER_DOWN);
static_assert((int)IPOS_SERVER_FRESHNESS_UNHEARD == IPOS_SERVER_UNHEARD);
static_assert((int)IPOS_SERVER_FRESHNESS_FRESH == IPOS_SERVER_FRESH);
static_assert((int)IPOS_SERVER_FRESHNESS_STALE == IPOS_SERVER_STALE);
static_assert((int)IPOS_SERVER_FRESHNESS_GONE == IPOS_SERVER_GONE);
static_assert((int)IPOS_SERVER_FRESHNESS_LEFT == IPOS_SERVER_LEFT);
static_assert(IPOS_SERVER_FLAG_DRAINING == IPOS_ADVERT_DRAINING);
static_assert(IPOS_SERVER_FLAG_LEAVING == IPOS_ADVERT_LEAVING);

#define SAYS (IPOS_SERVER_FLAG_DRAINING | IPOS_SERVER_FLAG_LEAVING)

#define LOAD \
	[IPOS_A_SERVER_STATE] = { .type = NLA_U8 }, \
	[IPOS_A_SERVER_CONNECTIONS] = { .type = NLA_U32 }, \
	[IPOS_A_SERVER_CPU] = { .type = NLA_U32 }, \
	[IPOS_A_SERVER_MEMORY] = { .type = NLA_U64 }, \
	[IPOS_A_SERVER_BANDWIDTH] = { .type = NLA_U64 }, \
	[IPOS_A_SERVER_WEIGHT] = { .type = NLA_U32 }

const struct nla_policy ipos_server_add_policy[IPOS_A_SERVER_MAX + 1] = {
	[IPOS_A_SERVER_IP] = { .type = NLA_U32 },
	[IPOS_A_SERVER_LLADDR] = NLA_POLICY_ETH_ADDR,
	[IPOS_A_SERVER_IFINDEX] = { .type = NLA_U32 },
	LOAD
};

const struct nla_policy ipos_server_set_policy[IPOS_A_SERVER_MAX + 1] = {
	[IPOS_A_SERVER_IP] = { .type = NLA_U32 },
	LOAD
};

const struct nla_policy ipos_server_key_policy[IPOS_A_SERVER_MAX + 1] = {
	[IPOS_A_SERVER_IP] = { .type = NLA_U32 },
};

static bool put_u64(struct sk_buff *skb, u16 attr, u64 value)
{
	return !nla_put_u64_64bit(skb, attr, value, IPOS_A_SERVER_PAD);
}

/* Of a board that never advertised there is none of it. */
static bool put_heard(struct sk_buff *skb, const struct ipos_server *server)
{
	const struct ipos_heard *heard = &server->heard;
	const struct ipos_state *told = &server->told;
	u64 age = jiffies - READ_ONCE(heard->at);
	u8 presence = READ_ONCE(heard->presence);

	if (nla_put_u8(skb, IPOS_A_SERVER_FRESHNESS, presence))
		return false;
	if (presence == IPOS_SERVER_UNHEARD)
		return true;
	return put_u64(skb, IPOS_A_SERVER_EPOCH, READ_ONCE(heard->epoch)) &&
	       !nla_put_u32(skb, IPOS_A_SERVER_SNAPSHOT,
			    READ_ONCE(heard->snapshot)) &&
	       put_u64(skb, IPOS_A_SERVER_HEARD, jiffies64_to_msecs(age)) &&
	       !nla_put_u32(skb, IPOS_A_SERVER_INTERVAL,
			    READ_ONCE(heard->interval_ms)) &&
	       !nla_put_u32(skb, IPOS_A_SERVER_FLAGS,
			    READ_ONCE(heard->flags) & SAYS) &&
	       !nla_put_u32(skb, IPOS_A_SERVER_IN_FLIGHT,
			    READ_ONCE(told->in_flight)) &&
	       !nla_put_u32(skb, IPOS_A_SERVER_ACCEPT_US,
			    READ_ONCE(told->accept_us)) &&
	       !nla_put_u32(skb, IPOS_A_SERVER_MEMORY_TOTAL,
			    READ_ONCE(told->memory_total)) &&
	       !nla_put_u32(skb, IPOS_A_SERVER_BANDWIDTH_TOTAL,
			    READ_ONCE(told->bandwidth_total));
}

static bool put_load(struct sk_buff *skb, const struct ipos_server *server)
{
	return !nla_put_u32(skb, IPOS_A_SERVER_CONNECTIONS,
			    READ_ONCE(server->told.connections)) &&
	       !nla_put_u32(skb, IPOS_A_SERVER_CPU, READ_ONCE(server->told.cpu)) &&
	       put_u64(skb, IPOS_A_SERVER_MEMORY,
		       READ_ONCE(server->told.memory)) &&
	       put_u64(skb, IPOS_A_SERVER_BANDWIDTH,
		       READ_ONCE(server->told.bandwidth));
}

static int fill(struct sk_buff *skb, struct netlink_callback *cb,
		const void *row)
{
	const struct nlattr *ip = ipos_compat_dump_attrs(cb)[IPOS_A_SERVER_IP];
	const struct ipos_server *server = row;
	const struct net_device *dev = rcu_dereference(server->dev);
	u8 lladdr[ETH_ALEN];

	if (!ipos_server_lladdr(server, lladdr))
		return 1;
	if (ip && nla_get_in_addr(ip) != server->ip)
		return 1;
	if (nla_put_in_addr(skb, IPOS_A_SERVER_IP, server->ip) ||
	    nla_put(skb, IPOS_A_SERVER_LLADDR, ETH_ALEN, lladdr) ||
	    nla_put_u32(skb, IPOS_A_SERVER_IFINDEX,
			READ_ONCE(server->ifindex)) ||
	    (dev && nla_put_string(skb, IPOS_A_SERVER_DEV, dev->name)) ||
	    nla_put_u8(skb, IPOS_A_SERVER_STATE, READ_ONCE(server->state)) ||
	    !put_load(skb, server) ||
	    nla_put_u32(skb, IPOS_A_SERVER_HANDOFFS,
			atomic_read(&server->handoffs)) ||
	    nla_put_u32(skb, IPOS_A_SERVER_WEIGHT, READ_ONCE(server->weight)) ||
	    nla_put_u8(skb, IPOS_A_SERVER_LEARNED, server->learned) ||
	    !put_heard(skb, server))
		return -EMSGSIZE;
	return 0;
}

/**
 * ipos_server_get_dumpit() - IPOS_CMD_SERVER_GET
 * @skb: the answer
 * @cb: the dump
 *
 * Return: what a dumpit callback returns. Process context.
 */
int ipos_server_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct ipos_board *board = ipos_board(sock_net(skb->sk));

	return ipos_dump_table(skb, cb, &board->engine.servers.by_ip, fill);
}

static int check_load(struct genl_info *info)
{
	const struct nlattr *state = info->attrs[IPOS_A_SERVER_STATE];
	const struct nlattr *weight = info->attrs[IPOS_A_SERVER_WEIGHT];
	const struct nlattr *cpu = info->attrs[IPOS_A_SERVER_CPU];

	if (state && nla_get_u8(state) > IPOS_SERVER_STATUS_DOWN)
		return ipos_refuse(info->extack, state, -ERANGE,
				   "state must be up, drain or down");
	if (cpu && nla_get_u32(cpu) > 1000)
		return ipos_refuse(info->extack, cpu, -ERANGE,
				   "cpu must be 0 to 1000");
	if (weight && nla_get_u32(weight) > IPOS_WEIGHT_MAX)
		return ipos_refuse(info->extack, weight, -ERANGE,
				   "weight must be 0 to 10000");
	return 0;
}

static void apply_load(struct ipos_server *server, struct nlattr **attrs)
{
	if (attrs[IPOS_A_SERVER_STATE])
		WRITE_ONCE(server->state,
			   nla_get_u8(attrs[IPOS_A_SERVER_STATE]));
	if (attrs[IPOS_A_SERVER_CONNECTIONS])
		WRITE_ONCE(server->told.connections,
			   nla_get_u32(attrs[IPOS_A_SERVER_CONNECTIONS]));
	if (attrs[IPOS_A_SERVER_CPU])
		WRITE_ONCE(server->told.cpu, nla_get_u32(attrs[IPOS_A_SERVER_CPU]));
	if (attrs[IPOS_A_SERVER_MEMORY])
		WRITE_ONCE(server->told.memory,
			   nla_get_u64(attrs[IPOS_A_SERVER_MEMORY]));
	if (attrs[IPOS_A_SERVER_BANDWIDTH])
		WRITE_ONCE(server->told.bandwidth,
			   nla_get_u64(attrs[IPOS_A_SERVER_BANDWIDTH]));
	if (attrs[IPOS_A_SERVER_WEIGHT])
		WRITE_ONCE(server->weight,
			   nla_get_u32(attrs[IPOS_A_SERVER_WEIGHT]));
}

static int set(struct ipos_engine *engine, struct genl_info *info)
{
	const struct nlattr *ip = info->attrs[IPOS_A_SERVER_IP];
	struct ipos_server *server;

	/* Not while the row is replaced by one that inherits from it. */
	spin_lock_bh(&engine->servers.lock);
	rcu_read_lock();
	server = ipos_server_peek(&engine->servers, nla_get_in_addr(ip));
	if (server)
		apply_load(server, info->attrs);
	rcu_read_unlock();
	spin_unlock_bh(&engine->servers.lock);
	if (!server)
		return ipos_refuse(info->extack, ip, -ENOENT,
				   "no such server");
	return 0;
}

static int check_new(struct ipos_engine *engine, struct genl_info *info)
{
	const struct nlattr *lladdr = info->attrs[IPOS_A_SERVER_LLADDR];
	const struct nlattr *ip = info->attrs[IPOS_A_SERVER_IP];

	if (!ipos_is_unicast(nla_get_in_addr(ip)))
		return ipos_refuse(info->extack, ip, -EINVAL,
				   "server must have a unicast address");
	if (nla_get_in_addr(ip) == engine->settings.server_ip)
		return ipos_refuse(info->extack, ip, -EINVAL,
				   "server is this board itself");
	if (!is_valid_ether_addr(nla_data(lladdr)))
		return ipos_refuse(info->extack, lladdr, -EINVAL,
				   "lladdr must be a unicast address");
	return 0;
}

struct role {
	const struct net_device *dev;
	u8 role;
};

static int find_role(const struct ipos_dev *dev, void *arg)
{
	struct role *role = arg;

	if (dev->dev == role->dev)
		role->role = dev->role;
	return 0;
}

/* RTNL held. */
static struct net_device *find_dev(struct net *net, struct genl_info *info)
{
	const struct nlattr *attr = info->attrs[IPOS_A_SERVER_IFINDEX];
	struct net_device *dev = ipos_dev_fabric(net);
	struct role role = { };

	if (!attr) {
		if (!dev)
			NL_SET_ERR_MSG_MOD(info->extack,
					   "dev is missing: there is not just one fabric device");
		return dev;
	}
	dev = __dev_get_by_index(net, nla_get_u32(attr));
	role.dev = dev;
	ipos_dev_each(net, find_role, &role);
	if (!dev || !(role.role & IPOS_ROLE_FABRIC)) {
		NL_SET_ERR_MSG_ATTR(info->extack, attr,
				    KBUILD_MODNAME ": dev is not a fabric device");
		return NULL;
	}
	return dev;
}

static int refuse_add(struct genl_info *info, int err)
{
	const struct nlattr *ip = info->attrs[IPOS_A_SERVER_IP];

	switch (err) {
	case -EEXIST:
		return ipos_refuse(info->extack, ip, err,
				   "server exists already");
	case -EADDRINUSE:
		return ipos_refuse(info->extack,
				   info->attrs[IPOS_A_SERVER_LLADDR], err,
				   "lladdr is another server's");
	case -ENOSPC:
		return ipos_refuse(info->extack, ip, err,
				   "Server State Table is full (limit-server)");
	default:
		return err;
	}
}

/* RTNL held: the device stays until the row holds it. */
static int add(struct ipos_engine *engine, struct genl_info *info)
{
	const u8 *lladdr = nla_data(info->attrs[IPOS_A_SERVER_LLADDR]);
	__be32 ip = nla_get_in_addr(info->attrs[IPOS_A_SERVER_IP]);
	struct net_device *dev = find_dev(engine->net, info);
	int err;

	if (!dev)
		return -ENODEV;
	if (ether_addr_equal(lladdr, dev->dev_addr))
		return ipos_refuse(info->extack,
				   info->attrs[IPOS_A_SERVER_LLADDR], -EINVAL,
				   "lladdr is this board's own");
	err = ipos_server_add(&engine->servers, ip, lladdr, dev);
	if (err)
		return refuse_add(info, err);
	return set(engine, info);
}

/**
 * ipos_server_add_doit() - IPOS_CMD_SERVER_ADD
 * @skb: the request
 * @info: likewise
 *
 * Return: 0 or a negative error. Process context.
 */
int ipos_server_add_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct ipos_board *board = ipos_info_board(info);
	int err;

	if (ipos_missing(info, IPOS_A_SERVER_IP, "server") ||
	    ipos_missing(info, IPOS_A_SERVER_LLADDR, "lladdr"))
		return -EINVAL;
	err = check_load(info);
	if (err)
		return err;
	mutex_lock(&board->mutex);
	err = check_new(&board->engine, info);
	if (!err) {
		rtnl_lock();
		err = add(&board->engine, info);
		rtnl_unlock();
	}
	mutex_unlock(&board->mutex);
	return err;
}

/**
 * ipos_server_set_doit() - IPOS_CMD_SERVER_SET
 * @skb: the request
 * @info: likewise
 *
 * Return: 0 or a negative error. Process context.
 */
int ipos_server_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct ipos_board *board = ipos_info_board(info);
	int err;

	if (ipos_missing(info, IPOS_A_SERVER_IP, "server"))
		return -EINVAL;
	err = check_load(info);
	if (err)
		return err;
	mutex_lock(&board->mutex);
	err = set(&board->engine, info);
	mutex_unlock(&board->mutex);
	return err;
}

/* What it shares with this board ends with it, while it can still be told. */
static int del(struct ipos_engine *engine, __be32 ip)
{
	int err = ipos_server_leave(&engine->servers, ip);

	if (err)
		return err;
	ipos_leave_peers(engine);
	return ipos_server_del(&engine->servers, ip);
}

/**
 * ipos_server_del_doit() - IPOS_CMD_SERVER_DEL
 * @skb: the request
 * @info: likewise
 *
 * Return: 0 or a negative error. Process context.
 */
int ipos_server_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct ipos_board *board = ipos_info_board(info);
	const struct nlattr *ip;
	int err;

	if (ipos_missing(info, IPOS_A_SERVER_IP, "server"))
		return -EINVAL;
	ip = info->attrs[IPOS_A_SERVER_IP];
	mutex_lock(&board->mutex);
	err = del(&board->engine, nla_get_in_addr(ip));
	mutex_unlock(&board->mutex);
	if (err)
		return ipos_refuse(info->extack, ip, err, "no such server");
	return 0;
}
