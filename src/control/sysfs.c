// SPDX-License-Identifier: GPL-2.0
/*
 * /sys/kernel/ipos: one folder a table, and the counters. The folder is one,
 * what is in it is tagged with a network namespace, as in /sys/class/net: a
 * reader sees that of the namespace in which sysfs was mounted.
 */
#include <linux/completion.h>
#include <linux/netdevice.h>
#include <linux/sysfs.h>
#include <net/net_namespace.h>
#include <net/netns/generic.h>
#include "board/board.h"
#include "compat/kobject.h"
#include "control/control.h"
#include "control/entries.h"

/**
 * struct folder - of a table, or of the counters
 * @kobj: its name and place
 * @net: the namespace
 * @entries: the table; NULL: the counters
 * @released: nobody knows @kobj any more
 */
struct folder {
	struct kobject			kobj;
	struct net			*net;
	const struct ipos_entries	*entries;
	struct completion		released;
};

/* Of one namespace: a folder a table, and the last one for the counters. */
struct sysfs {
	struct folder		folders[IPOS_ENTRIES + 1];
	struct ipos_readers	readers;
};

static unsigned int sysfs_id;
static struct folder root;

static struct folder *folder_of(const struct kobject *kobj)
{
	return container_of(kobj, struct folder, kobj);
}

static struct ipos_engine *engine_of(const struct kobject *kobj)
{
	return &ipos_board(folder_of(kobj)->net)->engine;
}

static struct attribute count_attr = { .name = "count", .mode = 0444 };
static struct attribute limit_attr = { .name = "limit", .mode = 0444 };

/* Sums, over the bounds with a bit in a mask, their rows or their limits. */
static u64 sum(const struct ipos_bound *bound, u8 mask, bool limits)
{
	u64 n = 0;

	for (; mask; mask >>= 1, bound++)
		if (mask & 1)
			n += limits ? READ_ONCE(bound->limit) :
				      ipos_bound_count(bound);
	return n;
}

static ssize_t show_table(struct kobject *kobj, struct attribute *attr,
			  char *buf)
{
	const struct ipos_entries *entries = folder_of(kobj)->entries;
	const void *engine = engine_of(kobj);
	const struct ipos_bound *bound = engine + entries->bound;
	u64 n, elsewhere;

	if (attr == &limit_attr)
		return sysfs_emit(buf, "%llu\n",
				  sum(bound, entries->bounds, true));
	/* No snapshot: rows may move between the two. */
	elsewhere = sum(bound, entries->promised, false);
	n = sum(bound, entries->bounds, false);
	return sysfs_emit(buf, "%llu\n", n - min(n, elsewhere));
}

static ssize_t read_entries(struct file *file, struct kobject *kobj,
			    struct bin_attribute *attr, char *buf, loff_t pos,
			    size_t count)
{
	struct sysfs *sysfs = net_generic(folder_of(kobj)->net, sysfs_id);

	return ipos_entries_read(&sysfs->readers, engine_of(kobj),
				 folder_of(kobj)->entries, file, buf, pos,
				 count);
}

/* Of any length: nothing is cut at a page. They carry clients' addresses. */
static struct bin_attribute entries_attr = {
	.attr = { .name = "entries", .mode = 0400 },
	.read = read_entries,
};

static struct attribute *table_attrs[] = { &count_attr, &limit_attr, NULL };
static struct bin_attribute *table_bin_attrs[] = { &entries_attr, NULL };

static const struct attribute_group table_group = {
	.attrs = table_attrs,
	.bin_attrs = table_bin_attrs,
};

static const struct attribute_group *table_groups[] = { &table_group, NULL };

