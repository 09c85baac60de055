// SPDX-License-Identifier: GPL-2.0
#include <linux/ctype.h>
#include <linux/pid.h>
#include <linux/slab.h>
#include <net/sock.h>
#include "control/netlink.h"
#include "engine/announce.h"
#include "engine/start.h"

#define CPU_MAX		1000
#define START_S		10
#define START_S_MAX	3600
#define REQUIRED_MAX	U32_MAX		/* that is as much as can be told */

#define TEXT(length) { .type = NLA_NUL_STRING, .len = length }

const struct nla_policy ipos_app_add_policy[IPOS_A_APP_MAX + 1] = {
	[IPOS_A_APP_LABEL] = TEXT(IPOS_LABEL_LEN_MAX),
	[IPOS_A_APP_PROTO] = { .type = NLA_U8 },
	[IPOS_A_APP_PORT] = { .type = NLA_U16 },
	[IPOS_A_APP_REQUIRED] = { .type = NLA_U64 },
	[IPOS_A_APP_MAX_CPU] = { .type = NLA_U32 },
	[IPOS_A_APP_START_TIMEOUT] = { .type = NLA_U32 },
	[IPOS_A_APP_EXEC] = TEXT(IPOS_COMMAND_LEN_MAX),
	[IPOS_A_APP_UNIT] = TEXT(IPOS_COMMAND_LEN_MAX),
};

const struct nla_policy ipos_app_del_policy[IPOS_A_APP_MAX + 1] = {
	[IPOS_A_APP_LABEL] = TEXT(IPOS_LABEL_LEN_MAX),
};

const struct nla_policy ipos_app_set_policy[IPOS_A_APP_MAX + 1] = {
	[IPOS_A_APP_LABEL] = TEXT(IPOS_LABEL_LEN_MAX),
	[IPOS_A_APP_STATE] = { .type = NLA_U8 },
	[IPOS_A_APP_PID] = { .type = NLA_U32 },
};

static bool put_process(struct sk_buff *skb, const struct ipos_app *app)
{
	return !nla_put_string(skb, IPOS_A_APP_NAME, app->name) &&
	       !nla_put_u64_64bit(skb, IPOS_A_APP_MEMORY,
				  READ_ONCE(app->memory), IPOS_A_APP_PAD) &&
	       !nla_put_u32(skb, IPOS_A_APP_CPU, READ_ONCE(app->cpu));
}

static bool put_config(struct sk_buff *skb,
		       const struct ipos_program_config *config)
{
	return !nla_put_string(skb, IPOS_A_APP_LABEL, config->name) &&
	       !nla_put_u8(skb, IPOS_A_APP_PROTO, config->key.proto) &&
	       !nla_put_be16(skb, IPOS_A_APP_PORT, config->key.port) &&
	       !nla_put_u64_64bit(skb, IPOS_A_APP_REQUIRED, config->required,
				  IPOS_A_APP_PAD) &&
	       !nla_put_u32(skb, IPOS_A_APP_MAX_CPU, config->max_cpu) &&
	       !nla_put_u32(skb, IPOS_A_APP_START_TIMEOUT, config->start_s) &&
	       !nla_put_string(skb, config->unit ? IPOS_A_APP_UNIT :
						   IPOS_A_APP_EXEC,
			       config->command);
}

/* What listens; until then, what the agent has started. */
static u32 pid_of(const struct ipos_program *program)
{
	switch (READ_ONCE(program->state)) {
	case IPOS_APP_STATE_RUNNING:
		return READ_ONCE(program->owner);
	case IPOS_APP_STATE_STARTING:
		return READ_ONCE(program->pid);
	default:
		return 0;
	}
}

