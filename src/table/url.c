// SPDX-License-Identifier: GPL-2.0
#include <linux/ctype.h>
#include <linux/jhash.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "inspect/path.h"
#include "table/url.h"

static_assert(IPOS_URL_PREFIX_MAX == IPOS_PATH_MAX);

#define LIMIT 1000000

struct text {
	const char *bytes;
	u16 len;
};

static u32 hash_text(const void *data, u32 len, u32 seed)
{
	const struct text *text = data;

	return jhash(text->bytes, text->len, seed);
}

static u32 hash_row(const void *data, u32 len, u32 seed)
{
	const struct ipos_url *row = data;

	return jhash(row->text, row->len, seed);
}

static int compare(struct rhashtable_compare_arg *arg, const void *obj)
{
	const struct text *text = arg->key;
	const struct ipos_url *row = obj;

	return row->len != text->len || memcmp(row->text, text->bytes, row->len);
}

static const struct rhashtable_params params = {
	.head_offset = offsetof(struct ipos_url, node),
	.key_len = sizeof(struct text),
	.hashfn = hash_text,
	.obj_hashfn = hash_row,
	.obj_cmpfn = compare,
	.automatic_shrinking = true,
};

/**
 * ipos_url_table_init() - make an empty URL Map
 * @table: zeroed memory
 *
 * Return: 0 or -ENOMEM. Process context.
 */
int ipos_url_table_init(struct ipos_url_table *table)
{
	ipos_bound_init(&table->bound, LIMIT);
	spin_lock_init(&table->lock);
	return rhltable_init(&table->ht, &params);
}

static void free_each(void *obj, void *arg)
{
	kfree(obj);
}

/**
 * ipos_url_table_destroy() - empty the map and free it
 * @table: nobody looks anything up in it any more
 *
 * Process context.
 */
void ipos_url_table_destroy(struct ipos_url_table *table)
{
	rhltable_free_and_destroy(&table->ht, free_each, NULL);
}

static bool host_char(char c)
{
	return isalnum(c) || (c && strchr(".-_:[]", c));
}

/*
 * As the inspector reads a Host: without port, which the service has, and
 * without the dot of the DNS root. Other colons are an address's, in brackets.
 */
static size_t bare_host(const char *url, size_t len)
{
	const char *colon = memchr(url, ':', len);
	size_t n = len;

	while (n && isdigit(url[n - 1]))
		n--;
	if (colon && (colon == url + n - 1 ||
		      (n > 1 && url[n - 1] == ':' && url[n - 2] == ']')))
		len = n - 1;
	return len > 1 && url[len - 1] == '.' ? len - 1 : len;
}

static bool put_host(struct ipos_url *row, const char *host, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		if (!host_char(host[i]) && !(len == 1 && host[0] == '*'))
			return false;
		row->text[i] = tolower(host[i]);
	}
	row->host_len = len;
	return true;
}

static bool put_path(struct ipos_url *row, struct ipos_path *path,
		     const char *text)
{
	for (; *text; text++)
		if (!isgraph(*text) || *text == '?' || *text == '#' ||
		    !ipos_path_add(path, *text))
			return false;
	if (!ipos_path_end(path))
		return false;
	memcpy(row->text + row->host_len, path->text, path->len);
	row->len = row->host_len + path->len;
	return true;
}

/*
 * The host may be "*"; a URL without a path means every path. A host that ends
 * in a colon before a path is a scheme.
 */
static struct ipos_url *parse(const char *url, __be32 server_ip)
{
	size_t url_host = strcspn(url, "/");
	size_t host_len = bare_host(url, url_host);
	const char *path = url[url_host] ? url + url_host : "/";
	struct ipos_path normal = { };
	struct ipos_url *row;

	if (!host_len || host_len > IPOS_URL_HOST_MAX ||
	    strlen(path) > IPOS_URL_PREFIX_MAX ||
	    (url[url_host] && url[url_host - 1] == ':'))
		return ERR_PTR(-EINVAL);
	row = kzalloc(struct_size(row, text, host_len + strlen(path)),
		      GFP_KERNEL);
	if (!row)
		return ERR_PTR(-ENOMEM);
	row->server_ip = server_ip;
	if (put_host(row, url, host_len) && put_path(row, &normal, path))
		return row;
	kfree(row);
	return ERR_PTR(-EINVAL);
}

static struct ipos_url *find(struct ipos_url_table *table,
			     const struct ipos_url *like)
{
	struct text text = { .bytes = like->text, .len = like->len };
	struct rhlist_head *list, *pos;
	struct ipos_url *row;

	list = rhltable_lookup(&table->ht, &text, params);
	rhl_for_each_entry_rcu(row, pos, list, node)
		if (row->server_ip == like->server_ip)
			return row;
	return NULL;
}

