// SPDX-License-Identifier: GPL-2.0
/*
 * Makes one mistake, that tests/harness/debug.t sees whether the debug kernel
 * and tests/vm notice it: insmod sick.ko mistake=NAME.
 */
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/timer.h>

static char *mistake = "none";
module_param(mistake, charp, 0);

static DEFINE_SPINLOCK(first);
static DEFINE_SPINLOCK(second);
static int __rcu *shared;

static void use_after_free(void)
{
	int *memory = kmalloc(sizeof(*memory), GFP_KERNEL);

	kfree(memory);
	if (memory)
		WRITE_ONCE(*memory, 1);
}

static void lock_inversion(void)
{
	spin_lock(&first);
	spin_lock(&second);
	spin_unlock(&second);
	spin_unlock(&first);
	spin_lock(&second);
	spin_lock(&first);
	spin_unlock(&first);
	spin_unlock(&second);
}

static void sleep_in_atomic(void)
{
	spin_lock(&first);
	msleep(20);
	spin_unlock(&first);
}

static void no_rcu(void)
{
	if (rcu_dereference(shared))
		pr_info("sick: never\n");
}

/* A timer without a function is one that was shut down: it would not be armed. */
static void expired(struct timer_list *timer)
{
}

static void armed_timer_freed(void)
{
	struct timer_list *timer = kmalloc(sizeof(*timer), GFP_KERNEL);

	if (!timer)
		return;
	timer_setup(timer, expired, 0);
	mod_timer(timer, jiffies + 1000 * HZ);
	kfree(timer);
}

static void leak(void)
{
	memset(kmalloc(100, GFP_KERNEL | __GFP_NOFAIL), 1, 100);
}

static const struct {
	const char	*name;
	void		(*make)(void);
} mistakes[] = {
	{ "use-after-free", use_after_free },
	{ "lock-inversion", lock_inversion },
	{ "sleep-in-atomic", sleep_in_atomic },
	{ "no-rcu", no_rcu },
	{ "armed-timer-freed", armed_timer_freed },
	{ "leak", leak },
};

static int __init sick_init(void)
{
	int i;

	if (!strcmp(mistake, "none"))
		return 0;
	for (i = 0; i < ARRAY_SIZE(mistakes); i++) {
		if (strcmp(mistakes[i].name, mistake))
			continue;
		mistakes[i].make();
		return 0;
	}
	return -EINVAL;
}

static void __exit sick_exit(void)
{
}

module_init(sick_init);
module_exit(sick_exit);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("One mistake at a time");
