/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A row of the tables of endpoints, as netlink and sysfs show it.
 */
#ifndef IPOS_CONTROL_ROW_H
#define IPOS_CONTROL_ROW_H

#include "table/flow.h"

/**
 * struct ipos_flow_row - what is shown of a flow, taken under its lock
 * @key: its 4-tuple
 * @dst_ip: Forward Table: where it is forwarded to
 * @dst_port: likewise
 * @peer: Server IP of the other board, 0 when there is none
 * @state: enum ipos_flow_state
 * @flags: enum ipos_endpoint_flag
 * @age: jiffies
 * @idle: jiffies
 * @handoff_id: 0 when there was no hand-off
 */
struct ipos_flow_row {
	struct ipos_key	key;
	__be32		dst_ip;
	__be16		dst_port;
	__be32		peer;
	u32		state;
	u32		flags;
	u32		age;
	u32		idle;
	u64		handoff_id;
};

struct ipos_flow_row ipos_flow_row(struct ipos_flow *flow);

#endif /* IPOS_CONTROL_ROW_H */
