// SPDX-License-Identifier: GPL-2.0
#include <linux/limits.h>
#include <linux/rtnetlink.h>
#include <linux/stringify.h>
#include "control/netlink.h"
#include "engine/announce.h"
#include "engine/leave.h"
#include "hook/dev.h"
#include "table/news.h"

#define LIMIT_MIN	0
#define LIMIT_MAX	16777216

#define SETTING(ATTR, field, name, low, high) {				\
	.attr = IPOS_A_BOARD_##ATTR,					\
	.offset = offsetof(struct ipos_settings, field),		\
	.min = low, .max = high,					\
	.range = KBUILD_MODNAME ": " name " must be " #low " to " #high, \
}

static const struct {
	u16		attr;
	size_t		offset;
	u32		min;
	u32		max;
	const char	*range;
} settings[] = {
	SETTING(LOAD_THRESHOLD, load_threshold, "load-threshold", 0, 16777216),
	SETTING(HOLD_BYTES, hold_bytes, "hold-bytes", 256, 65536),
	SETTING(HOLD_MS, hold_ms, "hold-ms", 10, 600000),
	SETTING(OFFER_MS, offer_ms, "offer-ms", 1, 60000),
	SETTING(OFFER_TRIES, offer_tries, "offer-tries", 1, 16),
	SETTING(ACK_MS, ack_ms, "ack-ms", 1, 60000),
	SETTING(ACK_TRIES, ack_tries, "ack-tries", 8, 255),
	SETTING(RESERVE_MS, reserve_ms, "reserve-ms", 10, 600000),
	SETTING(IDLE_TIMEOUT, idle_s, "idle-timeout", 1, 604800),
	SETTING(CLOSING_TIMEOUT, closing_s, "closing-timeout", 1, 3600),
	SETTING(SETTLE_MS, settle_ms, "settle-ms", 0, 60000),
	SETTING(SYN_COOKIES_THRESHOLD, syn_cookies_threshold,
		"syn-cookies-threshold", 0, 16777216),
	SETTING(WEIGHT, weight, "weight", 1, 10000),
	SETTING(LOAD_CPU, load_cpu, "load-cpu", 0, 1000),
	SETTING(LOAD_MEMORY, load_memory, "load-memory", 0, 1000),
	SETTING(LOAD_BANDWIDTH, load_bandwidth, "load-bandwidth", 0, 1000),
	SETTING(LINK_SPEED, link_speed, "link-speed", 0, 1000000),
	SETTING(ADVERTISE_MS, advertise_ms, "advertise-ms", 0, 60000),
	SETTING(PEER_TIMEOUT, peer_s, "peer-timeout", 0, 604800),
	SETTING(WAIT_MS, wait_ms, "wait-ms", 100, 600000),
	SETTING(COOKIE_TIMEOUT, cookie_s, "cookie-timeout", 1, 604800),
	SETTING(COOKIE_REFRESH, cookie_refresh_s, "cookie-refresh", 1, 3600),
	SETTING(LEAVE_MS, leave_ms, "leave-ms", 0, 600000),
	SETTING(UDP_TIMEOUT, udp_s, "udp-timeout", 1, 604800),
};

#define BOUND(ATTR, place, limit_name, row, explained) {		\
	.attr = IPOS_A_BOARD_LIMIT_##ATTR,				\
	.offset = offsetof(struct ipos_engine, place),			\
	.range = KBUILD_MODNAME ": " limit_name " must be "		\
		 __stringify(LIMIT_MIN) " to " __stringify(LIMIT_MAX),	\
	.name = row, .text = explained,					\
}

