/* SPDX-License-Identifier: GPL-2.0 */
/*
 * As much of the kernel as the module's policies, tables and advertisements
 * need, in user space: one thread, a clock and chance that the simulator sets,
 * memory that is counted as the kernel's allocator would. Given to the compiler
 * before each source; the headers that those ask for are empty.
 */
#ifndef SIM_KERNEL_H
#define SIM_KERNEL_H

#include <errno.h>
#include <limits.h>
#include <stdint.h>

/* What of it the pure floors have in user space, too; the rest is the kernel. */
#include "compat/types.h"
#define __KERNEL__

typedef __s8 s8;
typedef __s16 s16;
typedef __s64 s64;
typedef unsigned int gfp_t;

#define __rcu
#define __percpu
#define __acquires(x)
#define unlikely(x)	(x)
#define static_assert	_Static_assert

#define U16_MAX		UINT16_MAX
#define U32_MAX		UINT32_MAX
#define BIT(n)		(1UL << (n))
#define GENMASK_ULL(high, low)	((~0ULL << (low)) & (~0ULL >> (63 - (high))))
#define READ_ONCE(x)	(x)
#define smp_load_acquire(p)	(*(p))
#define WRITE_ONCE(x, value)	((x) = (value))
#define container_of(p, type, member) \
	((type *)((char *)(p) - offsetof(type, member)))
#define min(a, b)	((a) < (b) ? (a) : (b))
#define max(a, b)	((a) > (b) ? (a) : (b))
#define min_t(type, a, b)	min((type)(a), (type)(b))
#define max_t(type, a, b)	max((type)(a), (type)(b))
#define clamp_t(type, x, low, high)	min_t(type, max_t(type, x, low), high)
#define swap(a, b) \
	do { typeof(a) swapped = (a); (a) = (b); (b) = swapped; } while (0)
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define DIV_ROUND_UP(n, d)	(((n) + (d) - 1) / (d))
#define WARN_ON_ONCE(x)	(x)

#define ntohl(x)	be32toh(x)
#define htonl(x)	htobe32(x)
#define htons(x)	htobe16(x)
#define ntohs(x)	be16toh(x)
#define div_u64(a, b)	((u64)(a) / (b))
#define div64_u64(a, b)	((u64)(a) / (b))
#define USEC_PER_MSEC	1000

static inline int fls(u32 x)
{
	return x ? 32 - __builtin_clz(x) : 0;
}

static inline bool ipv4_is_loopback(__be32 addr)
{
	return ntohl(addr) >> 24 == 127;
}

static inline bool ipv4_is_multicast(__be32 addr)
{
	return ntohl(addr) >> 28 == 14;
}

static inline bool ipv4_is_lbcast(__be32 addr)
{
	return addr == U32_MAX;
}

static inline bool ipv4_is_zeronet(__be32 addr)
{
	return !(ntohl(addr) >> 24);
}

/* Jenkins' lookup3, as the kernel hashes. */
u32 jhash(const void *key, u32 len, u32 seed);
static inline u32 jhash_2words(u32 a, u32 b, u32 seed)
{
	const u32 words[] = { a, b };

	return jhash(words, sizeof(words), seed);
}

static inline u32 jhash_3words(u32 a, u32 b, u32 c, u32 seed)
{
	const u32 words[] = { a, b, c };

	return jhash(words, sizeof(words), seed);
}

/* The simulator's clock and chance. */
#define HZ		250
extern unsigned long jiffies;

static inline unsigned long msecs_to_jiffies(u32 ms)
{
	return DIV_ROUND_UP((u64)ms * HZ, 1000);
}

#define time_before_eq(a, b)	((long)((a) - (b)) <= 0)
#define time_before(a, b)	((long)((a) - (b)) < 0)
#define time_after_eq(a, b)	time_before_eq(b, a)
#define time_before64(a, b)	((s64)((a) - (b)) < 0)
#define get_jiffies_64()	((u64)jiffies)

u32 get_random_u32(void);

/* One thread: what guards data against others guards against nobody. */
typedef struct { int counter; } atomic_t;
typedef struct { s64 counter; } atomic64_t;
typedef struct { long counter; } atomic_long_t;
typedef struct { int refs; } refcount_t;
typedef struct { u32 locked; } spinlock_t;
typedef struct { u64 key[2]; } siphash_key_t;
typedef struct { } netdevice_tracker;

