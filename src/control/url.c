// SPDX-License-Identifier: GPL-2.0
#include <linux/slab.h>
#include <net/sock.h>
#include "control/netlink.h"

static_assert(IPOS_URL_LEN_MAX == IPOS_URL_MAX);

const struct nla_policy ipos_url_row_policy[IPOS_A_URL_MAX + 1] = {
	[IPOS_A_URL_URL] = { .type = NLA_NUL_STRING, .len = IPOS_URL_MAX },
	[IPOS_A_URL_SERVER] = { .type = NLA_U32 },
};

const struct nla_policy ipos_url_filter_policy[IPOS_A_URL_MAX + 1] = {
	[IPOS_A_URL_SERVER] = { .type = NLA_U32 },
};

static bool wanted(const struct ipos_url *url, const struct nlattr *server)
{
	return !server || nla_get_in_addr(server) == url->server_ip;
}

static int fill(struct sk_buff *skb, struct netlink_callback *cb,
		const void *row)
{
	const struct ipos_url *url = row;
	struct nlattr *text;

	if (!wanted(url, ipos_compat_dump_attrs(cb)[IPOS_A_URL_SERVER]))
		return 1;
	text = nla_reserve(skb, IPOS_A_URL_URL, url->len + 1);
	if (!text)
		return -EMSGSIZE;
	memcpy(nla_data(text), url->text, url->len);
	((char *)nla_data(text))[url->len] = '\0';
	return nla_put_in_addr(skb, IPOS_A_URL_SERVER, url->server_ip);
}

/**
 * ipos_url_get_dumpit() - IPOS_CMD_URL_GET
 * @skb: the answer
 * @cb: the dump
 *
 * Return: what a dumpit callback returns. Process context.
 */
int ipos_url_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct ipos_board *board = ipos_board(sock_net(skb->sk));

	return ipos_dump_table(skb, cb, &board->engine.urls.ht.ht, fill);
}

/* The kernel's ctype takes Latin-1 for letters. */
static bool is_ascii(const char *c)
{
	while (*c && isascii(*c))
		c++;
	return !*c;
}

static int refuse(struct genl_info *info, int err)
{
	const struct nlattr *url = info->attrs[IPOS_A_URL_URL];

	switch (err) {
	case -EINVAL:
		return ipos_refuse(info->extack, url, err,
				   "url must be HOST[/PATH-PREFIX], without scheme, query and fragment, HOST may be *");
	case -EEXIST:
		return ipos_refuse(info->extack, url, err,
				   "url has this server already");
	case -ENOENT:
		return ipos_refuse(info->extack, url, err,
				   "url does not have this server");
	case -ENOSPC:
		return ipos_refuse(info->extack, url, err,
				   "URL Map is full (limit-url)");
	default:
		return err;
	}
}

static int change(struct genl_info *info,
		  int (*fn)(struct ipos_url_table *table, const char *url,
			    __be32 server_ip))
{
	struct ipos_board *board = ipos_info_board(info);
	const struct nlattr *server = info->attrs[IPOS_A_URL_SERVER];
	const struct nlattr *url = info->attrs[IPOS_A_URL_URL];
	int err;

	if (!is_ascii(nla_data(url)))
		return ipos_refuse(info->extack, url, -EINVAL,
				   "url must be ASCII, percent-encoded");
	mutex_lock(&board->mutex);
	err = fn(&board->engine.urls, nla_data(url), nla_get_in_addr(server));
	mutex_unlock(&board->mutex);
	return err ? refuse(info, err) : 0;
}

static bool is_incomplete(struct genl_info *info)
{
	return ipos_missing(info, IPOS_A_URL_URL, "url") ||
	       ipos_missing(info, IPOS_A_URL_SERVER, "server");
}

/**
 * ipos_url_add_doit() - IPOS_CMD_URL_ADD
 * @skb: the request
 * @info: likewise
 *
 * Return: 0 or a negative error. Process context.
 */
int ipos_url_add_doit(struct sk_buff *skb, struct genl_info *info)
{
	const struct nlattr *server = info->attrs[IPOS_A_URL_SERVER];

	if (is_incomplete(info))
		return -EINVAL;
	if (!ipos_is_unicast(nla_get_in_addr(server)))
		return ipos_refuse(info->extack, server, -EINVAL,
				   "server must have a unicast address");
	return change(info, ipos_url_add);
}

/**
 * ipos_url_del_doit() - IPOS_CMD_URL_DEL
 * @skb: the request
 * @info: likewise
 *
 * Return: 0 or a negative error. Process context.
 */
int ipos_url_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	return is_incomplete(info) ? -EINVAL : change(info, ipos_url_del);
}

/* A row to delete: the walk may not sleep, and ipos_url_del() does. */
struct doomed {
	struct list_head	list;
	__be32			server;
	char			url[];
};

struct doom {
	struct list_head	rows;
	const struct nlattr	*server;
	unsigned int		n;
	int			err;
};

/* How many rows are copied before they are deleted. */
#define BATCH 16384

static bool doom_each(void *obj, void *arg)
{
	const struct ipos_url *url = obj;
	struct doom *doom = arg;
	struct doomed *row;

	if (!wanted(url, doom->server))
		return true;
	row = kzalloc(struct_size(row, url, url->len + 1),
		      GFP_ATOMIC | __GFP_NOWARN);
	if (!row) {
		doom->err = -ENOMEM;
		return false;
	}
	row->server = url->server_ip;
	memcpy(row->url, url->text, url->len);
	list_add(&row->list, &doom->rows);
	return ++doom->n < BATCH;
}

static int flush_batch(struct ipos_url_table *urls, struct doom *doom)
{
	struct doomed *row, *next;

	doom->n = 0;
	doom->err = 0;
	ipos_table_walk(&urls->ht.ht, doom_each, doom);
	list_for_each_entry_safe(row, next, &doom->rows, list) {
		ipos_url_del(urls, row->url, row->server);
		list_del(&row->list);
		kfree(row);
		cond_resched();
	}
	return doom->n ? 0 : doom->err;
}

/**
 * ipos_url_flush_doit() - IPOS_CMD_URL_FLUSH
 * @skb: the request
 * @info: likewise
 *
 * Return: 0 or a negative error. Process context.
 */
int ipos_url_flush_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct ipos_board *board = ipos_info_board(info);
	struct doom doom = {
		.rows = LIST_HEAD_INIT(doom.rows),
		.server = info->attrs[IPOS_A_URL_SERVER],
	};
	int err;

	mutex_lock(&board->mutex);
	do {
		err = flush_batch(&board->engine.urls, &doom);
	} while (!err && doom.n);
	mutex_unlock(&board->mutex);
	return err;
}
