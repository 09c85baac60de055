// SPDX-License-Identifier: GPL-2.0
/*
 * The tables as lines of text: columns as ipos-ctl shows them, one blank
 * between two, "-" where there is nothing. docs/sysfs.md explains them.
 */
#include <linux/ctype.h>
#include <linux/ipos.h>
#include <linux/jiffies.h>
#include <linux/kernel.h>
#include <linux/math64.h>
#include "board/board.h"
#include "control/entries.h"
#include "control/row.h"
#include "endpoint/deliver.h"

/* A line that is being written; there is room for the longest. */
struct line {
	char *text;
	int len;
};

static __printf(2, 3) void put(struct line *line, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	line->len += vscnprintf(line->text + line->len,
				IPOS_LINE_MAX - line->len, format, args);
	va_end(args);
}

static void put_word(struct line *line, const char *const *words, size_t n,
		     u32 value)
{
	if (value < n && words[value])
		put(line, " %s", words[value]);
	else
		put(line, " %u", value);
}

static const char *const protocols[] = {
	[IPOS_PROTO_TCP] = "tcp",
	[IPOS_PROTO_UDP] = "udp",
};

static const char *const states[] = {
	[IPOS_FLOW_TEMPORARY] = "temporary",
	[IPOS_FLOW_FORWARD_CONNECT] = "forward-connect",
	[IPOS_FLOW_FORWARD] = "forward",
	[IPOS_FLOW_LOCAL] = "local",
	[IPOS_FLOW_RESERVED] = "reserved",
};

static const char *const statuses[] = {
	[IPOS_SERVER_UP] = "up",
	[IPOS_SERVER_DRAIN] = "drain",
	[IPOS_SERVER_DOWN] = "down",
};

/* By their bits. */
static const char *const flags[] = { "target", "closing", "reset", "lost" };
static const char *const says[] = { "draining", "leaving" };

static const char *const freshnesses[] = {
	[IPOS_SERVER_UNHEARD] = "unheard",
	[IPOS_SERVER_FRESH] = "fresh",
	[IPOS_SERVER_STALE] = "stale",
	[IPOS_SERVER_GONE] = "gone",
	[IPOS_SERVER_LEFT] = "left",
};

static void put_seconds(struct line *line, u32 age)
{
	u32 ms;
	u64 s = div_u64_rem(jiffies64_to_msecs(age), MSEC_PER_SEC, &ms);

	put(line, " %llu.%03u", s, ms);
}

static void put_bits(struct line *line, const char *const *words, size_t n,
		     u32 bits)
{
	const char *gap = " ";
	size_t i;

	for (i = 0; i < n; i++)
		if (bits & BIT(i)) {
			put(line, "%s%s", gap, words[i]);
			gap = ",";
		}
	if (!(bits & (BIT(n) - 1)))
		put(line, " -");
}

static void put_id(struct line *line, u64 id)
{
	if (id)
		put(line, " 0x%016llx", id);
	else
		put(line, " -");
}

/* Where it is forwarded to, and what for; or the socket, or the hand-off. */
static void put_reference(struct line *line, struct net *net,
			  const struct ipos_flow_row *row)
{
	unsigned long inode;

	switch (row->state) {
	case IPOS_FLOW_FORWARD:
		put(line, " %pI4 %u", &row->key.saddr, ntohs(row->key.sport));
		break;
	case IPOS_FLOW_LOCAL:
		inode = row->key.proto == IPOS_PROTO_TCP ?
			ipos_socket_inode(net, &row->key) : 0;
		put(line, inode ? " socket:%lu" : " -", inode);
		break;
	case IPOS_FLOW_FORWARD_CONNECT:
	case IPOS_FLOW_RESERVED:
		put_id(line, row->handoff_id);
		break;
	default:
		put(line, " -");
	}
}

static void put_origin(struct line *line, const struct ipos_flow_row *row)
{
	put_id(line, row->handoff_id);
	if (row->peer)
		put(line, " %pI4", &row->peer);
	else
		put(line, " -");
}

static bool belongs(const struct ipos_entries *entries, u32 state)
{
	return state < IPOS_FLOW_STATES && entries->bounds & BIT(state);
}

