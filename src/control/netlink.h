/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of this folder share: the family, its handlers, and how a
 * request is refused and a table dumped. family.c is above the handlers,
 * dump.c below.
 *
 * Lock order: genl_mutex, then the board's mutex, then RTNL.
 */
#ifndef IPOS_CONTROL_NETLINK_H
#define IPOS_CONTROL_NETLINK_H

#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ipos.h>
#include "base/event.h"
#include "board/board.h"
#include "compat/genetlink.h"

extern struct genl_family ipos_family;

/* Refuses: says why, names the attribute, and is the error. */
#define ipos_refuse(extack, attr, err, msg) ({				\
	NL_SET_ERR_MSG_ATTR(extack, attr, KBUILD_MODNAME ": " msg);	\
	(err);								\
})

/* True, and said so, when a request lacks an attribute. */
#define ipos_missing(info, type, name) \
	ipos_lacks(info, type, KBUILD_MODNAME ": " name " is missing")

static inline bool ipos_lacks(struct genl_info *info, u16 type, const char *msg)
{
	if (!GENL_REQ_ATTR_CHECK(info, type))
		return false;
	info->extack->_msg = msg;
	return true;
}

static inline struct ipos_board *ipos_info_board(struct genl_info *info)
{
	return ipos_board(genl_info_net(info));
}

/*
 * Puts one row into a message: 0, 1 when the request's filter does not want
 * it, -EMSGSIZE when it does not fit. RCU held where rows come from a hash.
 */
typedef int (*ipos_fill_t)(struct sk_buff *skb, struct netlink_callback *cb,
			   const void *row);

int ipos_dump_row(struct sk_buff *skb, struct netlink_callback *cb,
		  ipos_fill_t fill, const void *row);
int ipos_dump_table(struct sk_buff *skb, struct netlink_callback *cb,
		    struct rhashtable *ht, ipos_fill_t fill);
int ipos_dump_table_done(struct netlink_callback *cb);

/**
 * struct ipos_bound_desc - one bounded table, for limits and statistics
 * @attr: IPOS_A_BOARD_LIMIT_*
 * @offset: of its struct ipos_bound in struct ipos_engine
 * @range: the refusal of a limit out of range
 * @name: of its row in the statistics
 * @text: likewise
 */
struct ipos_bound_desc {
	u16		attr;
	size_t		offset;
	const char	*range;
	const char	*name;
	const char	*text;
};

#define IPOS_BOUNDS 15
extern const struct ipos_bound_desc ipos_bounds[IPOS_BOUNDS];

static inline struct ipos_bound *
ipos_bound_of(struct ipos_engine *engine, const struct ipos_bound_desc *desc)
{
	return (void *)engine + desc->offset;
}

/* Multicast groups, by their place in family.c's list. */
enum ipos_group {
	IPOS_GROUP_HANDOFF,
	IPOS_GROUP_CONFIG,
	IPOS_GROUP_CLUSTER,
	IPOS_GROUP_AGENT,
};

extern const struct ipos_observer ipos_control_observer;
void ipos_config_changed(struct genl_info *info, u16 nest, u16 max);

extern const struct nla_policy ipos_board_get_policy[];
extern const struct nla_policy ipos_board_set_policy[];
int ipos_board_get_doit(struct sk_buff *skb, struct genl_info *info);
int ipos_board_set_doit(struct sk_buff *skb, struct genl_info *info);
int ipos_board_stop_doit(struct sk_buff *skb, struct genl_info *info);
int ipos_board_start_doit(struct sk_buff *skb, struct genl_info *info);

extern const struct nla_policy ipos_dev_add_policy[];
extern const struct nla_policy ipos_dev_set_policy[];
extern const struct nla_policy ipos_dev_del_policy[];
int ipos_dev_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int ipos_dev_add_doit(struct sk_buff *skb, struct genl_info *info);
int ipos_dev_set_doit(struct sk_buff *skb, struct genl_info *info);
int ipos_dev_del_doit(struct sk_buff *skb, struct genl_info *info);

extern const struct nla_policy ipos_server_add_policy[];
extern const struct nla_policy ipos_server_set_policy[];
extern const struct nla_policy ipos_server_key_policy[];
int ipos_server_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int ipos_server_add_doit(struct sk_buff *skb, struct genl_info *info);
int ipos_server_set_doit(struct sk_buff *skb, struct genl_info *info);
int ipos_server_del_doit(struct sk_buff *skb, struct genl_info *info);

extern const struct nla_policy ipos_service_add_policy[];
extern const struct nla_policy ipos_service_set_policy[];
extern const struct nla_policy ipos_service_key_policy[];
int ipos_service_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int ipos_service_add_doit(struct sk_buff *skb, struct genl_info *info);
int ipos_service_set_doit(struct sk_buff *skb, struct genl_info *info);
int ipos_service_del_doit(struct sk_buff *skb, struct genl_info *info);

extern const struct nla_policy ipos_url_row_policy[];
extern const struct nla_policy ipos_url_filter_policy[];
int ipos_url_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int ipos_url_add_doit(struct sk_buff *skb, struct genl_info *info);
int ipos_url_del_doit(struct sk_buff *skb, struct genl_info *info);
int ipos_url_flush_doit(struct sk_buff *skb, struct genl_info *info);

extern const struct nla_policy ipos_cookie_add_policy[];
extern const struct nla_policy ipos_cookie_del_policy[];
extern const struct nla_policy ipos_cookie_filter_policy[];
int ipos_cookie_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int ipos_cookie_add_doit(struct sk_buff *skb, struct genl_info *info);
int ipos_cookie_del_doit(struct sk_buff *skb, struct genl_info *info);
int ipos_cookie_flush_doit(struct sk_buff *skb, struct genl_info *info);

extern const struct nla_policy ipos_flow_get_policy[];
int ipos_flow_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);

extern const struct nla_policy ipos_listen_get_policy[];
int ipos_listen_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);

extern const struct nla_policy ipos_app_add_policy[];
extern const struct nla_policy ipos_app_del_policy[];
extern const struct nla_policy ipos_app_set_policy[];
int ipos_app_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);
int ipos_app_add_doit(struct sk_buff *skb, struct genl_info *info);
int ipos_app_del_doit(struct sk_buff *skb, struct genl_info *info);
int ipos_app_set_doit(struct sk_buff *skb, struct genl_info *info);

int ipos_stats_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb);

#endif /* IPOS_CONTROL_NETLINK_H */