const struct ipos_bound_desc ipos_bounds[] = {
	BOUND(TEMPORARY, flows.bound[IPOS_FLOW_TEMPORARY],
	      "limit-temporary", "table_temporary",
	      "rows of the Temporary Table"),
	BOUND(FORWARD_CONNECT, flows.bound[IPOS_FLOW_FORWARD_CONNECT],
	      "limit-forward-connect", "table_forward_connect",
	      "rows of the Forward-Connect Table"),
	BOUND(FORWARD, flows.bound[IPOS_FLOW_FORWARD],
	      "limit-forward", "table_forward",
	      "rows of the Forward Table, and one per hand-off under way"),
	BOUND(LOCAL, flows.bound[IPOS_FLOW_LOCAL],
	      "limit-local", "table_local",
	      "rows of the Local Table"),
	BOUND(RESERVED, flows.bound[IPOS_FLOW_RESERVED],
	      "limit-reserved", "table_reserved",
	      "offers of other boards, not committed yet"),
	BOUND(CLOSED, flows.bound[IPOS_FLOW_CLOSED],
	      "limit-closed", "table_closed",
	      "tombstones: of endpoints handed here, or begun by a cookie"),
	BOUND(SERVER, servers.bound,
	      "limit-server", "table_server",
	      "rows of the Server State Table"),
	BOUND(SERVICE, services.bound,
	      "limit-service", "table_service",
	      "virtual services"),
	BOUND(URL, urls.bound,
	      "limit-url", "table_url",
	      "rows of the URL Map"),
	BOUND(LISTEN, listens.bound,
	      "limit-listen", "table_listen",
	      "rows of the Listening Sockets Table"),
	BOUND(APP, apps.bound,
	      "limit-app", "table_app",
	      "rows of the Application Information Table"),
	BOUND(REGISTERED, programs.bound,
	      "limit-registered", "table_registered",
	      "applications that may be started here"),
	BOUND(WAITING, waiting,
	      "limit-waiting", "table_waiting",
	      "endpoints that wait for an application to start"),
	BOUND(COOKIE, cookies.bound,
	      "limit-cookie", "table_cookie",
	      "rows of the Cookie Map"),
	BOUND(WITHDRAWN, withdrawn.bound,
	      "limit-withdrawn", "table_withdrawn",
	      "offers taken back, not known to be forgotten"),
};

/* Ranges are ours to check: the core's refusal would not name them. */
const struct nla_policy ipos_board_set_policy[IPOS_A_BOARD_MAX + 1] = {
	[IPOS_A_BOARD_SERVER_IP] = { .type = NLA_U32 },
	[IPOS_A_BOARD_ETHERTYPE] = { .type = NLA_U16 },
	[IPOS_A_BOARD_DRAIN] = NLA_POLICY_MAX(NLA_U8, 1),
	[IPOS_A_BOARD_LOAD_THRESHOLD ... IPOS_A_BOARD_LIMIT_URL] = {
		.type = NLA_U32
	},
	[IPOS_A_BOARD_SYN_COOKIES_THRESHOLD] = { .type = NLA_U32 },
	[IPOS_A_BOARD_WEIGHT ... IPOS_A_BOARD_LOAD_BANDWIDTH] = {
		.type = NLA_U32
	},
	[IPOS_A_BOARD_LINK_SPEED ... IPOS_A_BOARD_LIMIT_APP] = {
		.type = NLA_U32
	},
	[IPOS_A_BOARD_ADVERTISE_MS ... IPOS_A_BOARD_UDP_TIMEOUT] = {
		.type = NLA_U32
	},
};

const struct nla_policy ipos_board_get_policy[IPOS_A_BOARD_MAX + 1] = {
	[IPOS_A_BOARD_DEFAULTS] = { .type = NLA_FLAG },
};

static const u32 *setting_of(const struct ipos_settings *now, int i)
{
	return (const void *)now + settings[i].offset;
}

static bool put_settings(struct sk_buff *skb, const struct ipos_settings *now)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(settings); i++)
		if (nla_put_u32(skb, settings[i].attr,
				READ_ONCE(*setting_of(now, i))))
			return false;
	return !nla_put_in_addr(skb, IPOS_A_BOARD_SERVER_IP,
				READ_ONCE(now->server_ip)) &&
	       !nla_put_u16(skb, IPOS_A_BOARD_ETHERTYPE,
			    ntohs(READ_ONCE(now->ethertype))) &&
	       !nla_put_u8(skb, IPOS_A_BOARD_DRAIN, READ_ONCE(now->draining));
}

