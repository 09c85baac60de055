// SPDX-License-Identifier: GPL-2.0
#include <linux/jhash.h>
#include <linux/slab.h>
#include "table/flow.h"

/* Of their very size: there may be millions. */
static struct kmem_cache *cache;

static const u32 limit[IPOS_FLOW_STATES] = {
	[IPOS_FLOW_TEMPORARY]		= 262144,
	[IPOS_FLOW_FORWARD_CONNECT]	= 65536,
	[IPOS_FLOW_FORWARD]		= 8388608,
	[IPOS_FLOW_LOCAL]		= 8388608,
	[IPOS_FLOW_RESERVED]		= 65536,
	[IPOS_FLOW_CLOSED]		= 1048576,
};

static u32 hash_key(const void *data, u32 len, u32 seed)
{
	return ipos_key_hash(data, seed);
}

static int compare_key(struct rhashtable_compare_arg *arg, const void *obj)
{
	const struct ipos_flow *flow = obj;

	return !ipos_key_equal(arg->key, &flow->key);
}

/* Each packet's look-up: inlined, hash and comparison included. */
static const struct rhashtable_params by_key = {
	.key_len = sizeof(struct ipos_key),
	.key_offset = offsetof(struct ipos_flow, key),
	.head_offset = offsetof(struct ipos_flow, node),
	.hashfn = hash_key,
	.obj_cmpfn = compare_key,
	.automatic_shrinking = true,
};

/* What 11i and the notices name, as the board at the other end means it. */
struct binding {
	__be32	src_ip;
	__be32	dst_ip;
	__be32	peer_ip;
	__be16	src_port;
	__be16	dst_port;
	u32	protocol;
};

static struct binding binding_of(const struct ipos_hdr *hdr, __be32 peer_ip)
{
	return (struct binding){
		.src_ip = hdr->src_ip, .dst_ip = hdr->dst_ip,
		.peer_ip = peer_ip,
		.src_port = hdr->src_port, .dst_port = hdr->dst_port,
		.protocol = hdr->protocol,
	};
}

static u32 hash_binding(const void *data, u32 len, u32 seed)
{
	return jhash2(data, sizeof(struct binding) / sizeof(u32), seed);
}

static u32 hash_bound_flow(const void *data, u32 len, u32 seed)
{
	const struct ipos_flow *flow = data;
	struct binding binding = binding_of(&flow->hdr, flow->peer->ip);

	return hash_binding(&binding, len, seed);
}

static int compare_binding(struct rhashtable_compare_arg *arg, const void *obj)
{
	const struct ipos_flow *flow = obj;
	struct binding binding = binding_of(&flow->hdr, flow->peer->ip);

	return memcmp(arg->key, &binding, sizeof(binding));
}

static const struct rhashtable_params by_binding = {
	.key_len = sizeof(struct binding),
	.head_offset = offsetof(struct ipos_flow, bind_node),
	.hashfn = hash_binding,
	.obj_hashfn = hash_bound_flow,
	.obj_cmpfn = compare_binding,
	.automatic_shrinking = true,
};

/* What a program on this board replies to a client, and so what it hears. */
static struct ipos_key reply_of(const struct ipos_flow *flow)
{
	return ipos_key_init(flow->key.proto, flow->key.caddr, flow->key.cport,
			     flow->laddr, flow->lport);
}

static u32 hash_reply_flow(const void *data, u32 len, u32 seed)
{
	const struct ipos_key key = reply_of(data);

	return ipos_key_hash(&key, seed);
}

static int compare_reply(struct rhashtable_compare_arg *arg, const void *obj)
{
	const struct ipos_key key = reply_of(obj);

	return !ipos_key_equal(arg->key, &key);
}

static const struct rhashtable_params by_reply = {
	.key_len = sizeof(struct ipos_key),
	.head_offset = offsetof(struct ipos_flow, reply_node),
	.hashfn = hash_key,
	.obj_hashfn = hash_reply_flow,
	.obj_cmpfn = compare_reply,
	.automatic_shrinking = true,
};

/**
 * ipos_flow_init() - before the first flow table
 *
 * Return: 0 or -ENOMEM. Process context.
 */
int ipos_flow_init(void)
{
	cache = kmem_cache_create(KBUILD_MODNAME "_flow",
				  sizeof(struct ipos_flow), 0, 0, NULL);
	return cache ? 0 : -ENOMEM;
}

/**
 * ipos_flow_exit() - after the last flow table
 *
 * Waits for flows that are still to be freed. Process context.
 */
void ipos_flow_exit(void)
{
	rcu_barrier();
	kmem_cache_destroy(cache);
}