static struct attribute counter_attr[] = {
#define COUNTER(n, t) \
	[IPOS_N_##n] = { .name = #n, .mode = 0444 },
	IPOS_COUNTERS(COUNTER)
#undef COUNTER
};

static struct attribute *counter_attrs[] = {
#define COUNTER(n, t) \
	[IPOS_N_##n] = &counter_attr[IPOS_N_##n],
	IPOS_COUNTERS(COUNTER)
#undef COUNTER
	NULL
};

static ssize_t show_counter(struct kobject *kobj, struct attribute *attr,
			    char *buf)
{
	return sysfs_emit(buf, "%llu\n",
			  ipos_count_sum(engine_of(kobj)->counters,
					 attr - counter_attr));
}

ATTRIBUTE_GROUPS(counter);

static const struct kobj_ns_type_operations *
child_ns_type(ipos_compat_kobject *kobj)
{
	return &net_ns_type_operations;
}

static const void *namespace(ipos_compat_kobject *kobj)
{
	return folder_of(kobj)->net;
}

/* Root of a container may read what is its own. */
static void get_ownership(ipos_compat_kobject *kobj, kuid_t *uid, kgid_t *gid)
{
	net_ns_get_ownership(folder_of(kobj)->net, uid, gid);
}

static void release(struct kobject *kobj)
{
	complete(&folder_of(kobj)->released);
}

static const struct sysfs_ops table_ops = { .show = show_table };
static const struct sysfs_ops counter_ops = { .show = show_counter };

static const struct kobj_type root_type = {
	.sysfs_ops = &kobj_sysfs_ops,
	.child_ns_type = child_ns_type,
	.release = release,
};

static const struct kobj_type table_type = {
	.sysfs_ops = &table_ops,
	.default_groups = table_groups,
	.namespace = namespace,
	.get_ownership = get_ownership,
	.release = release,
};

static const struct kobj_type stats_type = {
	.sysfs_ops = &counter_ops,
	.default_groups = counter_groups,
	.namespace = namespace,
	.get_ownership = get_ownership,
	.release = release,
};

static void put_folder(struct folder *folder)
{
	kobject_put(&folder->kobj);
	wait_for_completion(&folder->released);
}

/* Waits for whoever is reading in it. */
static void remove_folder(struct folder *folder)
{
	kobject_del(&folder->kobj);
	put_folder(folder);
}

static int add_folder(struct folder *folder, const struct kobj_type *type,
		      struct kobject *parent, const char *name)
{
	int err;

	init_completion(&folder->released);
	err = kobject_init_and_add(&folder->kobj, type, parent, "%s", name);
	if (err)
		put_folder(folder);
	return err;
}

static void remove_folders(struct sysfs *sysfs, int n)
{
	while (n--)
		remove_folder(&sysfs->folders[n]);
	ipos_readers_destroy(&sysfs->readers);
}

static int __net_init init_net_sysfs(struct net *net)
{
	struct sysfs *sysfs = net_generic(net, sysfs_id);
	struct folder *folder;
	int i, err;

	ipos_readers_init(&sysfs->readers);
	for (i = 0; i < ARRAY_SIZE(sysfs->folders); i++) {
		folder = &sysfs->folders[i];
		folder->net = net;
		if (i < IPOS_ENTRIES) {
			folder->entries = &ipos_entries[i];
			err = add_folder(folder, &table_type, &root.kobj,
					 folder->entries->name);
		} else {
			err = add_folder(folder, &stats_type, &root.kobj,
					 "stats");
		}
		if (err) {
			remove_folders(sysfs, i);
			return err;
		}
	}
	return 0;
}

static void __net_exit exit_net_sysfs(struct net *net)
{
	struct sysfs *sysfs = net_generic(net, sysfs_id);

	remove_folders(sysfs, ARRAY_SIZE(sysfs->folders));
}

static struct pernet_operations sysfs_ops = {
	.init = init_net_sysfs,
	.exit = exit_net_sysfs,
	.id = &sysfs_id,
	.size = sizeof(struct sysfs),
};

/**
 * ipos_sysfs_init() - show the tables of every namespace, now and later
 *
 * Return: 0 or a negative error. Process context.
 */
int __init ipos_sysfs_init(void)
{
	int err;

	err = add_folder(&root, &root_type, kernel_kobj, "ipos");
	if (err)
		return err;
	err = register_pernet_subsys(&sysfs_ops);
	if (err)
		remove_folder(&root);
	return err;
}

/**
 * ipos_sysfs_exit() - no file is being read or will be
 *
 * Process context; sleeps.
 */
void ipos_sysfs_exit(void)
{
	unregister_pernet_subsys(&sysfs_ops);
	remove_folder(&root);
}