static bool put_limit(struct sk_buff *skb, int i, u32 limit)
{
	return !nla_put_u32(skb, ipos_bounds[i].attr, limit);
}

static bool put_defaults(struct sk_buff *skb, struct ipos_engine *engine)
{
	int i;

	for (i = 0; i < ARRAY_SIZE(ipos_bounds); i++)
		if (!put_limit(skb, i,
			       ipos_bound_of(engine, &ipos_bounds[i])->initial))
			return false;
	return put_settings(skb, &ipos_engine_defaults);
}

static bool put_now(struct sk_buff *skb, struct ipos_engine *engine)
{
	struct ipos_bound *bound;
	int i;

	for (i = 0; i < ARRAY_SIZE(ipos_bounds); i++) {
		bound = ipos_bound_of(engine, &ipos_bounds[i]);
		if (!put_limit(skb, i, READ_ONCE(bound->limit)))
			return false;
	}
	return put_settings(skb, &engine->settings) &&
	       !nla_put_u64_64bit(skb, IPOS_A_BOARD_EPOCH, engine->epoch,
				  IPOS_A_BOARD_PAD) &&
	       !nla_put_u32(skb, IPOS_A_BOARD_FABRIC_MTU,
			    READ_ONCE(engine->mtu));
}

static u8 state_of(const struct ipos_engine *engine)
{
	if (READ_ONCE(engine->leaving))
		return IPOS_BOARD_STATUS_STOPPED;
	return READ_ONCE(engine->settings.draining) ?
	       IPOS_BOARD_STATUS_DRAINING : IPOS_BOARD_STATUS_UP;
}

/* Read one by one while they change: none may come out below 0. */
static u32 difference(u32 a, u32 b)
{
	return a - min(a, b);
}

/* What ends if the board stops; what is attached where it arrived does not. */
static bool put_remaining(struct sk_buff *skb, struct ipos_engine *engine)
{
	struct ipos_bound *bound = engine->flows.bound;
	u32 offered = ipos_bound_count(&bound[IPOS_FLOW_FORWARD_CONNECT]);
	u32 unfinished = ipos_bound_count(&bound[IPOS_FLOW_TEMPORARY]) +
			 offered + ipos_bound_count(&bound[IPOS_FLOW_RESERVED]);
	u32 forwarded = ipos_bound_count(&bound[IPOS_FLOW_FORWARD]);

	/* An offer has its place among those forwarded already. */
	forwarded = difference(forwarded, offered);
	forwarded = difference(forwarded, atomic_read(&engine->flows.ended));
	return !nla_put_u8(skb, IPOS_A_BOARD_STATE, state_of(engine)) &&
	       !nla_put_u32(skb, IPOS_A_BOARD_UNFINISHED, unfinished) &&
	       !nla_put_u32(skb, IPOS_A_BOARD_FORWARDED, forwarded) &&
	       !nla_put_u32(skb, IPOS_A_BOARD_TAKEN,
			    atomic_read(&engine->flows.taken));
}

/* What the others are told of it. */
static bool put_load(struct sk_buff *skb, const struct ipos_state *state)
{
	return !nla_put_u32(skb, IPOS_A_BOARD_CONNECTIONS,
			    READ_ONCE(state->connections)) &&
	       !nla_put_u32(skb, IPOS_A_BOARD_CPU, READ_ONCE(state->cpu)) &&
	       !nla_put_u64_64bit(skb, IPOS_A_BOARD_MEMORY,
				  READ_ONCE(state->memory),
				  IPOS_A_BOARD_PAD) &&
	       !nla_put_u64_64bit(skb, IPOS_A_BOARD_BANDWIDTH,
				  READ_ONCE(state->bandwidth),
				  IPOS_A_BOARD_PAD) &&
	       !nla_put_u32(skb, IPOS_A_BOARD_IN_FLIGHT,
			    READ_ONCE(state->in_flight)) &&
	       !nla_put_u32(skb, IPOS_A_BOARD_ACCEPT_US,
			    READ_ONCE(state->accept_us)) &&
	       !nla_put_u32(skb, IPOS_A_BOARD_MEMORY_TOTAL,
			    READ_ONCE(state->memory_total)) &&
	       !nla_put_u32(skb, IPOS_A_BOARD_BANDWIDTH_TOTAL,
			    READ_ONCE(state->bandwidth_total));
}