#define atomic_read(v)		((v)->counter)
#define atomic_set(v, i)	((v)->counter = (i))
#define atomic_inc(v)		((v)->counter++)
#define atomic_dec(v)		((v)->counter--)
#define atomic_inc_return(v)	(++(v)->counter)
#define atomic64_read(v)	((v)->counter)
#define atomic64_set(v, i)	((v)->counter = (i))
#define refcount_set(r, n)	((r)->refs = (n))
#define refcount_read(r)	((r)->refs)
#define refcount_dec_and_test(r)	(!--(r)->refs)
#define refcount_inc_not_zero(r)	((r)->refs && ++(r)->refs)
#define spin_lock_init(lock)	((lock)->locked = 0)
#define spin_lock_bh(lock)	((lock)->locked = 1)
#define spin_unlock_bh(lock)	((lock)->locked = 0)
#define rcu_read_lock()		((void)0)
#define rcu_read_unlock()	((void)0)
#define rcu_access_pointer(p)	(p)
#define rcu_dereference(p)	(p)
#define rcu_dereference_protected(p, why)	(p)
#define rcu_assign_pointer(p, v)	((p) = (v))
#define RCU_INIT_POINTER(p, v)	((p) = (v))
#define xchg(p, v) \
	({ typeof(*(p)) xchged = *(p); *(p) = (v); xchged; })
#define this_cpu_inc(n)		((n)++)
#define this_cpu_add(n, i)	((n) += (i))

struct mutex { spinlock_t lock; };
#define mutex_init(m)		spin_lock_init(&(m)->lock)
#define mutex_destroy(m)	((void)(m))
#define mutex_lock(m)		spin_lock_bh(&(m)->lock)
#define mutex_unlock(m)		spin_unlock_bh(&(m)->lock)

struct rcu_head { struct rcu_head *next; void (*func)(struct rcu_head *rcu); };
#define kfree_rcu(p, member)	kfree(p)
#define call_rcu(rcu, fn)	(fn)(rcu)

/* Memory. */
#define GFP_KERNEL	0
#define GFP_ATOMIC	0
void *kzalloc(size_t size, gfp_t gfp);
void kfree(const void *p);
size_t kernel_memory(void);
#define kmalloc(size, gfp)	kzalloc(size, gfp)
#define kvmalloc_array(n, size, gfp)	kzalloc((n) * (size), gfp)
#define kvfree(p)		kfree(p)

#define IS_ERR(p)	((unsigned long)(p) >= -4095UL)
#define ERR_PTR(err)	((void *)(long)(err))
#define PTR_ERR(p)	((long)(p))

/* Lists. */
struct list_head { struct list_head *next, *prev; };
struct llist_head { struct llist_node *first; };
struct llist_node { struct llist_node *next; };

static inline void INIT_LIST_HEAD(struct list_head *list)
{
	list->next = list;
	list->prev = list;
}

static inline void list_add_tail_rcu(struct list_head *new,
				     struct list_head *head)
{
	new->prev = head->prev;
	new->next = head;
	head->prev->next = new;
	head->prev = new;
}

static inline void list_del_rcu(struct list_head *entry)
{
	entry->prev->next = entry->next;
	entry->next->prev = entry->prev;
}

static inline void list_replace_rcu(struct list_head *old,
				    struct list_head *new)
{
	*new = *old;
	new->next->prev = new;
	new->prev->next = new;
}

#define list_entry(p, like, member) \
	container_of(p, typeof(*(like)), member)
#define list_for_each_entry_rcu(pos, head, member, ...)			\
	for (pos = list_entry((head)->next, pos, member);		\
	     &pos->member != (head);					\
	     pos = list_entry(pos->member.next, pos, member))
#define list_for_each_entry(pos, head, member) \
	list_for_each_entry_rcu(pos, head, member)
#define list_for_each_entry_safe(pos, n, head, member)			\
	for (pos = list_entry((head)->next, pos, member),		\
	     n = list_entry(pos->member.next, pos, member);		\
	     &pos->member != (head);					\
	     pos = n, n = list_entry(n->member.next, n, member))

/* Bitmaps. */
#define BITS_PER_LONG		64
#define BITS_TO_LONGS(n)	DIV_ROUND_UP(n, BITS_PER_LONG)
#define DECLARE_BITMAP(name, bits)	unsigned long name[BITS_TO_LONGS(bits)]

static inline bool test_bit(unsigned int n, const unsigned long *map)
{
	return map[n / BITS_PER_LONG] & BIT(n % BITS_PER_LONG);
}

static inline void __set_bit(unsigned int n, unsigned long *map)
{
	map[n / BITS_PER_LONG] |= BIT(n % BITS_PER_LONG);
}

