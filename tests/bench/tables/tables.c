// SPDX-License-Identifier: GPL-2.0
/*
 * Flow tables of any size for make bench, of the module's own code: what is
 * written to the parameters "fill" ("TABLE ENTRIES"), "look" ("TABLE") and
 * "ipvs" ("ENTRIES") is done at once; "cost" tells the nanoseconds of it.
 * Nothing is freed and the module cannot be unloaded: the VM ends instead.
 */
#include <linux/ktime.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/prandom.h>
#include <linux/slab.h>
#include <net/ip_vs.h>
#include "table/flow.h"
#include "table/server_row.h"

#define TABLES	2
#define PEERS	100
#define LOOKS	4096
/* As many packets as one round of a network card's driver takes. */
#define BUDGET	64

static struct ipos_flow_table tables[TABLES];
static u32 size[TABLES];
static struct ipos_server *peers[PEERS];
static struct ipos_key keys[LOOKS];
static struct rnd_state chance;
static u64 cost;

/* Another client for each number: both steps can be undone in 48 bits. */
static struct ipos_key key_of(u32 n)
{
	const u64 mask = GENMASK_ULL(47, 0);
	u64 x = (n + 1) * 0x5851f42d4c957f2dULL & mask;

	x ^= x >> 23;
	x = x * 0x14057b7ef767814fULL & mask;
	return ipos_key_init(IPOS_PROTO_TCP, htonl(x >> 16), htons(x & 0xffff),
			     htonl(0xc0000201), htons(80));
}

/* As a hand-off leaves it: bound, and nobody's but the table's. */
static int add(struct ipos_flow_table *table, u32 n)
{
	struct ipos_server *peer = peers[n % PEERS];
	struct ipos_key key = key_of(n);
	struct ipos_hdr hdr = {
		.src_ip = key.caddr, .src_port = key.cport,
		.dst_ip = peer->ip, .dst_port = htons(80),
		.type = IPOS_TYPE_PACKET, .protocol = key.proto,
	};
	struct ipos_flow *flow;
	int err;

	flow = ipos_flow_new(table, &key, IPOS_FLOW_FORWARD);
	if (IS_ERR(flow))
		return PTR_ERR(flow);
	spin_lock(&flow->lock);
	err = ipos_flow_insert(table, flow);
	if (!err)
		err = ipos_flow_bind(table, flow, &hdr, peer);
	spin_unlock(&flow->lock);
	ipos_flow_put(flow);
	return err;
}

static bool is_growing(struct rhashtable *ht)
{
	struct bucket_table *buckets;
	bool growing;

	rcu_read_lock();
	buckets = rht_dereference_rcu(ht->tbl, ht);
	growing = rht_grow_above_75(ht, buckets) ||
		  rcu_access_pointer(buckets->future_tbl);
	rcu_read_unlock();
	return growing;
}

/* The growth that its entries have asked for belongs to their price. */
static void settle(struct rhashtable *ht)
{
	do {
		schedule_work(&ht->run_work);
		flush_work(&ht->run_work);
	} while (is_growing(ht));
}

static int fill(const char *text, const struct kernel_param *param)
{
	u32 which, entries, n;
	int err = 0;
	u64 start;

	if (sscanf(text, "%u %u", &which, &entries) != 2 || which >= TABLES ||
	    size[which])
		return -EINVAL;
	start = ktime_get_ns();
	for (n = 0; n < entries && !err; n++) {
		local_bh_disable();
		err = add(&tables[which], n);
		local_bh_enable();
		if (n % BUDGET == 0)
			cond_resched();
	}
	settle(&tables[which].by_key);
	settle(&tables[which].by_binding);
	cost = ktime_get_ns() - start;
	size[which] = n;
	/* Former buckets. */
	rcu_barrier();
	return err;
}

static int look(const char *text, const struct kernel_param *param)
{
	struct ipos_flow *flow;
	unsigned long flags;
	u32 which, i;
	u64 start;

	if (kstrtou32(text, 0, &which) || which >= TABLES || !size[which])
		return -EINVAL;
	for (i = 0; i < LOOKS; i++)
		keys[i] = key_of(prandom_u32_state(&chance) % size[which]);
	rcu_read_lock();
	local_irq_save(flags);
	start = ktime_get_ns();
	for (i = 0; i < LOOKS; i++) {
		flow = ipos_flow_peek(&tables[which], &keys[i]);
		if (!flow || ipos_flow_state(flow) != IPOS_FLOW_FORWARD)
			break;
	}
	cost = ktime_get_ns() - start;
	local_irq_restore(flags);
	rcu_read_unlock();
	return i == LOOKS ? 0 : -ENOENT;
}

/* What IPVS keeps of a connection, for comparison. */
static int fill_ipvs(const char *text, const struct kernel_param *param)
{
	union nf_inet_addr client = { }, service = { }, server = { };
	struct ip_vs_conn_param p;
	struct ipos_key key;
	u32 entries, n;

	if (kstrtou32(text, 0, &entries))
		return -EINVAL;
	for (n = 0; n < entries; n++) {
		key = key_of(n);
		client.ip = key.caddr;
		service.ip = key.saddr;
		server.ip = peers[n % PEERS]->ip;
		ip_vs_conn_fill_param(net_ipvs(&init_net), AF_INET, IPPROTO_TCP,
				      &client, key.cport, &service, key.sport,
				      &p);
		if (!ip_vs_conn_new(&p, AF_INET, &server, htons(80), 0, NULL,
				    0))
			return -ENOMEM;
		if (n % BUDGET == 0)
			cond_resched();
	}
	return 0;
}

static const struct kernel_param_ops fill_ops = { .set = fill };
static const struct kernel_param_ops look_ops = { .set = look };
static const struct kernel_param_ops ipvs_ops = { .set = fill_ipvs };

module_param_cb(fill, &fill_ops, NULL, 0200);
module_param_cb(look, &look_ops, NULL, 0200);
module_param_cb(ipvs, &ipvs_ops, NULL, 0200);
module_param(cost, ullong, 0400);

static int __init tables_init(void)
{
	static const u8 lladdr[ETH_ALEN] = { 2 };
	int i, err;

	for (i = 0; i < PEERS; i++) {
		peers[i] = ipos_server_row_new(htonl(0x0a000001 + i), lladdr,
					       GFP_KERNEL);
		if (!peers[i])
			return -ENOMEM;
	}
	err = ipos_flow_init();
	if (err)
		return err;
	for (i = 0; i < TABLES; i++) {
		err = ipos_flow_table_init(&tables[i]);
		if (err)
			return err;
	}
	prandom_seed_state(&chance, 1);
	return 0;
}
module_init(tables_init);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("ipOS's flow tables, filled and asked by make bench");
