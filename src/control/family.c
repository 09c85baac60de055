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

/* Calls the handler, and tells those who listen of what was changed. */
#define CHANGE(name, OBJECT)						\
	CHANGE_BY(name, OBJECT, IPOS_A_##OBJECT##_MAX)

/* A request without a policy has no attributes that could be read. */
#define CHANGE_BY(name, OBJECT, max)					\
static int change_##name(struct sk_buff *skb, struct genl_info *info)	\
{									\
	int err = ipos_##name##_doit(skb, info);			\
									\
	if (!err)							\
		ipos_config_changed(info, IPOS_A_CONFIG_##OBJECT, max);	\
	return err;							\
}

CHANGE(board_set, BOARD)
CHANGE_BY(board_stop, BOARD, 0)
CHANGE_BY(board_start, BOARD, 0)
CHANGE(dev_add, DEV)
CHANGE(dev_del, DEV)
CHANGE(server_add, SERVER)
CHANGE(server_set, SERVER)
CHANGE(server_del, SERVER)
CHANGE(service_add, SERVICE)
CHANGE(service_set, SERVICE)
CHANGE(service_del, SERVICE)
CHANGE(url_add, URL)
CHANGE(url_del, URL)
CHANGE(url_flush, URL)
CHANGE(dev_set, DEV)
CHANGE(app_add, APP)
CHANGE(app_del, APP)
CHANGE(app_set, APP)
CHANGE(cookie_add, COOKIE)
CHANGE(cookie_del, COOKIE)
CHANGE(cookie_flush, COOKIE)

static const struct genl_ops ops[] = {
	DO(BOARD_GET, ipos_board_get_doit, ipos_board_get_policy,
	   IPOS_A_BOARD_MAX),
	DO(BOARD_SET, change_board_set, ipos_board_set_policy,
	   IPOS_A_BOARD_MAX),
	DUMP(DEV_GET, ipos_dev_get_dumpit, NULL, NULL, 0),
	DO(DEV_ADD, change_dev_add, ipos_dev_add_policy, IPOS_A_DEV_MAX),
	DO(DEV_DEL, change_dev_del, ipos_dev_del_policy, IPOS_A_DEV_MAX),
	DUMP(SERVER_GET, ipos_server_get_dumpit, ipos_dump_table_done,
	     ipos_server_key_policy, IPOS_A_SERVER_MAX),
	DO(SERVER_ADD, change_server_add, ipos_server_add_policy,
	   IPOS_A_SERVER_MAX),
	DO(SERVER_SET, change_server_set, ipos_server_set_policy,
	   IPOS_A_SERVER_MAX),
	DO(SERVER_DEL, change_server_del, ipos_server_key_policy,
	   IPOS_A_SERVER_MAX),
	DUMP(SERVICE_GET, ipos_service_get_dumpit, ipos_dump_table_done,
	     NULL, 0),
	DO(SERVICE_ADD, change_service_add, ipos_service_add_policy,
	   IPOS_A_SERVICE_MAX),
	DO(SERVICE_SET, change_service_set, ipos_service_set_policy,
	   IPOS_A_SERVICE_MAX),
	DO(SERVICE_DEL, change_service_del, ipos_service_key_policy,
	   IPOS_A_SERVICE_MAX),
	DUMP(URL_GET, ipos_url_get_dumpit, ipos_dump_table_done,
	     ipos_url_filter_policy, IPOS_A_URL_MAX),
	DO(URL_ADD, change_url_add, ipos_url_row_policy, IPOS_A_URL_MAX),
	DO(URL_DEL, change_url_del, ipos_url_row_policy, IPOS_A_URL_MAX),
	DO(URL_FLUSH, change_url_flush, ipos_url_filter_policy,
	   IPOS_A_URL_MAX),
	DUMP(FLOW_GET, ipos_flow_get_dumpit, ipos_dump_table_done,
	     ipos_flow_get_policy, IPOS_A_FLOW_MAX),
	DUMP(STATS_GET, ipos_stats_get_dumpit, NULL, NULL, 0),
	DO(BOARD_STOP, change_board_stop, NULL, 0),
	DO(BOARD_START, change_board_start, NULL, 0),
	DUMP(LISTEN_GET, ipos_listen_get_dumpit, ipos_dump_table_done,
	     ipos_listen_get_policy, IPOS_A_LISTEN_MAX),
	DUMP(APP_GET, ipos_app_get_dumpit, ipos_dump_table_done, NULL, 0),
	DO(DEV_SET, change_dev_set, ipos_dev_set_policy, IPOS_A_DEV_MAX),
	DO(APP_ADD, change_app_add, ipos_app_add_policy, IPOS_A_APP_MAX),
	DO(APP_DEL, change_app_del, ipos_app_del_policy, IPOS_A_APP_MAX),
	DO(APP_SET, change_app_set, ipos_app_set_policy, IPOS_A_APP_MAX),
	DUMP(COOKIE_GET, ipos_cookie_get_dumpit, ipos_dump_table_done,
	     ipos_cookie_filter_policy, IPOS_A_COOKIE_MAX),
	DO(COOKIE_ADD, change_cookie_add, ipos_cookie_add_policy,
	   IPOS_A_COOKIE_MAX),
	DO(COOKIE_DEL, change_cookie_del, ipos_cookie_del_policy,
	   IPOS_A_COOKIE_MAX),
	DO(COOKIE_FLUSH, change_cookie_flush, ipos_cookie_filter_policy,
	   IPOS_A_COOKIE_MAX),
};

static const struct genl_multicast_group groups[] = {
	[IPOS_GROUP_HANDOFF] = {
		.name = IPOS_MCGRP_HANDOFF, .flags = GENL_MCAST_CAP_NET_ADMIN,
	},
	[IPOS_GROUP_CONFIG] = {
		.name = IPOS_MCGRP_CONFIG, .flags = GENL_MCAST_CAP_NET_ADMIN,
	},
	[IPOS_GROUP_CLUSTER] = {
		.name = IPOS_MCGRP_CLUSTER, .flags = GENL_MCAST_CAP_NET_ADMIN,
	},
	[IPOS_GROUP_AGENT] = {
		.name = IPOS_MCGRP_AGENT, .flags = GENL_MCAST_CAP_NET_ADMIN,
	},
};

MODULE_ALIAS_GENL_FAMILY(IPOS_FAMILY_NAME);

/**
 * ipos_control_init() - open for requests
 *
 * Return: 0 or a negative error. Process context.
 */
int __init ipos_control_init(void)
{
	int err;

	ipos_family.ops = ops;
	ipos_family.n_ops = ARRAY_SIZE(ops);
	ipos_family.mcgrps = groups;
	ipos_family.n_mcgrps = ARRAY_SIZE(groups);
	err = genl_register_family(&ipos_family);
	if (!err)
		ipos_event_observe(&ipos_control_observer);
	return err;
}

/**
 * ipos_control_exit() - no request is running or will come
 *
 * Process context; sleeps.
 */
void ipos_control_exit(void)
{
	ipos_event_observe(NULL);
	genl_unregister_family(&ipos_family);
}