static int fill_program(struct sk_buff *skb, struct netlink_callback *cb,
			const void *obj)
{
	struct ipos_board *board = ipos_board(sock_net(skb->sk));
	const struct ipos_program *program = obj;
	u32 pid = pid_of(program);
	const struct ipos_app *app;

	app = pid ? ipos_app_peek(&board->engine.apps, pid) : NULL;
	if (!put_config(skb, &program->config) ||
	    (pid && nla_put_u32(skb, IPOS_A_APP_PID, pid)) ||
	    (app && !put_process(skb, app)) ||
	    nla_put_u8(skb, IPOS_A_APP_STATE, READ_ONCE(program->state)) ||
	    nla_put_u32(skb, IPOS_A_APP_STARTS, READ_ONCE(program->starts)) ||
	    nla_put_u32(skb, IPOS_A_APP_FAILURES,
			READ_ONCE(program->failures)))
		return -EMSGSIZE;
	return 0;
}

static bool is_registered(struct ipos_program_table *programs, u32 pid)
{
	const struct ipos_program *program;

	list_for_each_entry_rcu(program, &programs->list, list)
		if (pid_of(program) == pid)
			return true;
	return false;
}

static int fill(struct sk_buff *skb, struct netlink_callback *cb,
		const void *obj)
{
	struct ipos_board *board = ipos_board(sock_net(skb->sk));
	const struct ipos_app *app = obj;

	if (is_registered(&board->engine.programs, app->pid))
		return 1;
	if (nla_put_u32(skb, IPOS_A_APP_PID, app->pid) ||
	    !put_process(skb, app))
		return -EMSGSIZE;
	return 0;
}

/* Returns false when one did not fit: it is the next answer's first. */
static bool dump_programs(struct sk_buff *skb, struct netlink_callback *cb,
			  struct ipos_program_table *programs)
{
	const struct ipos_program *program;
	bool all = true;
	long i = 0;

	rcu_read_lock();
	list_for_each_entry_rcu(program, &programs->list, list) {
		if (i++ < cb->args[1])
			continue;
		all = !ipos_dump_row(skb, cb, fill_program, program);
		if (!all)
			break;
		cb->args[1]++;
	}
	rcu_read_unlock();
	return all;
}

/**
 * ipos_app_get_dumpit() - IPOS_CMD_APP_GET
 * @skb: the answer
 * @cb: the dump; args[1] is the next application, before all processes
 *
 * Return: what a dumpit callback returns. Process context.
 */
int ipos_app_get_dumpit(struct sk_buff *skb, struct netlink_callback *cb)
{
	struct ipos_board *board = ipos_board(sock_net(skb->sk));

	/* So begins an agent. */
	WRITE_ONCE(board->engine.unheard, false);
	if (!dump_programs(skb, cb, &board->engine.programs))
		return skb->len;
	return ipos_dump_table(skb, cb, &board->engine.apps.ht, fill);
}

static bool is_name(const char *c)
{
	if (!*c)
		return false;
	while (isascii(*c) && (isalnum(*c) || strchr("._-", *c)) && *c)
		c++;
	return !*c;
}

static bool is_printable(const char *c)
{
	if (!*c)
		return false;
	while (isascii(*c) && isprint(*c))
		c++;
	return !*c;
}

static int get_command(struct genl_info *info,
		       struct ipos_program_config *config)
{
	const struct nlattr *exec = info->attrs[IPOS_A_APP_EXEC];
	const struct nlattr *unit = info->attrs[IPOS_A_APP_UNIT];
	const struct nlattr *command = unit ?: exec;

	if (exec && unit)
		return ipos_refuse(info->extack, unit, -EINVAL,
				   "an application has exec or unit, not both");
	if (!command) {
		ipos_missing(info, IPOS_A_APP_EXEC, "exec or unit");
		return -EINVAL;
	}
	if (!is_printable(nla_data(command)))
		return ipos_refuse(info->extack, command, -EINVAL,
				   "a command must be printable ASCII, and not empty");
	config->unit = unit;
	strscpy(config->command, nla_data(command), sizeof(config->command));
	return 0;
}

