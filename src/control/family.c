// SPDX-License-Identifier: GPL-2.0
#include <linux/module.h>
#include "control/control.h"
#include "control/netlink.h"

#define DO(CMD, handler, attrs, max) {				\
	.cmd = IPOS_CMD_##CMD,					\
	.flags = GENL_UNS_ADMIN_PERM,				\
	.doit = handler,					\
	.policy = attrs,					\
	.maxattr = max,						\
}

/* A dump without filters has no policy: the core refuses every attribute. */
#define DUMP(CMD, handler, ended, attrs, max) {			\
	.cmd = IPOS_CMD_##CMD,					\
	.flags = GENL_UNS_ADMIN_PERM,				\
	.dumpit = handler,					\
	.done = ended,						\
	.policy = attrs,					\
	.maxattr = max,						\
}

static const struct genl_ops ops[] = {
	DO(BOARD_GET, ipos_board_get_doit, NULL, 0),
	DO(BOARD_SET, ipos_board_set_doit, ipos_board_set_policy,
	   IPOS_A_BOARD_MAX),
	DUMP(DEV_GET, ipos_dev_get_dumpit, NULL, NULL, 0),
	DO(DEV_ADD, ipos_dev_add_doit, ipos_dev_add_policy, IPOS_A_DEV_MAX),
	DO(DEV_DEL, ipos_dev_del_doit, ipos_dev_del_policy, IPOS_A_DEV_MAX),
	DUMP(SERVER_GET, ipos_server_get_dumpit, ipos_dump_table_done,
	     ipos_server_key_policy, IPOS_A_SERVER_MAX),
	DO(SERVER_ADD, ipos_server_add_doit, ipos_server_add_policy,
	   IPOS_A_SERVER_MAX),
	DO(SERVER_SET, ipos_server_set_doit, ipos_server_set_policy,
	   IPOS_A_SERVER_MAX),
	DO(SERVER_DEL, ipos_server_del_doit, ipos_server_key_policy,
	   IPOS_A_SERVER_MAX),
	DUMP(SERVICE_GET, ipos_service_get_dumpit, ipos_dump_table_done,
	     NULL, 0),
	DO(SERVICE_ADD, ipos_service_add_doit, ipos_service_add_policy,
	   IPOS_A_SERVICE_MAX),
	DO(SERVICE_SET, ipos_service_set_doit, ipos_service_set_policy,
	   IPOS_A_SERVICE_MAX),
	DO(SERVICE_DEL, ipos_service_del_doit, ipos_service_key_policy,
	   IPOS_A_SERVICE_MAX),
	DUMP(URL_GET, ipos_url_get_dumpit, ipos_dump_table_done,
	     ipos_url_filter_policy, IPOS_A_URL_MAX),
	DO(URL_ADD, ipos_url_add_doit, ipos_url_row_policy, IPOS_A_URL_MAX),
	DO(URL_DEL, ipos_url_del_doit, ipos_url_row_policy, IPOS_A_URL_MAX),
	DO(URL_FLUSH, ipos_url_flush_doit, ipos_url_filter_policy,
	   IPOS_A_URL_MAX),
	DUMP(FLOW_GET, ipos_flow_get_dumpit, ipos_dump_table_done,
	     ipos_flow_get_policy, IPOS_A_FLOW_MAX),
	DUMP(STATS_GET, ipos_stats_get_dumpit, NULL, NULL, 0),
};

MODULE_ALIAS_GENL_FAMILY(IPOS_FAMILY_NAME);

/**
 * ipos_control_init() - open for requests
 *
 * Return: 0 or a negative error. Process context.
 */
int __init ipos_control_init(void)
{
	ipos_family.ops = ops;
	ipos_family.n_ops = ARRAY_SIZE(ops);
	return genl_register_family(&ipos_family);
}

/**
 * ipos_control_exit() - no request is running or will come
 *
 * Process context; sleeps.
 */
void ipos_control_exit(void)
{
	genl_unregister_family(&ipos_family);
}
