// SPDX-License-Identifier: GPL-2.0
/*
 * Lets memory fail where ipos.ko asks for it, one place at a time. (failslab
 * can tell tasks from each other, but packets come in softirqs; its filter of
 * stack traces is not for x86_64.)
 *
 * A place is a chain of calls inside ipos.ko that ends in an allocation, of
 * its own or of the kernel's on its behalf. To be loaded before ipos.ko. It
 * stays: code that is written and written back is too much for an emulator.
 *
 * /sys/kernel/debug/ipos_faults: a line for each place seen: its key, how
 * often it was seen, how often it failed, the kernel's function that is called
 * there, the module's, innermost first.
 * Written: "KEY TIMES", the next TIMES allocations there fail; "0 0" none.
 */
#include <linux/debugfs.h>
#include <linux/jhash.h>
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/stacktrace.h>

#define PLACES	1024
#define DEPTH	64
#define CHAIN	12

struct place {
	u32	key;
	u32	seen;
	u32	failed;
	char	text[244];
};

static struct module *subject;
static struct place places[PLACES];
static unsigned int n_places;
static u32 failing;
static u32 left;
/* Not one that lockdep sees: it takes a breakpoint for an NMI. */
static arch_spinlock_t lock = __ARCH_SPIN_LOCK_UNLOCKED;
static DEFINE_PER_CPU(unsigned long[DEPTH], stacks);

/* By offset, that a place has the same key whenever the module is loaded. */
static u32 place_key(const unsigned long *chain, unsigned int n)
{
	u32 key = 1;

	while (n--) {
		unsigned long base = within_module_init(*chain, subject) ?
			(unsigned long)subject->init_layout.base :
			(unsigned long)subject->core_layout.base;

		key = jhash_2words(*chain++ - base, n, key);
	}
	return key ?: 1;
}

static struct place *place_of(unsigned long callee, const unsigned long *chain,
			      unsigned int n)
{
	u32 key = place_key(chain, n);
	struct place *place;
	unsigned int i;
	int len = 0;

	for (place = places; place < places + n_places; place++)
		if (place->key == key)
			return place;
	if (n_places == PLACES)
		return NULL;
	n_places++;
	place->key = key;
	len = scnprintf(place->text, sizeof(place->text), "%ps", (void *)callee);
	for (i = 0; i < n; i++)
		len += scnprintf(place->text + len, sizeof(place->text) - len,
				 " %ps", (void *)chain[i]);
	return place;
}

/*
 * The part of @stack that is the module's, moved to its front; @callee is who
 * was called by it.
 */
static unsigned int chain_of(unsigned long *stack, unsigned int n,
			     unsigned long *callee)
{
	unsigned int i, found = 0;

	n = filter_irq_stacks(stack, n);
	for (i = 1; i < n && found < CHAIN; i++) {
		if (!within_module(stack[i], subject))
			continue;
		if (!found)
			*callee = stack[i - 1];
		stack[found++] = stack[i];
	}
	return found;
}

/* The stack of what was stopped, without what leads from there to here. */
static unsigned int stopped(unsigned long *stack, unsigned long ip)
{
	unsigned int i, n = stack_trace_save(stack, DEPTH, 0);

	for (i = 0; i < n; i++)
		if (stack[i] == ip)
			break;
	if (i == n)
		return n;
	memmove(stack, stack + i, (n - i) * sizeof(*stack));
	return n - i;
}

/* Any context but NMI, preemption is off: shall this allocation fail? */
static bool fails(struct pt_regs *regs)
{
	unsigned long *stack = this_cpu_ptr(stacks);
	unsigned long flags, callee;
	struct place *place;
	unsigned int n;
	bool yes = false;

	if (!READ_ONCE(subject))
		return false;
	local_irq_save(flags);
	n = chain_of(stack, stopped(stack, regs->ip), &callee);
	if (n) {
		arch_spin_lock(&lock);
		place = place_of(callee, stack, n);
		if (place) {
			place->seen++;
			yes = place->key == failing && left;
		}
		if (yes) {
			place->failed++;
			left--;
		}
		arch_spin_unlock(&lock);
	}
	local_irq_restore(flags);
	return yes;
}

/* Jumped to, with the caller's return address on the stack. */
static noinline notrace void at_once(void)
{
}