static inline void bitmap_zero(unsigned long *map, unsigned int bits)
{
	memset(map, 0, BITS_TO_LONGS(bits) * sizeof(*map));
}

/* Hash tables: chains, doubled when they are three quarters full. */
struct rhash_head { struct rhash_head *next; };
struct rhlist_head { struct rhash_head rhead; struct rhlist_head *next; };

struct rhashtable_compare_arg { const void *key; };

struct rhashtable_params {
	u16 key_len;
	u16 key_offset;
	u16 head_offset;
	int (*obj_cmpfn)(struct rhashtable_compare_arg *arg, const void *obj);
	bool automatic_shrinking;
};

struct bucket_table {
	unsigned int size;
	u32 hash_rnd;
	struct bucket_table *future_tbl;
	struct rhash_head *buckets[];
};

struct rhashtable {
	struct bucket_table *tbl;
	struct rhashtable_params p;
	atomic_t nelems;
};

struct rhltable { struct rhashtable ht; };
struct rhashtable_iter { struct rhashtable *ht; };

#define rht_dereference_rcu(p, ht)	(p)
#define rht_for_each_entry_rcu(obj, pos, tbl, hash, member)		\
	for (pos = (tbl)->buckets[hash];				\
	     pos && (obj = list_entry(pos, obj, member), true);		\
	     pos = pos->next)

int rhashtable_init(struct rhashtable *ht,
		    const struct rhashtable_params *params);
void rhashtable_free_and_destroy(struct rhashtable *ht,
				 void (*fn)(void *obj, void *arg), void *arg);
int rhashtable_add(struct rhashtable *ht, struct rhash_head *head);
int rhashtable_remove(struct rhashtable *ht, struct rhash_head *head,
		      struct rhash_head *instead);

#define rhashtable_destroy(ht)	rhashtable_free_and_destroy(ht, NULL, NULL)
#define rhashtable_insert_fast(ht, head, params)	rhashtable_add(ht, head)
#define rhashtable_lookup_insert_fast(ht, head, params)	\
	rhashtable_add(ht, head)
#define rhashtable_remove_fast(ht, head, params)	\
	rhashtable_remove(ht, head, NULL)
#define rhashtable_replace_fast(ht, old, new, params)	\
	rhashtable_remove(ht, old, new)

static inline void *rhashtable_lookup(struct rhashtable *ht, const void *key,
				      const struct rhashtable_params p)
{
	u32 hash = jhash(key, p.key_len, ht->tbl->hash_rnd);
	struct rhashtable_compare_arg arg = { key };
	struct rhash_head *head;
	char *obj;

	head = ht->tbl->buckets[hash & (ht->tbl->size - 1)];
	for (; head; head = head->next) {
		obj = (char *)head - p.head_offset;
		if (p.obj_cmpfn ? !p.obj_cmpfn(&arg, obj) :
		    !memcmp(obj + p.key_offset, key, p.key_len))
			return obj;
	}
	return NULL;
}

/* Work: whoever is to do it later is told. */
struct work_struct { void (*func)(struct work_struct *work); };
struct timer_list { unsigned long expires; };
struct delayed_work { struct work_struct work; };

void kernel_later(struct delayed_work *work, unsigned long delay);
#define system_highpri_wq	NULL
#define to_delayed_work(w)	container_of(w, struct delayed_work, work)
#define INIT_DELAYED_WORK(w, fn)	((w)->work.func = (fn))
#define queue_delayed_work(wq, w, delay)	kernel_later(w, delay)
#define mod_delayed_work(wq, w, delay)	kernel_later(w, delay)
#define cancel_delayed_work_sync(w)	((void)(w))

/* Devices, and what of packets is in structures. */
#define ETH_ALEN	6
struct net;
struct sk_buff;
struct sk_buff_head { struct list_head list; u32 qlen; spinlock_t lock; };
struct net_device { int ifindex; };
#define netdev_hold(dev, tracker, gfp)	((void)(dev))
#define netdev_put(dev, tracker)	((void)(dev))
#define lockdep_rtnl_is_held()		true

static inline void ether_addr_copy(u8 *to, const u8 *from)
{
	memcpy(to, from, ETH_ALEN);
}

static inline bool ether_addr_equal(const u8 *a, const u8 *b)
{
	return !memcmp(a, b, ETH_ALEN);
}

static inline void strscpy_pad(char *to, const char *from, size_t size)
{
	memset(to, 0, size);
	memcpy(to, from, min(strlen(from), size - 1));
}

#endif /* SIM_KERNEL_H */