static int get_key(struct genl_info *info, struct ipos_program_config *config)
{
	const struct nlattr *proto = info->attrs[IPOS_A_APP_PROTO];
	const struct nlattr *port = info->attrs[IPOS_A_APP_PORT];
	const struct nlattr *label = info->attrs[IPOS_A_APP_LABEL];

	if (ipos_missing(info, IPOS_A_APP_LABEL, "name") ||
	    ipos_missing(info, IPOS_A_APP_PORT, "port"))
		return -EINVAL;
	config->key.proto = proto ? nla_get_u8(proto) : IPOS_PROTO_TCP;
	config->key.port = nla_get_be16(port);
	strscpy(config->name, nla_data(label), sizeof(config->name));
	if (!is_name(config->name))
		return ipos_refuse(info->extack, label, -EINVAL,
				   "a name must be of letters, digits, '.', '_' and '-'");
	if (config->key.proto != IPOS_PROTO_TCP &&
	    config->key.proto != IPOS_PROTO_UDP)
		return ipos_refuse(info->extack, proto, -EINVAL,
				   "proto must be tcp or udp");
	if (!config->key.port)
		return ipos_refuse(info->extack, port, -ERANGE,
				   "port must be 1 to 65535");
	return 0;
}

static int get_bounds(struct genl_info *info,
		      struct ipos_program_config *config)
{
	const struct nlattr *required = info->attrs[IPOS_A_APP_REQUIRED];
	const struct nlattr *cpu = info->attrs[IPOS_A_APP_MAX_CPU];
	const struct nlattr *timeout = info->attrs[IPOS_A_APP_START_TIMEOUT];

	if (ipos_missing(info, IPOS_A_APP_REQUIRED, "memory"))
		return -EINVAL;
	config->required = nla_get_u64(required);
	config->max_cpu = cpu ? nla_get_u32(cpu) : 0;
	config->start_s = timeout ? nla_get_u32(timeout) : START_S;
	if (config->required > REQUIRED_MAX)
		return ipos_refuse(info->extack, required, -ERANGE,
				   "memory must be below 4096 GiB");
	if (config->max_cpu > CPU_MAX)
		return ipos_refuse(info->extack, cpu, -ERANGE,
				   "max-cpu must be 0 to 1000");
	if (!config->start_s || config->start_s > START_S_MAX)
		return ipos_refuse(info->extack, timeout, -ERANGE,
				   "start-timeout must be 1 to 3600");
	return 0;
}

static int refuse_add(struct genl_info *info, int err)
{
	const struct nlattr *label = info->attrs[IPOS_A_APP_LABEL];

	switch (err) {
	case -EEXIST:
		return ipos_refuse(info->extack, label, err,
				   "an application has this name already");
	case -EADDRINUSE:
		return ipos_refuse(info->extack, info->attrs[IPOS_A_APP_PORT],
				   err, "another application has this port");
	case -ENOSPC:
		return ipos_refuse(info->extack, label, err,
				   "no more applications can be registered (limit-registered)");
	default:
		return err;
	}
}

static int add(struct ipos_board *board,
	       const struct ipos_program_config *config)
{
	int err;

	mutex_lock(&board->mutex);
	err = ipos_program_add(&board->engine.programs, config);
	mutex_unlock(&board->mutex);
	if (err)
		return err;
	rcu_read_lock();
	ipos_start_added(&board->engine, config->key.proto, config->key.port);
	rcu_read_unlock();
	return 0;
}

/**
 * ipos_app_add_doit() - IPOS_CMD_APP_ADD
 * @skb: the request
 * @info: likewise
 *
 * Return: 0 or a negative error. Process context.
 */
int ipos_app_add_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct ipos_program_config *config;
	int err;

	config = kzalloc(sizeof(*config), GFP_KERNEL);
	if (!config)
		return -ENOMEM;
	err = get_key(info, config) ?: get_bounds(info, config) ?:
	      get_command(info, config);
	if (!err) {
		err = add(ipos_info_board(info), config);
		if (err)
			err = refuse_add(info, err);
	}
	kfree(config);
	return err;
}

static int refuse_unknown(struct genl_info *info)
{
	return ipos_refuse(info->extack, info->attrs[IPOS_A_APP_LABEL],
			   -ENOENT, "no application has this name");
}

/**
 * ipos_app_del_doit() - IPOS_CMD_APP_DEL
 * @skb: the request
 * @info: likewise
 *
 * Return: 0 or a negative error. Process context.
 */
