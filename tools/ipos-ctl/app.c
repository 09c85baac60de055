// SPDX-License-Identifier: GPL-2.0
#include <linux/ipos.h>
#include "command.h"

static const struct field pid = {
	"pid", &kind_u32, IPOS_A_APP_PID, NULL, "the process"
};

static const struct field memory = {
	"memory", &kind_u64, IPOS_A_APP_MEMORY, NULL, "resident memory, KiB"
};

static const struct field cpu = {
	"cpu", &kind_u32, IPOS_A_APP_CPU, NULL,
	"CPU utilization, per mille of one CPU"
};

static const struct field name = {
	"name", &kind_text, IPOS_A_APP_NAME, NULL, "its name"
};

/* The table's own columns first, in its order. */
static const struct field *const columns[] = {
	&pid, &memory, &cpu, &name, NULL
};

static const struct command commands[] = {
	{
		.name = "show", .help = "show the processes that listen here",
		.cmd = IPOS_CMD_APP_GET, .columns = columns,
	},
	{ NULL }
};

OBJECT(app, "the Application Information Table: who listens here", commands);