/**
 * ipos_flow_table_init() - make an empty flow table
 * @table: zeroed memory
 *
 * Return: 0 or -ENOMEM. Process context.
 */
int ipos_flow_table_init(struct ipos_flow_table *table)
{
	int err, i;

	err = rhashtable_init(&table->by_key, &by_key);
	if (err)
		return err;
	err = rhashtable_init(&table->by_binding, &by_binding);
	if (err)
		goto keys;
	err = rhashtable_init(&table->by_reply, &by_reply);
	if (err)
		goto bindings;
	for (i = 0; i < IPOS_FLOW_STATES; i++)
		ipos_bound_init(&table->bound[i], limit[i]);
	return 0;
bindings:
	rhashtable_destroy(&table->by_binding);
keys:
	rhashtable_destroy(&table->by_key);
	return err;
}

/**
 * ipos_flow_table_destroy() - free an empty flow table
 * @table: every flow was removed
 *
 * Process context.
 */
void ipos_flow_table_destroy(struct ipos_flow_table *table)
{
	WARN_ON(atomic_read(&table->by_key.nelems));
	WARN_ON(atomic_read(&table->by_binding.nelems));
	WARN_ON(atomic_read(&table->by_reply.nelems));
	rhashtable_destroy(&table->by_reply);
	rhashtable_destroy(&table->by_binding);
	rhashtable_destroy(&table->by_key);
}

/**
 * ipos_flow_new() - memory for a flow
 * @table: the table it will be in
 * @key: its 4-tuple
 * @state: the state it begins in; a place of its bound is taken
 *
 * Any context.
 *
 * Return: the flow, in no table yet, with a reference for the caller, or
 * ERR_PTR(-ENOSPC) the state is full, ERR_PTR(-ENOMEM).
 */
struct ipos_flow *ipos_flow_new(struct ipos_flow_table *table,
				const struct ipos_key *key,
				enum ipos_flow_state state)
{
	struct ipos_flow *flow;

	if (!ipos_bound_take(&table->bound[state]))
		return ERR_PTR(-ENOSPC);
	flow = kmem_cache_zalloc(cache, GFP_ATOMIC);
	if (!flow) {
		ipos_bound_give(&table->bound[state]);
		return ERR_PTR(-ENOMEM);
	}
	flow->key = *key;
	flow->state = state;
	flow->created = (u32)jiffies;
	flow->used = flow->created;
	spin_lock_init(&flow->lock);
	refcount_set(&flow->refs, 1);
	return flow;
}

/**
 * ipos_flow_insert() - let a flow be found
 * @table: the table
 * @flow: new; its lock held until it is complete: whoever finds it waits
 *
 * Return: 0: the table has a reference, too; or -EEXIST, -ENOMEM: the flow is
 * to be given to ipos_flow_discard().
 */
int ipos_flow_insert(struct ipos_flow_table *table, struct ipos_flow *flow)
{
	int err;

	refcount_inc(&flow->refs);
	err = rhashtable_lookup_insert_fast(&table->by_key, &flow->node,
					    by_key);
	if (err)
		refcount_dec(&flow->refs);
	return err;
}

/**
 * ipos_flow_discard() - free a flow that could not be inserted
 * @table: the table whose bound it has a place of
 * @flow: nobody else has seen it
 */
void ipos_flow_discard(struct ipos_flow_table *table, struct ipos_flow *flow)
{
	ipos_bound_give(&table->bound[flow->state]);
	ipos_flow_put(flow);
}

/**
 * ipos_flow_peek() - the flow of a 4-tuple
 * @table: the table
 * @key: from ipos_key_init()
 *
 * Return: the flow, borrowed under RCU, or NULL. Any context.
 */
struct ipos_flow *ipos_flow_peek(struct ipos_flow_table *table,
				 const struct ipos_key *key)
{
	return rhashtable_lookup(&table->by_key, key, by_key);
}

/**
 * ipos_flow_peek_binding() - the flow that 11i or a notice speaks of
 * @table: the table
 * @hdr: the frame's addresses, ports and protocol, network byte order
 * @peer_ip: Server IP of the board at the other end
 *
 * Return: the flow, borrowed under RCU, or NULL. Any context.
 */
struct ipos_flow *ipos_flow_peek_binding(struct ipos_flow_table *table,
					 const struct ipos_hdr *hdr,
					 __be32 peer_ip)
{
	struct binding binding = binding_of(hdr, peer_ip);

	return rhashtable_lookup(&table->by_binding, &binding, by_binding);
}

static void free_flow(struct rcu_head *rcu)
{
	struct ipos_flow *flow = container_of(rcu, struct ipos_flow, rcu);

	ipos_server_put(flow->peer);
	kfree(rcu_access_pointer(flow->watch));
	kmem_cache_free(cache, flow);
}

