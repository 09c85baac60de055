// SPDX-License-Identifier: GPL-2.0
/*
 * A layer-4 balancer with direct server return as one would write it for tc:
 * known connections go to their server by its MAC, a SYN chooses one. With
 * TABLE=0 all goes to one server, and nothing is remembered: the least that
 * any program there can do.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/pkt_cls.h>
#include <linux/tcp.h>

/* eth1 of a board of tests/cluster: the loopback device is 1, eth0 is 2. */
#define OUT	3
#define SECTION(name) __attribute__((section(name), used))
#define constant_htons(x) __builtin_bswap16(x)

static void *(*map_lookup)(void *map, const void *key) =
	(void *)BPF_FUNC_map_lookup_elem;
static long (*map_update)(void *map, const void *key, const void *value,
			  __u64 flags) = (void *)BPF_FUNC_map_update_elem;
static long (*redirect)(__u32 ifindex, __u64 flags) = (void *)BPF_FUNC_redirect;

struct key {
	__be32	caddr, saddr;
	__be16	cport, sport;
};

struct target {
	__u8	dest[ETH_ALEN], source[ETH_ALEN];
};

struct {
	int (*type)[BPF_MAP_TYPE_HASH];
	struct key *key;
	struct target *value;
	int (*max_entries)[65536];
} flows SECTION(".maps");

static const struct target server = {
	{ 2, 0, 0, 0, 2, 9 }, { 2, 0, 0, 0, 2, 3 },
};

static const struct target *choose(const struct iphdr *ip,
				   const struct tcphdr *tcp)
{
	struct key key = { ip->saddr, ip->daddr, tcp->source, tcp->dest };
	const struct target *target = map_lookup(&flows, &key);

	if (target || !tcp->syn)
		return target;
	map_update(&flows, &key, &server, BPF_ANY);
	return &server;
}

SECTION("tc")
int balance(struct __sk_buff *skb)
{
	struct ethhdr *eth = (void *)(long)skb->data;
	struct iphdr *ip = (void *)(eth + 1);
	struct tcphdr *tcp = (void *)(ip + 1);
	const struct target *target = &server;

	if ((void *)(tcp + 1) > (void *)(long)skb->data_end ||
	    eth->h_proto != constant_htons(ETH_P_IP) || ip->version != 4 ||
	    ip->ihl != 5 || ip->protocol != IPPROTO_TCP ||
	    ip->frag_off & constant_htons(0x3fff))
		return TC_ACT_OK;
	if (TABLE)
		target = choose(ip, tcp);
	if (!target)
		return TC_ACT_OK;
	__builtin_memcpy(eth, target, sizeof(*target));
	return redirect(OUT, 0);
}

char licence[] SECTION("license") = "GPL";
