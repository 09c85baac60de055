// SPDX-License-Identifier: GPL-2.0
#include <net/route.h>
#include <net/sock.h>
#include "control/netlink.h"
#include "engine/outgoing.h"
#include "engine/tell.h"
#include "hook/hook.h"

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
	[IPOS_A_SERVICE_TARGET_PORT] = { .type = NLA_U16 }, \
	[IPOS_A_SERVICE_COOKIE] = { .type = NLA_NUL_STRING, \
				    .len = IPOS_COOKIE_NAME_MAX }, \
	[IPOS_A_SERVICE_TIMEOUT] = { .type = NLA_U32 }

const struct nla_policy ipos_service_add_policy[IPOS_A_SERVICE_MAX + 1] = {
	KEY,
	HOW,
	[IPOS_A_SERVICE_FOREIGN] = { .type = NLA_FLAG },
	[IPOS_A_SERVICE_ONE_PACKET] = { .type = NLA_FLAG },
};

const struct nla_policy ipos_service_set_policy[IPOS_A_SERVICE_MAX + 1] = {
	KEY,
	HOW
};

const struct nla_policy ipos_service_key_policy[IPOS_A_SERVICE_MAX + 1] = {
	KEY
};

static bool put_cookie(struct sk_buff *skb, const struct ipos_service *service)
{
	const struct ipos_service_cookie *cookie;

	cookie = rcu_dereference(service->cookie);
	return !cookie ||
	       !nla_put_string(skb, IPOS_A_SERVICE_COOKIE, cookie->name);
}

static int fill_udp(struct sk_buff *skb, const struct ipos_service *service)
{
	if (service->key.proto != IPOS_PROTO_UDP)
		return 0;
	if (nla_put_u32(skb, IPOS_A_SERVICE_TIMEOUT,
			READ_ONCE(service->timeout)) ||
	    (service->one_packet &&
	     nla_put_flag(skb, IPOS_A_SERVICE_ONE_PACKET)))
		return -EMSGSIZE;
	return 0;
}

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
			      IPOS_A_SERVICE_PAD) ||
	    !put_cookie(skb, service))
		return -EMSGSIZE;
	return fill_udp(skb, service);
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

	if (key->proto != IPOS_PROTO_TCP && key->proto != IPOS_PROTO_UDP)
		return ipos_refuse(info->extack, proto, -ERANGE,
				   "proto must be tcp or udp");
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

/* What only one of the protocols has. */
static int check_proto(struct genl_info *info,
		       const struct ipos_service_key *key)
{
	const struct nlattr *inspect = info->attrs[IPOS_A_SERVICE_INSPECT];
	const struct nlattr *timeout = info->attrs[IPOS_A_SERVICE_TIMEOUT];

	if (key->proto == IPOS_PROTO_UDP) {
		if (inspect && nla_get_u8(inspect) != IPOS_SERVICE_INSPECT_NONE)
			return ipos_refuse(info->extack, inspect, -EOPNOTSUPP,
					   "nothing is inspected of UDP: inspect must be none");
		return 0;
	}
	if (timeout)
		return ipos_refuse(info->extack, timeout, -EOPNOTSUPP,
				   "only a UDP service has a timeout");
	if (info->attrs[IPOS_A_SERVICE_ONE_PACKET])
		return ipos_refuse(info->extack,
				   info->attrs[IPOS_A_SERVICE_ONE_PACKET],
				   -EOPNOTSUPP,
				   "only a UDP service can be one-packet");
	return 0;
}

static int check_how(struct genl_info *info)
{
	const struct nlattr *timeout = info->attrs[IPOS_A_SERVICE_TIMEOUT];
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
	if (timeout && (!nla_get_u32(timeout) ||
			nla_get_u32(timeout) > U16_MAX))
		return ipos_refuse(info->extack, timeout, -ERANGE,
				   "timeout must be 1 to 65535");
	return 0;
}

/* What is asked for, together with what there was; NULL: nothing was. */
static int check_cookie(struct genl_info *info,
			const struct ipos_service *before)
{
	const struct nlattr *cookie = info->attrs[IPOS_A_SERVICE_COOKIE];
	const struct nlattr *inspect = info->attrs[IPOS_A_SERVICE_INSPECT];
	bool named = before && rcu_access_pointer(before->cookie);
	u8 mode = before ? READ_ONCE(before->inspect) : IPOS_MODE_NONE;
	size_t len = cookie ? strlen(nla_data(cookie)) : 0;

	if (len && !ipos_cookie_is_name(nla_data(cookie), len))
		return ipos_refuse(info->extack, cookie, -EINVAL,
				   "cookie must be a name, without blanks and separators");
	if (cookie)
		named = len;
	if (inspect)
		mode = nla_get_u8(inspect);
	if (named && mode != IPOS_MODE_HTTP)
		return ipos_refuse(info->extack, cookie ?: inspect, -EINVAL,
				   "cookie needs inspect http");
	return 0;
}