/* The probed function is not run, but returns @value at once. */
static int returned(struct pt_regs *regs, unsigned long value)
{
	regs->ax = value;
	regs->ip = (unsigned long)at_once;
	return 1;
}

/*
 * What the debugging of the kernel itself asks for, it asks for like this, and
 * would give up its debugging. So does who has another way; see kvmalloc.
 */
static bool spared(gfp_t gfp)
{
	const gfp_t optional = __GFP_NORETRY | __GFP_NOWARN;

	return gfp & __GFP_NOFAIL || (gfp & optional) == optional;
}

static int slab(struct kprobe *p, struct pt_regs *regs)
{
	return !spared(regs->si) && fails(regs) ? returned(regs, -ENOMEM) : 0;
}

static int page(struct kprobe *p, struct pt_regs *regs)
{
	return !spared(regs->di) && fails(regs) ? returned(regs, 1) : 0;
}

/* At once, for it would try another way. */
static int kv(struct kprobe *p, struct pt_regs *regs)
{
	return !(regs->si & __GFP_NOFAIL) && fails(regs) ? returned(regs, 0) : 0;
}

static int percpu(struct kprobe *p, struct pt_regs *regs)
{
	return fails(regs) ? returned(regs, 0) : 0;
}

/* That there is one keeps the probe from being made a jump. */
static void after(struct kprobe *p, struct pt_regs *regs, unsigned long flags)
{
}

#define PROBE(name, handler) \
	{ .symbol_name = #name, .pre_handler = handler, .post_handler = after }

static struct kprobe probes[] = {
	PROBE(should_failslab, slab),
	PROBE(should_fail_alloc_page, page),
	PROBE(kvmalloc_node, kv),
	PROBE(__alloc_percpu, percpu),
};

/* Its own functions and lists, whose memory may fail from now on. */
static int module_event(struct notifier_block *nb, unsigned long event,
			void *data)
{
	struct module *mod = data;

	if (strcmp(mod->name, "ipos"))
		return NOTIFY_DONE;
	if (event == MODULE_STATE_COMING) {
		WRITE_ONCE(subject, mod);
	} else if (event == MODULE_STATE_GOING) {
		WRITE_ONCE(subject, NULL);
		synchronize_rcu();
	}
	return NOTIFY_DONE;
}

static struct notifier_block watch = { .notifier_call = module_event };

static int show(struct seq_file *seq, void *unused)
{
	const struct place *place;

	for (place = places; place < places + READ_ONCE(n_places); place++)
		seq_printf(seq, "%08x %u %u %s\n", place->key, place->seen,
			   place->failed, place->text);
	return 0;
}

static ssize_t arm(struct file *file, const char __user *text, size_t len,
		   loff_t *offset)
{
	char line[32] = "";
	u32 key, times;

	if (len >= sizeof(line) || copy_from_user(line, text, len) ||
	    sscanf(line, "%x %u", &key, &times) != 2)
		return -EINVAL;
	local_irq_disable();
	arch_spin_lock(&lock);
	failing = key;
	left = times;
	arch_spin_unlock(&lock);
	local_irq_enable();
	return len;
}

static int open(struct inode *inode, struct file *file)
{
	return single_open(file, show, NULL);
}

static const struct file_operations fops = {
	.owner	 = THIS_MODULE,
	.open	 = open,
	.read	 = seq_read,
	.write	 = arm,
	.llseek	 = seq_lseek,
	.release = single_release,
};

static int __init ipos_faults_init(void)
{
	unsigned int i;
	int err;

	err = register_module_notifier(&watch);
	if (err)
		return err;
	for (i = 0; i < ARRAY_SIZE(probes); i++) {
		err = register_kprobe(&probes[i]);
		if (err) {
			pr_err("ipos_faults: no probe of %s\n",
			       probes[i].symbol_name);
			goto unregister;
		}
	}
	debugfs_create_file("ipos_faults", 0600, NULL, NULL, &fops);
	return 0;

unregister:
	while (i--)
		unregister_kprobe(&probes[i]);
	unregister_module_notifier(&watch);
	return err;
}
module_init(ipos_faults_init);

MODULE_DESCRIPTION("Lets memory fail where ipos.ko asks for it");
MODULE_LICENSE("GPL");