/**
 * ipos_flow_put() - give a reference back
 * @flow: the flow
 *
 * Any context. Freed after a grace period; the module waits for it.
 */
void ipos_flow_put(struct ipos_flow *flow)
{
	if (refcount_dec_and_test(&flow->refs))
		call_rcu(&flow->rcu, free_flow);
}

/**
 * ipos_flow_bind() - give a flow the name that the peer's answers carry
 * @table: the table
 * @flow: not bound, its lock held
 * @hdr: addresses, ports and protocol; copied whole
 * @peer: the other board; a reference is taken
 *
 * A look-up may still compare the flow by a binding it had: there is always a
 * peer to be read once there was one.
 *
 * Return: 0, -ESTALE the peer is being freed, -EEXIST another flow has this
 * binding, -ENOMEM.
 */
int ipos_flow_bind(struct ipos_flow_table *table, struct ipos_flow *flow,
		   const struct ipos_hdr *hdr, struct ipos_server *peer)
{
	struct binding binding = binding_of(hdr, peer->ip);
	struct ipos_server *old = flow->peer;
	int err;

	if (!ipos_server_get(peer))
		return -ESTALE;
	flow->hdr = *hdr;
	flow->peer = peer;
	ipos_server_put(old);
	err = rhashtable_lookup_insert_key(&table->by_binding, &binding,
					   &flow->bind_node, by_binding);
	if (!err)
		flow->flags |= IPOS_FLOW_BOUND;
	return err;
}

/**
 * ipos_flow_unbind() - the name may be used again
 * @table: the table
 * @flow: its lock held; need not be bound
 *
 * The peer stays readable under RCU until the flow is bound anew or freed.
 */
void ipos_flow_unbind(struct ipos_flow_table *table, struct ipos_flow *flow)
{
	if (!(flow->flags & IPOS_FLOW_BOUND))
		return;
	flow->flags &= ~IPOS_FLOW_BOUND;
	rhashtable_remove_fast(&table->by_binding, &flow->bind_node,
			       by_binding);
}

/**
 * ipos_flow_reply() - have a UDP flow found by what its program replies
 * @table: the table
 * @flow: its lock held
 * @laddr: the program's address, network byte order
 * @lport: likewise its port
 *
 * Return: 0, -EEXIST a reply of this flow could not be told from one of
 * another, -ENOMEM.
 */
int ipos_flow_reply(struct ipos_flow_table *table, struct ipos_flow *flow,
		    __be32 laddr, __be16 lport)
{
	struct ipos_key key;
	int err;

	flow->laddr = laddr;
	flow->lport = lport;
	key = reply_of(flow);
	err = rhashtable_lookup_insert_key(&table->by_reply, &key,
					   &flow->reply_node, by_reply);
	if (!err)
		flow->flags |= IPOS_FLOW_REPLY;
	return err;
}

/**
 * ipos_flow_peek_reply() - the flow that a program of this board replies to
 * @table: the table
 * @key: client and program, as if it were the service
 *
 * Return: the flow, borrowed under RCU, or NULL. Any context.
 */
struct ipos_flow *ipos_flow_peek_reply(struct ipos_flow_table *table,
				       const struct ipos_key *key)
{
	return rhashtable_lookup(&table->by_reply, key, by_reply);
}

/**
 * ipos_flow_move() - a transition
 * @table: the table
 * @flow: the flow
 * @from: the state it must be in
 * @to: the state it gets, whose bound was taken, or is overrun knowingly
 *
 * Any context, any lock.
 *
 * Return: false when the flow was in another state.
 */
bool ipos_flow_move(struct ipos_flow_table *table, struct ipos_flow *flow,
		    enum ipos_flow_state from, enum ipos_flow_state to)
{
	if (cmpxchg(&flow->state, from, to) != from)
		return false;
	ipos_bound_give(&table->bound[from]);
	return true;
}

/**
 * ipos_flow_remove() - take a flow out of the table
 * @table: the table
 * @flow: its lock held; unfinished business (pending) was taken off it
 * @from: the state it must be in
 *
 * Return: false when it was in another state, which ends nothing.
 */
bool ipos_flow_remove(struct ipos_flow_table *table, struct ipos_flow *flow,
		      enum ipos_flow_state from)
{
	if (!ipos_flow_move(table, flow, from, IPOS_FLOW_DEAD))
		return false;
	ipos_flow_unbind(table, flow);
	if (flow->flags & IPOS_FLOW_REPLY)
		rhashtable_remove_fast(&table->by_reply, &flow->reply_node,
				       by_reply);
	rhashtable_remove_fast(&table->by_key, &flow->node, by_key);
	ipos_flow_put(flow);
	return true;
}