static int print_flow(const struct ipos_entries *entries, struct net *net,
		      void *obj, char *text)
{
	struct line line = { .text = text };
	struct ipos_flow *flow = obj;
	struct ipos_flow_row row;

	/* Most rows end here, without their lock. */
	if (!belongs(entries, ipos_flow_state(flow)))
		return 0;
	row = ipos_flow_row(flow);
	/* It may have moved on meanwhile: then another table shows it. */
	if (!belongs(entries, row.state))
		return 0;
	put(&line, "%pI4 %u %pI4 %u", &row.key.caddr, ntohs(row.key.cport),
	    &row.dst_ip, ntohs(row.dst_port));
	put_reference(&line, net, &row);
	put_word(&line, protocols, ARRAY_SIZE(protocols), row.key.proto);
	put_word(&line, states, ARRAY_SIZE(states), row.state);
	put_seconds(&line, row.age);
	put_seconds(&line, row.idle);
	put_origin(&line, &row);
	put_bits(&line, flags, ARRAY_SIZE(flags), row.flags);
	put(&line, "\n");
	return line.len;
}

/* Of a board that never advertised there is none of it. */
static void put_heard(struct line *line, const struct ipos_server *server)
{
	const struct ipos_heard *heard = &server->heard;
	const struct ipos_state *told = &server->told;
	u8 presence = READ_ONCE(heard->presence);

	put_word(line, freshnesses, ARRAY_SIZE(freshnesses), presence);
	put(line, server->learned ? " yes" : " no");
	if (presence == IPOS_SERVER_UNHEARD) {
		put(line, " - - - - - - - - -");
		return;
	}
	put_seconds(line, jiffies - READ_ONCE(heard->at));
	put(line, " %u", READ_ONCE(heard->interval_ms));
	put_id(line, READ_ONCE(heard->epoch));
	put(line, " %u", READ_ONCE(heard->snapshot));
	put_bits(line, says, ARRAY_SIZE(says), READ_ONCE(heard->flags));
	put(line, " %u %u %u %u", READ_ONCE(told->in_flight),
	    READ_ONCE(told->accept_us), READ_ONCE(told->memory_total),
	    READ_ONCE(told->bandwidth_total));
}

static int print_server(const struct ipos_entries *entries, struct net *net,
			void *row, char *text)
{
	const struct ipos_server *server = row;
	const struct net_device *dev = rcu_dereference(server->dev);
	struct line line = { .text = text };
	u8 lladdr[ETH_ALEN];

	if (!ipos_server_lladdr(server, lladdr))
		return 0;
	put(&line, "%pI4 %u %u %llu %llu %pM %s", &server->ip,
	    READ_ONCE(server->told.connections), READ_ONCE(server->told.cpu),
	    READ_ONCE(server->told.memory), READ_ONCE(server->told.bandwidth),
	    lladdr, dev ? dev->name : "-");
	put_word(&line, statuses, ARRAY_SIZE(statuses),
		 READ_ONCE(server->state));
	put(&line, " %u %u", atomic_read(&server->handoffs),
	    READ_ONCE(server->weight));
	put_heard(&line, server);
	put(&line, "\n");
	return line.len;
}

static int print_url(const struct ipos_entries *entries, struct net *net,
		     void *row, char *text)
{
	const struct ipos_url *url = row;
	struct line line = { .text = text };

	put(&line, "%.*s %pI4\n", url->len, url->text, &url->server_ip);
	return line.len;
}

static int print_cookie(const struct ipos_entries *entries, struct net *net,
			void *obj, char *text)
{
	const struct ipos_cookiemap_row *row = obj;
	struct line line = { .text = text };
	__be32 server = row->ip ?:
			READ_ONCE(ipos_board(net)->engine.settings.server_ip);

	put(&line, "%.*s", row->len, row->text);
	if (server)
		put(&line, " %pI4", &server);
	else
		put(&line, " -");
	put(&line, row->by_hand ? " no" : " yes");
	put_seconds(&line, (u32)jiffies - READ_ONCE(row->used));
	put(&line, "\n");
	return line.len;
}

/* Names are a program's to choose: a line stays a line, a column a column. */
static void put_name(struct line *line, const char *name)
{
	int i;

	put(line, *name ? " " : " -");
	for (i = 0; i < IPOS_PROCESS_LEN && name[i]; i++)
		put(line, "%c", isgraph(name[i]) && isascii(name[i]) ?
				name[i] : '_');
}

/* Whether it listens, or a board could start it, and with what memory. */
static void put_state(struct line *line, const struct ipos_listener *what)
{
	if (what->proto & IPOS_LISTENER_STARTABLE)
		put(line, " %s %u", what->flags & IPOS_LISTENER_STARTING ?
				    "starting" : "startable", what->pid);
	else
		put(line, " listening -");
}