/* The other boards read the responses of what is handed over to them. */
static int apply_cookie(struct ipos_engine *engine,
			struct ipos_service *service, struct nlattr **attrs)
{
	const struct nlattr *cookie = attrs[IPOS_A_SERVICE_COOKIE];
	int err;

	if (!cookie)
		return 0;
	err = ipos_service_set_cookie(&engine->services, service,
				      nla_data(cookie));
	if (err)
		return err;
	ipos_tell_name(engine, &service->key, nla_data(cookie));
	ipos_outgoing_review(engine);
	return 0;
}

static int add_one(struct ipos_engine *engine, struct ipos_service *settings,
		   struct nlattr **attrs)
{
	struct ipos_service_key *key = &settings->key;
	int err = ipos_service_add(&engine->services, settings);

	if (err)
		return err;
	rcu_read_lock();
	err = apply_cookie(engine,
			   ipos_service_peek(&engine->services, key->proto,
					     key->addr, key->port), attrs);
	rcu_read_unlock();
	if (err)
		ipos_service_del(&engine->services, key);
	return err;
}

/* Replies of UDP are sent with the service's address. */
static int add(struct ipos_engine *engine, struct ipos_service *settings,
	       struct nlattr **attrs)
{
	int err;

	if (settings->key.proto != IPOS_PROTO_UDP)
		return add_one(engine, settings, attrs);
	err = ipos_hook_local_out_get(engine->net);
	if (err)
		return err;
	err = add_one(engine, settings, attrs);
	if (err)
		ipos_hook_local_out_put(engine->net);
	return err;
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
	if (attrs[IPOS_A_SERVICE_TIMEOUT])
		WRITE_ONCE(service->timeout,
			   nla_get_u32(attrs[IPOS_A_SERVICE_TIMEOUT]));
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
	      check_key(info, &settings.key) ?:
	      check_proto(info, &settings.key) ?: check_how(info) ?:
	      check_cookie(info, NULL);
	if (err)
		return err;
	settings.target_port = settings.key.port;
	settings.timeout = IPOS_SERVICE_TIMEOUT;
	settings.foreign = info->attrs[IPOS_A_SERVICE_FOREIGN];
	settings.one_packet = info->attrs[IPOS_A_SERVICE_ONE_PACKET];
	apply_how(&settings, info->attrs);

	addr = info->attrs[IPOS_A_SERVICE_ADDR];
	mutex_lock(&board->mutex);
	err = add(&board->engine, &settings, info->attrs);
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

static int set(struct ipos_engine *engine, struct ipos_service *service,
	       struct genl_info *info)
{
	int err = check_cookie(info, service) ?:
		  apply_cookie(engine, service, info->attrs);

	if (!err)
		apply_how(service, info->attrs);
	return err;
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

	err = get_key(info, &key) ?: check_proto(info, &key) ?:
	      check_how(info);
	if (err)
		return err;
	mutex_lock(&board->mutex);
	rcu_read_lock();
	service = ipos_service_peek(&board->engine.services, key.proto,
				    key.addr, key.port);
	err = service ? set(&board->engine, service, info) :
			refuse_unknown(info);
	rcu_read_unlock();
	mutex_unlock(&board->mutex);
	return err;
}

static bool has_cookie(struct ipos_engine *engine,
		       const struct ipos_service_key *key)
{
	const struct ipos_service *service;
	bool has;

	rcu_read_lock();
	service = ipos_service_peek(&engine->services, key->proto, key->addr,
				    key->port);
	has = service && rcu_access_pointer(service->cookie);
	rcu_read_unlock();
	return has;
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
	bool named;
	int err;

	err = get_key(info, &key);
	if (err)
		return err;
	mutex_lock(&board->mutex);
	named = has_cookie(&board->engine, &key);
	err = ipos_service_del(&board->engine.services, &key);
	if (!err && named)
		ipos_tell_name(&board->engine, &key, "");
	if (!err && key.proto == IPOS_PROTO_UDP)
		ipos_hook_local_out_put(board->engine.net);
	mutex_unlock(&board->mutex);
	return err ? refuse_unknown(info) : 0;
}
