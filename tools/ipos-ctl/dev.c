// SPDX-License-Identifier: GPL-2.0
#include <linux/ipos.h>
#include "command.h"

/* By value, which is a set of bits. */
static const char *const roles[] = { "", "client", "fabric", "both", NULL };
static const char *const onoff[] = { "off", "on", NULL };

static const struct field dev = {
	"dev", &kind_device, IPOS_A_DEV_IFINDEX, NULL, "the device"
};

static const struct field name = {
	"dev", &kind_text, IPOS_A_DEV_NAME, NULL, "its name"
};

static const struct field ifindex = {
	"ifindex", &kind_u32, IPOS_A_DEV_IFINDEX, NULL, "its number"
};

static const struct field role = {
	"role", &kind_u32_word, IPOS_A_DEV_ROLE, roles,
	"client: packets of clients arrive here; fabric: ipOS frames travel here"
};

static const struct field mtu = {
	"mtu", &kind_u32, IPOS_A_DEV_MTU, NULL, "its MTU"
};

static const struct field learn = {
	"learn", &kind_onoff, IPOS_A_DEV_LEARN, onoff,
	"whether boards that advertise there become known by that"
};

static const struct field *const columns[] = {
	&name, &ifindex, &role, &mtu, &learn, NULL
};

static const struct arg add_args[] = {
	{ &dev, ARG_FIRST }, { &role, ARG_NEEDED }, { &learn }, { NULL }
};

static const struct arg set_args[] = {
	{ &dev, ARG_FIRST }, { &learn, ARG_NEEDED }, { NULL }
};

static const struct arg del_args[] = { { &dev, ARG_FIRST }, { NULL } };

static const struct command commands[] = {
	{
		.name = "show", .help = "show the devices that have a role",
		.cmd = IPOS_CMD_DEV_GET, .columns = columns,
	}, {
		.name = "add", .help = "give a device a role",
		.cmd = IPOS_CMD_DEV_ADD, .args = add_args,
	}, {
		.name = "set", .help = "change what it is for",
		.cmd = IPOS_CMD_DEV_SET, .args = set_args,
	}, {
		.name = "del", .help = "take a device's role",
		.cmd = IPOS_CMD_DEV_DEL, .args = del_args,
	},
	{ NULL }
};

OBJECT(dev, "network devices and their roles", commands);
