// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>

unsigned long jiffies;

static u32 rotated(u32 x, int n)
{
	return x << n | x >> (32 - n);
}

static void mix(u32 *a, u32 *b, u32 *c, int n)
{
	*a = (*a - *c) ^ rotated(*c, n);
	*c += *b;
}

static void last(u32 *to, u32 with, int n)
{
	*to = (*to ^ with) - rotated(with, n);
}

/* Key of so many bytes, by words; what is missing is zero. */
u32 jhash(const void *key, u32 len, u32 seed)
{
	u32 a = 0xdeadbeef + len + seed, b = a, c = a, words[3];

	for (;; len -= sizeof(words), key = (const char *)key + sizeof(words)) {
		memset(words, 0, sizeof(words));
		memcpy(words, key, min(len, sizeof(words)));
		a += words[0];
		b += words[1];
		c += words[2];
		if (len <= sizeof(words))
			break;
		mix(&a, &b, &c, 4);
		mix(&b, &c, &a, 6);
		mix(&c, &a, &b, 8);
		mix(&a, &b, &c, 16);
		mix(&b, &c, &a, 19);
		mix(&c, &a, &b, 4);
	}
	last(&c, b, 14);
	last(&a, c, 11);
	last(&b, a, 25);
	last(&c, b, 16);
	last(&a, c, 4);
	last(&b, a, 14);
	last(&c, b, 24);
	return c;
}

/* Each piece tells its size, as the kernel rounds it, before itself. */
union piece {
	size_t size;
	max_align_t align;
};

static size_t in_use;

/* Powers of two, and halfway between the small ones; pages above 8 KiB. */
static size_t rounded(size_t size)
{
	size_t n = 8;

	if (size > 8192)
		return (size + 4095) & ~4095UL;
	if (size > 64 && size <= 96)
		return 96;
	if (size > 128 && size <= 192)
		return 192;
	while (n < size)
		n *= 2;
	return n;
}

void *kzalloc(size_t size, gfp_t gfp)
{
	union piece *piece = calloc(1, sizeof(*piece) + size);

	(void)gfp;
	if (!piece)
		abort();
	piece->size = rounded(size);
	in_use += piece->size;
	return piece + 1;
}

void kfree(const void *p)
{
	union piece *piece = (union piece *)p;

	if (!p)
		return;
	in_use -= piece[-1].size;
	free(piece - 1);
}

/* Bytes that the kernel would have given out by now. */
size_t kernel_memory(void)
{
	return in_use;
}

static struct rhash_head **chain_of(struct rhashtable *ht,
				    const struct rhash_head *head)
{
	const char *obj = (const char *)head - ht->p.head_offset;
	u32 hash = jhash(obj + ht->p.key_offset, ht->p.key_len,
			 ht->tbl->hash_rnd);

	return &ht->tbl->buckets[hash & (ht->tbl->size - 1)];
}

static struct bucket_table *buckets(unsigned int size)
{
	struct bucket_table *tbl;

	tbl = kzalloc(sizeof(*tbl) + size * sizeof(tbl->buckets[0]), 0);
	tbl->size = size;
	tbl->hash_rnd = get_random_u32();
	return tbl;
}

int rhashtable_init(struct rhashtable *ht,
		    const struct rhashtable_params *params)
{
	ht->p = *params;
	atomic_set(&ht->nelems, 0);
	ht->tbl = buckets(64);
	return 0;
}

static void grow(struct rhashtable *ht)
{
	struct bucket_table *old = ht->tbl;
	struct rhash_head *head, *next, **chain;
	unsigned int i;

	ht->tbl = buckets(old->size * 2);
	for (i = 0; i < old->size; i++)
		for (head = old->buckets[i]; head; head = next) {
			next = head->next;
			chain = chain_of(ht, head);
			head->next = *chain;
			*chain = head;
		}
	kfree(old);
}

int rhashtable_add(struct rhashtable *ht, struct rhash_head *head)
{
	const void *key = (char *)head - ht->p.head_offset + ht->p.key_offset;
	struct rhash_head **chain;

	if (rhashtable_lookup(ht, key, ht->p))
		return -EEXIST;
	if (atomic_inc_return(&ht->nelems) > (int)(ht->tbl->size / 4 * 3))
		grow(ht);
	chain = chain_of(ht, head);
	head->next = *chain;
	*chain = head;
	return 0;
}

int rhashtable_remove(struct rhashtable *ht, struct rhash_head *head,
		      struct rhash_head *instead)
{
	struct rhash_head **at = chain_of(ht, head);

	while (*at && *at != head)
		at = &(*at)->next;
	if (!*at)
		return -ENOENT;
	if (instead)
		instead->next = head->next;
	else
		atomic_dec(&ht->nelems);
	*at = instead ?: head->next;
	return 0;
}

void rhashtable_free_and_destroy(struct rhashtable *ht,
				 void (*fn)(void *obj, void *arg), void *arg)
{
	struct rhash_head *head, *next;
	unsigned int i;

	for (i = 0; fn && i < ht->tbl->size; i++)
		for (head = ht->tbl->buckets[i]; head; head = next) {
			next = head->next;
			fn((char *)head - ht->p.head_offset, arg);
		}
	kfree(ht->tbl);
}