static void count_prefix(struct ipos_url_table *table,
			 const struct ipos_url *row, int change)
{
	unsigned int len = row->len - row->host_len;

	table->prefixes[len] += change;
	if (table->prefixes[len])
		set_bit(len, table->lengths);
	else
		clear_bit(len, table->lengths);
}

static int insert(struct ipos_url_table *table, struct ipos_url *row)
{
	struct text text = { .bytes = row->text, .len = row->len };
	int err;

	if (find(table, row))
		return -EEXIST;
	if (!ipos_bound_take(&table->bound))
		return -ENOSPC;
	/* The prefix first: a row that can be found must be looked for. */
	count_prefix(table, row, 1);
	err = rhltable_insert_key(&table->ht, &text, &row->node, params);
	if (err) {
		count_prefix(table, row, -1);
		ipos_bound_give(&table->bound);
	}
	return err;
}

/**
 * ipos_url_add() - say that a server may serve a URL
 * @table: the map
 * @url: "host/path-prefix", or a "*" host; brought into the normal form that
 *	requests are brought into
 * @server_ip: its Server IP, network byte order
 *
 * Process context.
 *
 * Return: 0, -EINVAL not such a URL, -EEXIST, -ENOSPC the map is full, -ENOMEM.
 */
int ipos_url_add(struct ipos_url_table *table, const char *url,
		 __be32 server_ip)
{
	struct ipos_url *row = parse(url, server_ip);
	int err;

	if (IS_ERR(row))
		return PTR_ERR(row);
	rcu_read_lock();
	spin_lock_bh(&table->lock);
	err = insert(table, row);
	spin_unlock_bh(&table->lock);
	rcu_read_unlock();
	if (err)
		kfree(row);
	return err;
}

/**
 * ipos_url_del() - take one row back
 * @table: the map
 * @url: as given to ipos_url_add()
 * @server_ip: network byte order
 *
 * Process context.
 *
 * Return: 0, -EINVAL not such a URL, -ENOENT, -ENOMEM.
 */
int ipos_url_del(struct ipos_url_table *table, const char *url,
		 __be32 server_ip)
{
	struct ipos_url *like = parse(url, server_ip), *row;
	int err = -ENOENT;

	if (IS_ERR(like))
		return PTR_ERR(like);
	rcu_read_lock();
	spin_lock_bh(&table->lock);
	row = find(table, like);
	if (row)
		err = rhltable_remove(&table->ht, &row->node, params);
	if (!err) {
		count_prefix(table, row, -1);
		ipos_bound_give(&table->bound);
		kfree_rcu(row, rcu);
	}
	spin_unlock_bh(&table->lock);
	rcu_read_unlock();
	kfree(like);
	return err;
}

static unsigned int collect(struct ipos_url_table *table,
			    const struct text *text, __be32 *servers)
{
	struct rhlist_head *list, *pos;
	struct ipos_url *row;
	unsigned int n = 0;

	list = rhltable_lookup(&table->ht, text, params);
	rhl_for_each_entry_rcu(row, pos, list, node) {
		if (n == IPOS_URL_SERVERS)
			break;
		servers[n++] = row->server_ip;
	}
	return n;
}

/* The longest prefix of path that a row with this host has. */
static unsigned int longest(struct ipos_url_table *table, const char *host,
			    const char *path, __be32 *servers)
{
	char bytes[IPOS_URL_MAX];
	size_t host_len = strnlen(host, IPOS_URL_HOST_MAX);
	size_t path_len = strnlen(path, IPOS_URL_PREFIX_MAX);
	size_t len = path_len + 1;
	unsigned int n;

	memcpy(bytes, host, host_len);
	memcpy(bytes + host_len, path, path_len);
	while (len) {
		size_t last = find_last_bit(table->lengths, len);
		struct text text = {
			.bytes = bytes, .len = host_len + last,
		};

		if (last >= len)	/* none */
			break;
		n = collect(table, &text, servers);
		if (n)
			return n;
		len = last;
	}
	return 0;
}

/**
 * ipos_url_lookup() - the servers of the longest prefix of a URL
 * @table: the map
 * @host: lower case, without port, NUL-terminated; may be empty
 * @path: in its normal form, begins with '/', NUL-terminated; empty for a
 *	request that has none, which goes where the host's root goes
 * @servers: filled with Server IPs, network byte order
 *
 * A row with the very host wins over one with "*", however long. RCU held.
 *
 * Return: how many servers there are, 0 when no row matches.
 */
unsigned int ipos_url_lookup(struct ipos_url_table *table, const char *host,
			     const char *path,
			     __be32 servers[IPOS_URL_SERVERS])
{
	unsigned int n = 0;

	if (!ipos_bound_count(&table->bound))
		return 0;
	if (!*path)
		path = "/";
	if (*host)
		n = longest(table, host, path, servers);
	return n ?: longest(table, "*", path, servers);
}
