// SPDX-License-Identifier: GPL-2.0
#include <net/sock.h>
#include "control/netlink.h"

static_assert(IPOS_COOKIE_LEN_MAX == IPOS_COOKIE_VALUE_MAX);
static_assert(IPOS_COOKIE_LEN_MAX == IPOS_MAP_TEXT_LEN);

const struct nla_policy ipos_cookie_add_policy[IPOS_A_COOKIE_MAX + 1] = {
	[IPOS_A_COOKIE_ID] = { .type = NLA_NUL_STRING,
			       .len = IPOS_COOKIE_VALUE_MAX },
	[IPOS_A_COOKIE_SERVER] = { .type = NLA_U32 },
};

const struct nla_policy ipos_cookie_del_policy[IPOS_A_COOKIE_MAX + 1] = {
	[IPOS_A_COOKIE_ID] = { .type = NLA_NUL_STRING,
			       .len = IPOS_COOKIE_VALUE_MAX },
};

const struct nla_policy ipos_cookie_filter_policy[IPOS_A_COOKIE_MAX + 1] = {
	[IPOS_A_COOKIE_SERVER] = { .type = NLA_U32 },
};

static __be32 server_of(const struct ipos_engine *engine,
			const struct ipos_cookiemap_row *row)
{
	return row->ip ?: READ_ONCE(engine->settings.server_ip);
}

static int fill(struct sk_buff *skb, struct netlink_callback *cb,
		const void *obj)
{
	struct ipos_engine *engine = &ipos_board(sock_net(skb->sk))->engine;
	const struct nlattr *filter =
		ipos_compat_dump_attrs(cb)[IPOS_A_COOKIE_SERVER];
	const struct ipos_cookiemap_row *row = obj;
	u32 idle = (u32)jiffies - READ_ONCE(row->used);
	__be32 server = server_of(engine, row);
	struct nlattr *text;

	if (filter && nla_get_in_addr(filter) != server)
		return 1;
	text = nla_reserve(skb, IPOS_A_COOKIE_ID, row->len + 1);
	if (!text)
		return -EMSGSIZE;
	memcpy(nla_data(text), row->text, row->len);
	((char *)nla_data(text))[row->len] = '\0';
	if ((server && nla_put_in_addr(skb, IPOS_A_COOKIE_SERVER, server)) ||
	    nla_put_u8(skb, IPOS_A_COOKIE_LEARNED, !row->by_hand) ||
	    nla_put_u64_64bit(skb, IPOS_A_COOKIE_IDLE,
			      jiffies64_to_msecs(idle), IPOS_A_COOKIE_PAD))
		return -EMSGSIZE;
	return 0;
}

/**
 * ipos_cookie_get_dumpit() - IPOS_CMD_COOKIE_GET
 * @skb: the answer
 * @cb: the dump
 *
 * Return: what a dumpit callback returns. Process context.
 */
int ipos_cookie_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct ipos_board *board = ipos_board(sock_net(skb->sk));

	return ipos_dump_table(skb, cb, &board->engine.cookies.ht, fill);
}

static int refuse(struct genl_info *info, int err)
{
	const struct nlattr *id = info->attrs[IPOS_A_COOKIE_ID];

	switch (err) {
	case -EEXIST:
		return ipos_refuse(info->extack, id, err,
				   "cookie has a server already");
	case -ENOENT:
		return ipos_refuse(info->extack, id, err, "no such cookie");
	case -ENOSPC:
		return ipos_refuse(info->extack, id, err,
				   "Cookie Map is full (limit-cookie)");
	default:
		return err;
	}
}

/**
 * ipos_cookie_add_doit() - IPOS_CMD_COOKIE_ADD
 * @skb: the request
 * @info: likewise
 *
 * Return: 0 or a negative error. Process context.
 */
int ipos_cookie_add_doit(struct sk_buff *skb, struct genl_info *info)
{
	const struct nlattr *server = info->attrs[IPOS_A_COOKIE_SERVER];
	const struct nlattr *id = info->attrs[IPOS_A_COOKIE_ID];
	struct ipos_board *board = ipos_info_board(info);
	int err;

	if (ipos_missing(info, IPOS_A_COOKIE_ID, "id") ||
	    ipos_missing(info, IPOS_A_COOKIE_SERVER, "server"))
		return -EINVAL;
	if (!ipos_cookieval_is_id(nla_data(id), strlen(nla_data(id))))
		return ipos_refuse(info->extack, id, -EINVAL,
				   "id must be visible ASCII without semicolons");
	if (!ipos_is_unicast(nla_get_in_addr(server)))
		return ipos_refuse(info->extack, server, -EINVAL,
				   "server must have a unicast address");
	mutex_lock(&board->mutex);
	err = ipos_cookiemap_add(&board->engine.cookies, nla_data(id),
				 strlen(nla_data(id)),
				 nla_get_in_addr(server));
	mutex_unlock(&board->mutex);
	return err ? refuse(info, err) : 0;
}

/**
 * ipos_cookie_del_doit() - IPOS_CMD_COOKIE_DEL
 * @skb: the request
 * @info: likewise
 *
 * Return: 0 or a negative error. Process context.
 */
int ipos_cookie_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	const struct nlattr *id = info->attrs[IPOS_A_COOKIE_ID];
	struct ipos_board *board = ipos_info_board(info);
	int err;

	if (ipos_missing(info, IPOS_A_COOKIE_ID, "id"))
		return -EINVAL;
	mutex_lock(&board->mutex);
	err = ipos_cookiemap_del(&board->engine.cookies, nla_data(id),
				 strlen(nla_data(id)));
	mutex_unlock(&board->mutex);
	return err ? refuse(info, err) : 0;
}

struct flush {
	struct ipos_engine *engine;
	const struct nlattr *server;
};

static bool flush_each(void *obj, void *arg)
{
	struct ipos_cookiemap_row *row = obj;
	const struct flush *flush = arg;

	if (!flush->server || nla_get_in_addr(flush->server) ==
			      server_of(flush->engine, row))
		ipos_cookiemap_remove(&flush->engine->cookies, row);
	return true;
}

/**
 * ipos_cookie_flush_doit() - IPOS_CMD_COOKIE_FLUSH
 * @skb: the request
 * @info: likewise
 *
 * Return: 0. Process context.
 */
int ipos_cookie_flush_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct ipos_board *board = ipos_info_board(info);
	struct flush flush = {
		.engine = &board->engine,
		.server = info->attrs[IPOS_A_COOKIE_SERVER],
	};

	mutex_lock(&board->mutex);
	ipos_table_walk(&board->engine.cookies.ht, flush_each, &flush);
	mutex_unlock(&board->mutex);
	return 0;
}
