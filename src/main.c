// SPDX-License-Identifier: GPL-2.0
/*
 * ipOS: moves transport endpoints between the server boards of a cluster.
 */
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <net/genetlink.h>
#include "board/board.h"
#include "control/control.h"
#include "endpoint/deliver.h"
#include "hook/dev.h"
#include "hook/hook.h"
#include "table/flow.h"

static const struct {
	int (*init)(void);
	void (*exit)(void);
} floors[] = {
	{ ipos_flow_init, ipos_flow_exit },
	{ ipos_deliver_init, ipos_deliver_exit },
	{ ipos_board_init, ipos_board_exit },
	{ ipos_dev_init, ipos_dev_exit },
	{ ipos_hook_local_in_init, ipos_hook_local_in_exit },
	{ ipos_hook_local_out_init, ipos_hook_local_out_exit },
	{ ipos_board_leave_init, ipos_board_leave_exit },
	{ ipos_control_init, ipos_control_exit },
	{ ipos_sysfs_init, ipos_sysfs_exit },
};

static void unwind(size_t n)
{
	while (n--)
		floors[n].exit();
	/* Rows and flows may still wait to be freed by code of ours. */
	rcu_barrier();
}

static int __init ipos_init(void)
{
	size_t i;
	int err;

	for (i = 0; i < ARRAY_SIZE(floors); i++) {
		err = floors[i].init();
		if (err) {
			unwind(i);
			return err;
		}
	}
	return 0;
}

static void __exit ipos_exit(void)
{
	unwind(ARRAY_SIZE(floors));
}

module_init(ipos_init);
module_exit(ipos_exit);

MODULE_DESCRIPTION("Moves transport endpoints between server boards");
MODULE_LICENSE("GPL");
MODULE_ALIAS_GENL_FAMILY("ipos");