static int fill(struct sk_buff *skb, struct genl_info *info)
{
	struct ipos_engine *engine = &ipos_info_board(info)->engine;
	bool defaults = info->attrs[IPOS_A_BOARD_DEFAULTS];
	void *hdr;

	hdr = genlmsg_put_reply(skb, info, &ipos_family, 0,
				IPOS_CMD_BOARD_GET);
	if (!hdr || !(defaults ? put_defaults(skb, engine) :
				 put_now(skb, engine) &&
				 put_remaining(skb, engine) &&
				 put_load(skb, &engine->state)))
		return -EMSGSIZE;
	genlmsg_end(skb, hdr);
	return 0;
}

/**
 * ipos_board_get_doit() - IPOS_CMD_BOARD_GET
 * @skb: the request
 * @info: likewise
 *
 * Return: 0 or a negative error. Process context.
 */
int ipos_board_get_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct sk_buff *reply = genlmsg_new(NLMSG_GOODSIZE, GFP_KERNEL);
	int err;

	if (!reply)
		return -ENOMEM;
	err = fill(reply, info);
	if (err) {
		nlmsg_free(reply);
		return err;
	}
	return genlmsg_reply(reply, info);
}

static int refuse_range(struct genl_info *info, const struct nlattr *attr,
			const char *range)
{
	info->extack->_msg = range;
	NL_SET_BAD_ATTR(info->extack, attr);
	return -ERANGE;
}

static int check_ranges(struct genl_info *info)
{
	const struct nlattr *attr;
	u32 value;
	int i;

	for (i = 0; i < ARRAY_SIZE(settings); i++) {
		attr = info->attrs[settings[i].attr];
		value = attr ? nla_get_u32(attr) : settings[i].min;
		if (value < settings[i].min || value > settings[i].max)
			return refuse_range(info, attr, settings[i].range);
	}
	for (i = 0; i < ARRAY_SIZE(ipos_bounds); i++) {
		attr = info->attrs[ipos_bounds[i].attr];
		value = attr ? nla_get_u32(attr) : LIMIT_MIN;
		if (value < LIMIT_MIN || value > LIMIT_MAX)
			return refuse_range(info, attr, ipos_bounds[i].range);
	}
	return 0;
}

static int check_server_ip(struct ipos_engine *engine, struct genl_info *info)
{
	const struct nlattr *attr = info->attrs[IPOS_A_BOARD_SERVER_IP];
	bool taken;

	if (!attr)
		return 0;
	if (!ipos_is_unicast(nla_get_in_addr(attr)))
		return ipos_refuse(info->extack, attr, -EINVAL,
				   "server-ip must be a unicast address");
	rcu_read_lock();
	taken = ipos_server_peek(&engine->servers, nla_get_in_addr(attr));
	rcu_read_unlock();
	if (taken)
		return ipos_refuse(info->extack, attr, -EADDRINUSE,
				   "server-ip is another board's");
	return 0;
}