static int print_listen(const struct ipos_entries *entries, struct net *net,
			void *obj, char *text)
{
	const struct ipos_listen *row = obj;
	struct line line = { .text = text };
	__be32 server = row->key.server ?:
			READ_ONCE(ipos_board(net)->engine.settings.server_ip);

	if (server)
		put(&line, "%pI4", &server);
	else
		put(&line, "-");
	put(&line, " %u", ntohs(row->what.port));
	if (row->what.pid && !(row->what.proto & IPOS_LISTENER_STARTABLE))
		put(&line, " %u", row->what.pid);
	else
		put(&line, " -");
	put_name(&line, row->what.name);
	put_word(&line, protocols, ARRAY_SIZE(protocols),
		 row->what.proto & ~IPOS_LISTENER_STARTABLE);
	put(&line, " %pI4", &row->what.addr);
	put_state(&line, &row->what);
	put(&line, "\n");
	return line.len;
}

/* The application that a process is, if it is one that is registered. */
static const struct ipos_program *
registered_as(const struct ipos_program_table *programs, u32 pid)
{
	const struct ipos_program *program;

	list_for_each_entry_rcu(program, &programs->list, list)
		if (READ_ONCE(program->owner) == pid)
			return program;
	return NULL;
}

static int print_app(const struct ipos_entries *entries, struct net *net,
		     void *row, char *text)
{
	const struct ipos_program_table *programs =
		&ipos_board(net)->engine.programs;
	struct line line = { .text = text };
	const struct ipos_program *program;
	const struct ipos_app *app = row;

	put(&line, "%u %llu %u", app->pid, READ_ONCE(app->memory),
	    READ_ONCE(app->cpu));
	put_name(&line, app->name);
	program = registered_as(programs, app->pid);
	if (program)
		put(&line, " %llu %s", program->config.required,
		    program->config.name);
	else
		put(&line, " - -");
	put(&line, "\n");
	return line.len;
}

static const char *const app_states[] = {
	[IPOS_APP_STATE_STOPPED] = "stopped",
	[IPOS_APP_STATE_STARTING] = "starting",
	[IPOS_APP_STATE_RUNNING] = "running",
	[IPOS_APP_STATE_FAILED] = "failed",
};

/* What starts it is for ipos-ctl and the agent alone. */
static int print_program(const struct ipos_entries *entries, struct net *net,
			 void *row, char *text)
{
	struct line line = { .text = text };
	const struct ipos_program *program = row;
	const struct ipos_program_config *config = &program->config;

	put(&line, "%s %u", config->name, ntohs(config->key.port));
	put_word(&line, protocols, ARRAY_SIZE(protocols), config->key.proto);
	put(&line, " %llu", config->required);
	put_word(&line, app_states, ARRAY_SIZE(app_states),
		 READ_ONCE(program->state));
	put(&line, " %u %u\n", READ_ONCE(program->starts),
	    READ_ONCE(program->failures));
	return line.len;
}

#define FLOWS(name_, bounds_, promised_) {				\
	.name = name_, .bounds = bounds_, .promised = promised_,	\
	.ht = offsetof(struct ipos_engine, flows.by_key),		\
	.bound = offsetof(struct ipos_engine, flows.bound),		\
	.print = print_flow,						\
}

#define TABLE(name_, ht_, bound_, print_) {				\
	.name = name_, .bounds = 1,					\
	.ht = offsetof(struct ipos_engine, ht_),			\
	.bound = offsetof(struct ipos_engine, bound_),			\
	.print = print_,						\
}

/* A hand-off under way has its place in the table it is meant for, too. */
const struct ipos_entries ipos_entries[] = {
	FLOWS("forward", BIT(IPOS_FLOW_FORWARD),
	      BIT(IPOS_FLOW_FORWARD_CONNECT)),
	FLOWS("local", BIT(IPOS_FLOW_LOCAL), BIT(IPOS_FLOW_RESERVED)),
	FLOWS("forward_connect",
	      BIT(IPOS_FLOW_FORWARD_CONNECT) | BIT(IPOS_FLOW_RESERVED), 0),
	FLOWS("temporary", BIT(IPOS_FLOW_TEMPORARY), 0),
	TABLE("server_state", servers.by_ip, servers.bound, print_server),
	TABLE("listening_sockets", listens.rows, listens.bound, print_listen),
	TABLE("application_information", apps.ht, apps.bound, print_app),
	TABLE("registered_applications", programs.ht, programs.bound,
	      print_program),
	TABLE("url_map", urls.ht.ht, urls.bound, print_url),
	TABLE("cookie_map", cookies.ht, cookies.bound, print_cookie),
};
