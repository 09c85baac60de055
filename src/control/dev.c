// SPDX-License-Identifier: GPL-2.0
#include <linux/minmax.h>
#include <linux/rtnetlink.h>
#include <net/sock.h>
#include "control/netlink.h"
#include "hook/dev.h"

/* Set around the whole IP packet of a forwarded segment. */
#define ENCAPSULATION IPOS_HDR_LEN
#define ROLES (IPOS_DEV_ROLE_CLIENT | IPOS_DEV_ROLE_FABRIC)

static_assert(IPOS_DEV_ROLE_CLIENT == IPOS_ROLE_CLIENT);
static_assert(IPOS_DEV_ROLE_FABRIC == IPOS_ROLE_FABRIC);

const struct nla_policy ipos_dev_add_policy[IPOS_A_DEV_MAX + 1] = {
	[IPOS_A_DEV_IFINDEX] = { .type = NLA_U32 },
	[IPOS_A_DEV_ROLE] = NLA_POLICY_MASK(NLA_U32, ROLES),
	[IPOS_A_DEV_LEARN] = NLA_POLICY_MAX(NLA_U8, 1),
};

const struct nla_policy ipos_dev_set_policy[IPOS_A_DEV_MAX + 1] = {
	[IPOS_A_DEV_IFINDEX] = { .type = NLA_U32 },
	[IPOS_A_DEV_LEARN] = NLA_POLICY_MAX(NLA_U8, 1),
};

const struct nla_policy ipos_dev_del_policy[IPOS_A_DEV_MAX + 1] = {
	[IPOS_A_DEV_IFINDEX] = { .type = NLA_U32 },
};

static int fill(struct sk_buff *skb, struct netlink_callback *cb,
		const void *row)
{
	const struct ipos_dev *dev = row;

	if (nla_put_u32(skb, IPOS_A_DEV_IFINDEX, dev->dev->ifindex) ||
	    nla_put_string(skb, IPOS_A_DEV_NAME, dev->dev->name) ||
	    nla_put_u32(skb, IPOS_A_DEV_ROLE, dev->role) ||
	    nla_put_u32(skb, IPOS_A_DEV_MTU, READ_ONCE(dev->dev->mtu)) ||
	    nla_put_u8(skb, IPOS_A_DEV_LEARN, READ_ONCE(dev->learn)))
		return -EMSGSIZE;
	return 0;
}

struct dump {
	struct sk_buff *skb;
	struct netlink_callback *cb;
	long i;
};

static int dump_each(const struct ipos_dev *dev, void *arg)
{
	struct dump *dump = arg;
	int err;

	if (dump->i++ < dump->cb->args[0])
		return 0;
	err = ipos_dump_row(dump->skb, dump->cb, fill, dev);
	if (!err)
		dump->cb->args[0]++;
	return err;
}

/**
 * ipos_dev_get_dumpit() - IPOS_CMD_DEV_GET
 * @skb: the answer
 * @cb: the dump
 *
 * Return: what a dumpit callback returns. Process context.
 */
int ipos_dev_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct dump dump = { .skb = skb, .cb = cb };

	rtnl_lock();
	ipos_dev_each(sock_net(skb->sk), dump_each, &dump);
	rtnl_unlock();
	return skb->len;
}

struct mtu {
	u32 fabric;
	u32 client;
};

static int mtu_each(const struct ipos_dev *dev, void *arg)
{
	u32 now = READ_ONCE(dev->dev->mtu);
	struct mtu *mtu = arg;

	if (dev->role & IPOS_ROLE_FABRIC)
		mtu->fabric = min(mtu->fabric, now);
	if (dev->role & IPOS_ROLE_CLIENT)
		mtu->client = max(mtu->client, now);
	return 0;
}

static void warn_mtu(struct net *net, struct netlink_ext_ack *extack)
{
	struct mtu mtu = { .fabric = U32_MAX };

	ipos_dev_each(net, mtu_each, &mtu);
	if (mtu.client && mtu.fabric < mtu.client + ENCAPSULATION)
		NL_SET_ERR_MSG_MOD(extack,
				   "MTU of the fabric is below a client device's + 16");
}

static int set_learn(struct net *net, struct net_device *dev,
		     struct genl_info *info)
{
	const struct nlattr *learn = info->attrs[IPOS_A_DEV_LEARN];
	int err = learn ? ipos_dev_set_learn(net, dev, nla_get_u8(learn)) : 0;

	if (err == -EINVAL)
		return ipos_refuse(info->extack, learn, err,
				   "learn is for a fabric device");
	if (err)
		return ipos_refuse(info->extack,
				   info->attrs[IPOS_A_DEV_IFINDEX], err,
				   "device has no role");
	return 0;
}

