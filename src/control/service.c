// SPDX-License-Identifier: GPL-2.0
#include <net/route.h>
#include <net/sock.h>
#include "control/netlink.h"

static_assert((int)IPOS_SERVICE_INSPECT_NONE == IPOS_MODE_NONE);
static_assert((int)IPOS_SERVICE_INSPECT_HTTP == IPOS_MODE_HTTP);
static_assert((int)IPOS_SERVICE_INSPECT_TLS == IPOS_MODE_TLS);
static_assert((int)IPOS_SERVICE_POLICY_LOCAL_FIRST == IPOS_POLICY_LOCAL_FIRST);
static_assert((int)IPOS_SERVICE_POLICY_LEAST_CONN == IPOS_POLICY_LEAST_CONN);
static_assert((int)IPOS_SERVICE_POLICY_LEAST_LOAD == IPOS_POLICY_LEAST_LOAD);
static_assert((int)IPOS_SERVICE_POLICY_HASH == IPOS_POLICY_HASH);

#define KEY \
	[IPOS_A_SERVICE_PROTO] = { .type = NLA_U8 }, \
	[IPOS_A_SERVICE_ADDR] = { .type = NLA_U32 }, \
	[IPOS_A_SERVICE_PORT] = { .type = NLA_U16 }

#define HOW \
	[IPOS_A_SERVICE_INSPECT] = { .type = NLA_U8 }, \
	[IPOS_A_SERVICE_POLICY] = { .type = NLA_U8 }, \
	[IPOS_A_SERVICE_TARGET_PORT] = { .type = NLA_U16 }

const struct nla_policy ipos_service_add_policy[IPOS_A_SERVICE_MAX + 1] = {
	KEY,
	HOW,
	[IPOS_A_SERVICE_FOREIGN] = { .type = NLA_FLAG },
};

const struct nla_policy ipos_service_set_policy[IPOS_A_SERVICE_MAX + 1] = {
	KEY,
	HOW
};

const struct nla_policy ipos_service_key_policy[IPOS_A_SERVICE_MAX + 1] = {
	KEY
};

static int fill(struct sk_buff *skb, struct netlink_callback *cb,
		const void *row)
{
	const struct ipos_service *service = row;

	if (nla_put_u8(skb, IPOS_A_SERVICE_PROTO, service->key.proto) ||
	    nla_put_in_addr(skb, IPOS_A_SERVICE_ADDR, service->key.addr) ||
	    nla_put_be16(skb, IPOS_A_SERVICE_PORT, service->key.port) ||
	    nla_put_u8(skb, IPOS_A_SERVICE_INSPECT,
		       READ_ONCE(service->inspect)) ||
	    nla_put_u8(skb, IPOS_A_SERVICE_POLICY,
		       READ_ONCE(service->policy)) ||
	    nla_put_be16(skb, IPOS_A_SERVICE_TARGET_PORT,
			 READ_ONCE(service->target_port)) ||
	    (service->foreign && nla_put_flag(skb, IPOS_A_SERVICE_FOREIGN)) ||
	    nla_put_u64_64bit(skb, IPOS_A_SERVICE_CONNECTIONS,
			      atomic_long_read(&service->connections),
			      IPOS_A_SERVICE_PAD))
		return -EMSGSIZE;
	return 0;
}

/**
 * ipos_service_get_dumpit() - IPOS_CMD_SERVICE_GET
 * @skb: the answer
 * @cb: the dump
 *
 * Return: what a dumpit callback returns. Process context.
 */
int ipos_service_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct ipos_board *board = ipos_board(sock_net(skb->sk));

	return ipos_dump_table(skb, cb, &board->engine.services.ht, fill);
}

static int get_key(struct genl_info *info, struct ipos_service_key *key)
{
	if (ipos_missing(info, IPOS_A_SERVICE_PROTO, "proto") ||
	    ipos_missing(info, IPOS_A_SERVICE_ADDR, "addr") ||
	    ipos_missing(info, IPOS_A_SERVICE_PORT, "port"))
		return -EINVAL;
	*key = (struct ipos_service_key){
		.proto = nla_get_u8(info->attrs[IPOS_A_SERVICE_PROTO]),
		.addr = nla_get_in_addr(info->attrs[IPOS_A_SERVICE_ADDR]),
		.port = nla_get_be16(info->attrs[IPOS_A_SERVICE_PORT]),
	};
	return 0;
}