int ipos_app_del_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct ipos_board *board = ipos_info_board(info);
	int err;

	if (ipos_missing(info, IPOS_A_APP_LABEL, "name"))
		return -EINVAL;
	mutex_lock(&board->mutex);
	err = ipos_program_del(&board->engine.programs,
			       nla_data(info->attrs[IPOS_A_APP_LABEL]));
	mutex_unlock(&board->mutex);
	if (err)
		return refuse_unknown(info);
	ipos_announce_changed(&board->engine);
	/* Those that wait for it learn that there is nothing to wait for. */
	rcu_read_lock();
	ipos_start_wake(&board->engine);
	rcu_read_unlock();
	return 0;
}

/* In the first namespace of processes, as the sockets' owners are; 0: none. */
static u32 global_pid(const struct nlattr *attr)
{
	u32 nr;

	rcu_read_lock();
	nr = pid_nr(find_vpid(nla_get_u32(attr)));
	rcu_read_unlock();
	return nr;
}

static bool is_alive(u32 nr)
{
	bool alive;

	rcu_read_lock();
	alive = nr && pid_task(find_pid_ns(nr, &init_pid_ns), PIDTYPE_TGID);
	rcu_read_unlock();
	return alive;
}

/* An agent's child, which it has not reaped yet. */
static int get_process(struct genl_info *info, u32 *nr)
{
	const struct nlattr *pid = info->attrs[IPOS_A_APP_PID];

	if (ipos_missing(info, IPOS_A_APP_PID, "pid"))
		return -EINVAL;
	*nr = global_pid(pid);
	return *nr ? 0 : ipos_refuse(info->extack, pid, -ESRCH,
				     "there is no such process");
}

static int report(struct genl_info *info, struct ipos_engine *engine,
		  struct ipos_program *program)
{
	u32 nr;
	int err = get_process(info, &nr);

	if (!err)
		ipos_start_failed(engine, program, nr);
	return err;
}

static int claim(struct genl_info *info, struct ipos_program_table *programs,
		 struct ipos_program *program)
{
	u32 before = READ_ONCE(program->pid), nr;
	int err = get_process(info, &nr);

	if (err)
		return err;
	if (is_alive(before) ||
	    !ipos_program_claim(programs, program, before, nr))
		return ipos_refuse(info->extack, info->attrs[IPOS_A_APP_STATE],
				   -EBUSY,
				   "it is not to be started, or was already");
	return 0;
}

static int set(struct genl_info *info, struct ipos_engine *engine,
	       struct ipos_program *program)
{
	const struct nlattr *state = info->attrs[IPOS_A_APP_STATE];

	switch (nla_get_u8(state)) {
	case IPOS_APP_STATE_STARTING:
		return claim(info, &engine->programs, program);
	case IPOS_APP_STATE_FAILED:
		return report(info, engine, program);
	case IPOS_APP_STATE_STOPPED:
		ipos_program_clear(&engine->programs, program);
		ipos_start_wake(engine);
		return 0;
	default:
		return ipos_refuse(info->extack, state, -ERANGE,
				   "state must be stopped, starting or failed");
	}
}

/**
 * ipos_app_set_doit() - IPOS_CMD_APP_SET
 * @skb: the request
 * @info: likewise
 *
 * Return: 0 or a negative error. Process context.
 */
int ipos_app_set_doit(struct sk_buff *skb, struct genl_info *info)
{
	struct ipos_board *board = ipos_info_board(info);
	struct ipos_program *program;
	int err;

	if (ipos_missing(info, IPOS_A_APP_LABEL, "name") ||
	    ipos_missing(info, IPOS_A_APP_STATE, "state"))
		return -EINVAL;
	rcu_read_lock();
	program = ipos_program_find(&board->engine.programs,
				    nla_data(info->attrs[IPOS_A_APP_LABEL]));
	err = program ? set(info, &board->engine, program) :
			refuse_unknown(info);
	rcu_read_unlock();
	return err;
}