/* Before anything is done: a device that cannot learn gets no role. */
static int check_learn(struct genl_info *info)
{
	const struct nlattr *learn = info->attrs[IPOS_A_DEV_LEARN];

	if (learn && nla_get_u8(learn) &&
	    !(nla_get_u32(info->attrs[IPOS_A_DEV_ROLE]) & IPOS_ROLE_FABRIC))
		return ipos_refuse(info->extack, learn, -EINVAL,
				   "learn is for a fabric device");
	return 0;
}

static int add(struct net *net, struct genl_info *info)
{
	const struct nlattr *attr = info->attrs[IPOS_A_DEV_IFINDEX];
	struct net_device *dev;
	int err = check_learn(info);

	if (err)
		return err;
	dev = __dev_get_by_index(net, nla_get_u32(attr));
	if (!dev)
		return ipos_refuse(info->extack, attr, -ENODEV,
				   "no such device");
	err = ipos_dev_add(net, dev,
			   nla_get_u32(info->attrs[IPOS_A_DEV_ROLE]));
	if (err == -EEXIST)
		return ipos_refuse(info->extack, attr, err,
				   "device has a role already");
	if (err == -EOPNOTSUPP)
		return ipos_refuse(info->extack, attr, err,
				   "device is not an Ethernet device");
	if (err == -EBUSY)
		return ipos_refuse(info->extack, attr, err,
				   "device is a port of a bridge or bond: that gets the role");
	if (err == -ENOMEM)
		return ipos_refuse(info->extack, attr, err,
				   "no memory to hook the device");
	if (err)
		return ipos_refuse(info->extack, attr, err,
				   "cannot hook the device");
	if (info->attrs[IPOS_A_DEV_LEARN] &&
	    nla_get_u8(info->attrs[IPOS_A_DEV_LEARN]))
		set_learn(net, dev, info);
	warn_mtu(net, info->extack);
	return 0;
}

/**
 * ipos_dev_add_doit() - IPOS_CMD_DEV_ADD
 * @skb: the request
 * @info: likewise
 *
 * Return: 0 or a negative error. Process context.
 */
int ipos_dev_add_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct ipos_board *board = ipos_info_board(info);
	const struct nlattr *role;
	int err;

	if (ipos_missing(info, IPOS_A_DEV_IFINDEX, "dev") ||
	    ipos_missing(info, IPOS_A_DEV_ROLE, "role"))
		return -EINVAL;
	role = info->attrs[IPOS_A_DEV_ROLE];
	if (!nla_get_u32(role))
		return ipos_refuse(info->extack, role, -EINVAL,
				   "role must be client, fabric or both");
	mutex_lock(&board->mutex);
	rtnl_lock();
	err = add(genl_info_net(info), info);
	rtnl_unlock();
	mutex_unlock(&board->mutex);
	return err;
}

/**
 * ipos_dev_set_doit() - IPOS_CMD_DEV_SET
 * @skb: the request
 * @info: likewise
 *
 * Return: 0 or a negative error. Process context.
 */
int ipos_dev_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct ipos_board *board = ipos_info_board(info);
	struct net *net = genl_info_net(info);
	struct net_device *dev;
	int err;

	if (ipos_missing(info, IPOS_A_DEV_IFINDEX, "dev") ||
	    ipos_missing(info, IPOS_A_DEV_LEARN, "learn"))
		return -EINVAL;
	mutex_lock(&board->mutex);
	rtnl_lock();
	dev = __dev_get_by_index(net,
				 nla_get_u32(info->attrs[IPOS_A_DEV_IFINDEX]));
	err = set_learn(net, dev, info);
	rtnl_unlock();
	mutex_unlock(&board->mutex);
	return err;
}

/**
 * ipos_dev_del_doit() - IPOS_CMD_DEV_DEL
 * @skb: the request
 * @info: likewise
 *
 * Return: 0 or a negative error. Process context.
 */
int ipos_dev_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct ipos_board *board = ipos_info_board(info);
	struct net *net = genl_info_net(info);
	struct net_device *dev;
	const struct nlattr *attr;
	int err = -ENODEV;

	if (ipos_missing(info, IPOS_A_DEV_IFINDEX, "dev"))
		return -EINVAL;
	attr = info->attrs[IPOS_A_DEV_IFINDEX];
	mutex_lock(&board->mutex);
	rtnl_lock();
	dev = __dev_get_by_index(net, nla_get_u32(attr));
	if (dev)
		err = ipos_dev_del(net, dev);
	rtnl_unlock();
	mutex_unlock(&board->mutex);
	if (err)
		return ipos_refuse(info->extack, attr, err,
				   "device has no role");
	return 0;
}