static int check_key(struct genl_info *info,
		     const struct ipos_service_key *key)
{
	const struct nlattr *proto = info->attrs[IPOS_A_SERVICE_PROTO];
	const struct nlattr *addr = info->attrs[IPOS_A_SERVICE_ADDR];

	if (key->proto == IPOS_PROTO_UDP)
		return ipos_refuse(info->extack, proto, -EOPNOTSUPP,
				   "UDP services are not supported yet");
	if (key->proto != IPOS_PROTO_TCP)
		return ipos_refuse(info->extack, proto, -ERANGE,
				   "proto must be tcp");
	if (!ipos_is_unicast(key->addr))
		return ipos_refuse(info->extack, addr, -EINVAL,
				   "service must have a unicast address");
	if (!key->port)
		return ipos_refuse(info->extack,
				   info->attrs[IPOS_A_SERVICE_PORT], -ERANGE,
				   "port must be 1 to 65535");
	if (!info->attrs[IPOS_A_SERVICE_FOREIGN] &&
	    inet_addr_type(genl_info_net(info), key->addr) != RTN_LOCAL)
		return ipos_refuse(info->extack, addr, -EADDRNOTAVAIL,
				   "address is not this host's, and foreign was not said");
	return 0;
}

static int check_how(struct genl_info *info)
{
	const struct nlattr *inspect = info->attrs[IPOS_A_SERVICE_INSPECT];
	const struct nlattr *policy = info->attrs[IPOS_A_SERVICE_POLICY];
	const struct nlattr *port = info->attrs[IPOS_A_SERVICE_TARGET_PORT];

	if (inspect && nla_get_u8(inspect) > IPOS_SERVICE_INSPECT_TLS)
		return ipos_refuse(info->extack, inspect, -ERANGE,
				   "inspect must be none, http or tls");
	if (policy && nla_get_u8(policy) > IPOS_SERVICE_POLICY_HASH)
		return ipos_refuse(info->extack, policy, -ERANGE,
				   "policy must be local-first, least-conn, least-load or hash");
	if (port && !nla_get_be16(port))
		return ipos_refuse(info->extack, port, -ERANGE,
				   "target-port must be 1 to 65535");
	return 0;
}

static void apply_how(struct ipos_service *service, struct nlattr **attrs)
{
	if (attrs[IPOS_A_SERVICE_INSPECT])
		WRITE_ONCE(service->inspect,
			   nla_get_u8(attrs[IPOS_A_SERVICE_INSPECT]));
	if (attrs[IPOS_A_SERVICE_POLICY])
		WRITE_ONCE(service->policy,
			   nla_get_u8(attrs[IPOS_A_SERVICE_POLICY]));
	if (attrs[IPOS_A_SERVICE_TARGET_PORT])
		WRITE_ONCE(service->target_port,
			   nla_get_be16(attrs[IPOS_A_SERVICE_TARGET_PORT]));
}

/**
 * ipos_service_add_doit() - IPOS_CMD_SERVICE_ADD
 * @skb: the request
 * @info: likewise
 *
 * Return: 0 or a negative error. Process context.
 */
int ipos_service_add_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct ipos_board *board = ipos_info_board(info);
	struct ipos_service settings = { };
	const struct nlattr *addr;
	int err;

	err = get_key(info, &settings.key) ?:
	      check_key(info, &settings.key) ?: check_how(info);
	if (err)
		return err;
	settings.target_port = settings.key.port;
	settings.foreign = info->attrs[IPOS_A_SERVICE_FOREIGN];
	apply_how(&settings, info->attrs);

	addr = info->attrs[IPOS_A_SERVICE_ADDR];
	mutex_lock(&board->mutex);
	err = ipos_service_add(&board->engine.services, &settings);
	mutex_unlock(&board->mutex);
	if (err == -EEXIST)
		return ipos_refuse(info->extack, addr, err,
				   "service exists already");
	if (err == -ENOSPC)
		return ipos_refuse(info->extack, addr, err,
				   "table of services is full (limit-service)");
	return err;
}

static int refuse_unknown(struct genl_info *info)
{
	return ipos_refuse(info->extack, info->attrs[IPOS_A_SERVICE_ADDR],
			   -ENOENT, "no such service");
}

/**
 * ipos_service_set_doit() - IPOS_CMD_SERVICE_SET
 * @skb: the request
 * @info: likewise
 *
 * Return: 0 or a negative error. Process context.
 */
int ipos_service_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct ipos_board *board = ipos_info_board(info);
	struct ipos_service *service;
	struct ipos_service_key key;
	int err;

	err = get_key(info, &key) ?: check_how(info);
	if (err)
		return err;
	mutex_lock(&board->mutex);
	rcu_read_lock();
	service = ipos_service_peek(&board->engine.services, key.proto,
				    key.addr, key.port);
	if (service)
		apply_how(service, info->attrs);
	rcu_read_unlock();
	mutex_unlock(&board->mutex);
	return service ? 0 : refuse_unknown(info);
}

/**
 * ipos_service_del_doit() - IPOS_CMD_SERVICE_DEL
 * @skb: the request
 * @info: likewise
 *
 * Return: 0 or a negative error. Process context.
 */
int ipos_service_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct ipos_board *board = ipos_info_board(info);
	struct ipos_service_key key;
	int err;

	err = get_key(info, &key);
	if (err)
		return err;
	mutex_lock(&board->mutex);
	err = ipos_service_del(&board->engine.services, &key);
	mutex_unlock(&board->mutex);
	return err ? refuse_unknown(info) : 0;
}