static int check_ethertype(struct genl_info *info)
{
	const struct nlattr *attr = info->attrs[IPOS_A_BOARD_ETHERTYPE];
	u16 type = attr ? nla_get_u16(attr) : IPOS_ETHERTYPE;

	switch (type) {
	case ETH_P_IP:
	case ETH_P_ARP:
	case ETH_P_IPV6:
	case ETH_P_8021Q:
	case ETH_P_8021AD:
		return ipos_refuse(info->extack, attr, -EINVAL,
				   "ethertype belongs to another protocol");
	}
	if (type != IPOS_ETHERTYPE && type < ETH_P_802_3_MIN)
		return ipos_refuse(info->extack, attr, -ERANGE,
				   "ethertype must be 0x0007 or 0x0600 to 0xffff");
	return 0;
}

static void apply(struct ipos_engine *engine, struct nlattr **attrs)
{
	struct ipos_settings *now = &engine->settings;
	int i;

	for (i = 0; i < ARRAY_SIZE(settings); i++)
		if (attrs[settings[i].attr])
			WRITE_ONCE(*(u32 *)setting_of(now, i),
				   nla_get_u32(attrs[settings[i].attr]));
	for (i = 0; i < ARRAY_SIZE(ipos_bounds); i++)
		if (attrs[ipos_bounds[i].attr])
			WRITE_ONCE(ipos_bound_of(engine, &ipos_bounds[i])->limit,
				   nla_get_u32(attrs[ipos_bounds[i].attr]));
	if (attrs[IPOS_A_BOARD_SERVER_IP])
		WRITE_ONCE(now->server_ip,
			   nla_get_in_addr(attrs[IPOS_A_BOARD_SERVER_IP]));
	if (attrs[IPOS_A_BOARD_ETHERTYPE])
		WRITE_ONCE(now->ethertype,
			   htons(nla_get_u16(attrs[IPOS_A_BOARD_ETHERTYPE])));
	if (attrs[IPOS_A_BOARD_DRAIN])
		WRITE_ONCE(now->draining,
			   nla_get_u8(attrs[IPOS_A_BOARD_DRAIN]));
}

/**
 * ipos_board_set_doit() - IPOS_CMD_BOARD_SET: all settings given, or none
 * @skb: the request
 * @info: likewise
 *
 * Return: 0 or a negative error. Process context.
 */
int ipos_board_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct ipos_board *board = ipos_info_board(info);
	int err;

	err = check_ranges(info) ?: check_ethertype(info);
	if (err)
		return err;
	mutex_lock(&board->mutex);
	err = check_server_ip(&board->engine, info);
	if (!err) {
		apply(&board->engine, info->attrs);
		ipos_announce_changed(&board->engine);
	}
	mutex_unlock(&board->mutex);
	if (!err && info->attrs[IPOS_A_BOARD_SYN_COOKIES_THRESHOLD] &&
	    !IS_ENABLED(CONFIG_SYN_COOKIES))
		NL_SET_ERR_MSG_MOD(info->extack,
				   "this kernel was built without SYN cookies");
	return err;
}

/**
 * ipos_board_stop_doit() - IPOS_CMD_BOARD_STOP: leave the cluster
 * @skb: the request
 * @info: likewise
 *
 * Return: 0. Process context; takes seconds where many entries' boards do not answer.
 */
int ipos_board_stop_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct ipos_board *board = ipos_info_board(info);

	mutex_lock(&board->mutex);
	ipos_leave(&board->engine);
	rtnl_lock();
	ipos_dev_del_all(genl_info_net(info));
	rtnl_unlock();
	mutex_unlock(&board->mutex);
	ipos_cluster_event(genl_info_net(info), IPOS_CLUSTER_EVENT_LEFT, 0,
			   NULL);
	return 0;
}

/**
 * ipos_board_start_doit() - IPOS_CMD_BOARD_START: take part again
 * @skb: the request
 * @info: likewise
 *
 * Return: 0. Process context.
 */
int ipos_board_start_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct ipos_board *board = ipos_info_board(info);

	mutex_lock(&board->mutex);
	WRITE_ONCE(board->engine.settings.draining, false);
	WRITE_ONCE(board->engine.leaving, false);
	ipos_announce_changed(&board->engine);
	mutex_unlock(&board->mutex);
	return 0;
}
