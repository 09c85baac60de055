// SPDX-License-Identifier: GPL-2.0
/*
 * A connection handed over by user space, as research systems do it:
 *
 *	repair origin ADDRESS	accepts connections on port 80 and reads their
 *				request; sends the connection's state, exported by
 *				TCP_REPAIR, to the target at ADDRESS, and what comes
 *				after it by a filter of tc, too
 *	repair target OWN	imports what it is sent, of clients of OWN
 *	repair hold		only accepts: the application where ipOS hands over
 *
 * The latter two keep the sockets until SIGUSR1, and send back then on each
 * what can be read there. The origin's eth0 has clsact, and the actions skbmod 1
 * and mirred 1 that send to the target's MAC by its eth1.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/tc_act/tc_mirred.h>
#include <linux/tc_act/tc_skbmod.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define STATES	9000	/* the port that a target hears of connections on */
#define HELD	1000

struct state {
	struct sockaddr_in client;
	__u32 sent, received, mss, timestamp;
	struct tcp_repair_window window;
	__u8 options, send_scale, receive_scale;
	__u32 length;
	char request[1024];
};

static int held[HELD], holds;

/* That it came ends a system call, see main(). */
static void wake(int sig)
{
	(void)sig;
}

static void hold(int fd)
{
	if (holds == HELD)
		errx(1, "no more than %d", HELD);
	held[holds++] = fd;
}

static void give_back(void)
{
	struct linger reset = { 1, 0 };
	char data[2048];
	ssize_t n;

	for (; holds; close(held[holds])) {
		n = recv(held[--holds], data, sizeof(data), MSG_DONTWAIT);
		if (n <= 0 || send(held[holds], data, n, 0) != n)
			err(1, "a socket that was handed over");
		/* No timer of it shall run on. */
		setsockopt(held[holds], SOL_SOCKET, SO_LINGER, &reset,
			   sizeof(reset));
	}
}

static struct sockaddr_in at(const char *address, int port)
{
	struct sockaddr_in addr = {
		.sin_family = AF_INET,
		.sin_port = htons(port),
	};

	if (!inet_aton(address, &addr.sin_addr))
		errx(2, "%s", address);
	return addr;
}

static int listen_at(int port)
{
	struct sockaddr_in addr = at("0.0.0.0", port);
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) || listen(fd, 64))
		err(1, "port %d", port);
	return fd;
}

static void set(int fd, int option, int value)
{
	if (setsockopt(fd, IPPROTO_TCP, option, &value, sizeof(value)))
		err(1, "TCP option %d", option);
}

static void get(int fd, int option, void *value, socklen_t size)
{
	if (getsockopt(fd, IPPROTO_TCP, option, value, &size))
		err(1, "TCP option %d", option);
}

/* The queues are empty: nothing was sent, and the request was read. */
static void export(int fd, struct state *state)
{
	struct tcp_info info;

	set(fd, TCP_REPAIR, 1);
	get(fd, TCP_INFO, &info, sizeof(info));
	state->options = info.tcpi_options;
	state->send_scale = info.tcpi_snd_wscale;
	state->receive_scale = info.tcpi_rcv_wscale;
	get(fd, TCP_MAXSEG, &state->mss, sizeof(state->mss));
	get(fd, TCP_REPAIR_WINDOW, &state->window, sizeof(state->window));
	if (state->options & TCPI_OPT_TIMESTAMPS)
		get(fd, TCP_TIMESTAMP, &state->timestamp,
		    sizeof(state->timestamp));
	set(fd, TCP_REPAIR_QUEUE, TCP_SEND_QUEUE);
	get(fd, TCP_QUEUE_SEQ, &state->sent, sizeof(state->sent));
	set(fd, TCP_REPAIR_QUEUE, TCP_RECV_QUEUE);
	get(fd, TCP_QUEUE_SEQ, &state->received, sizeof(state->received));
}

static void import_options(int fd, const struct state *state)
{
	struct tcp_repair_opt options[4];
	int n = 0;

	options[n++] = (struct tcp_repair_opt){ TCPOPT_MAXSEG, state->mss };
	if (state->options & TCPI_OPT_WSCALE)
		options[n++] = (struct tcp_repair_opt){ TCPOPT_WINDOW,
			state->send_scale | state->receive_scale << 16 };
	if (state->options & TCPI_OPT_SACK)
		options[n++] = (struct tcp_repair_opt){ TCPOPT_SACK_PERMITTED, 0 };
	if (state->options & TCPI_OPT_TIMESTAMPS)
		options[n++] = (struct tcp_repair_opt){ TCPOPT_TIMESTAMP, 0 };
	if (setsockopt(fd, IPPROTO_TCP, TCP_REPAIR_OPTIONS, options,
		       n * sizeof(*options)))
		err(1, "TCP_REPAIR_OPTIONS");
	if (state->options & TCPI_OPT_TIMESTAMPS)
		set(fd, TCP_TIMESTAMP, state->timestamp);
}

static int import(const struct sockaddr_in *own, const struct state *state)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	set(fd, TCP_REPAIR, 1);
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)own, sizeof(*own)))
		err(1, "bind");
	set(fd, TCP_REPAIR_QUEUE, TCP_SEND_QUEUE);
	set(fd, TCP_QUEUE_SEQ, state->sent);
	set(fd, TCP_REPAIR_QUEUE, TCP_RECV_QUEUE);
	set(fd, TCP_QUEUE_SEQ, state->received - state->length);
	if (connect(fd, (struct sockaddr *)&state->client,
		    sizeof(state->client)))
		err(1, "connect");
	import_options(fd, state);
	if (send(fd, state->request, state->length, 0) != state->length)
		err(1, "the receive queue");
	if (setsockopt(fd, IPPROTO_TCP, TCP_REPAIR_WINDOW, &state->window,
		       sizeof(state->window)))
		err(1, "TCP_REPAIR_WINDOW");
	/* Without a probe of the window to the client. */
	set(fd, TCP_REPAIR, -1);
	return fd;
}

struct request {
	struct nlmsghdr head;
	struct tcmsg filter;
	char rest[512];
};

static struct rtattr *add(struct request *request, int type, const void *data,
			  size_t size)
{
	char *end = (char *)request + NLMSG_ALIGN(request->head.nlmsg_len);
	struct rtattr *attr = (struct rtattr *)end;

	attr->rta_type = type;
	attr->rta_len = RTA_LENGTH(size);
	if (size)
		memcpy(RTA_DATA(attr), data, size);
	request->head.nlmsg_len = end - (char *)request + RTA_SPACE(size);
	return attr;
}

static void end(struct request *request, struct rtattr *nest)
{
	nest->rta_len = (char *)request + request->head.nlmsg_len -
		(char *)nest;
}

/* One that is there already. */
static void add_action(struct request *request, int order, const char *kind,
		       const void *parms, size_t size)
{
	struct rtattr *action, *options;

	action = add(request, order, NULL, 0);
	add(request, TCA_ACT_KIND, kind, strlen(kind) + 1);
	options = add(request, TCA_ACT_OPTIONS | NLA_F_NESTED, NULL, 0);
	/* TCA_SKBMOD_PARMS and TCA_MIRRED_PARMS are both 2. */
	add(request, TCA_MIRRED_PARMS, parms, size);
	end(request, options);
	end(request, action);
}

static void build(struct request *request, const struct sockaddr_in *client)
{
	struct tc_skbmod mod = { .index = 1, .action = TC_ACT_PIPE };
	struct tc_mirred out = { .index = 1, .action = TC_ACT_STOLEN,
		.eaction = TCA_EGRESS_REDIR };
	__be16 ip = htons(ETH_P_IP), port = htons(80), all = 0xffff;
	__be32 whole = 0xffffffff;
	__u8 tcp = IPPROTO_TCP;
	struct rtattr *options, *actions;

	add(request, TCA_KIND, "flower", 7);
	options = add(request, TCA_OPTIONS | NLA_F_NESTED, NULL, 0);
	add(request, TCA_FLOWER_KEY_ETH_TYPE, &ip, sizeof(ip));
	add(request, TCA_FLOWER_KEY_IP_PROTO, &tcp, sizeof(tcp));
	add(request, TCA_FLOWER_KEY_IPV4_SRC, &client->sin_addr, sizeof(whole));
	add(request, TCA_FLOWER_KEY_IPV4_SRC_MASK, &whole, sizeof(whole));
	add(request, TCA_FLOWER_KEY_TCP_SRC, &client->sin_port, sizeof(port));
	add(request, TCA_FLOWER_KEY_TCP_SRC_MASK, &all, sizeof(all));
	add(request, TCA_FLOWER_KEY_TCP_DST, &port, sizeof(port));
	add(request, TCA_FLOWER_KEY_TCP_DST_MASK, &all, sizeof(all));
	actions = add(request, TCA_FLOWER_ACT | NLA_F_NESTED, NULL, 0);
	add_action(request, 1, "skbmod", &mod, sizeof(mod));
	add_action(request, 2, "mirred", &out, sizeof(out));
	end(request, actions);
	end(request, options);
}

static void redirect(int netlink, const struct sockaddr_in *client)
{
	struct request request = {
		.head.nlmsg_len = NLMSG_LENGTH(sizeof(struct tcmsg)),
		.head.nlmsg_type = RTM_NEWTFILTER,
		.head.nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL |
			NLM_F_ACK,
		.filter.tcm_ifindex = if_nametoindex("eth0"),
		.filter.tcm_parent = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS),
		.filter.tcm_info = TC_H_MAKE(1 << 16, htons(ETH_P_IP)),
	};
	struct {
		struct nlmsghdr head;
		struct nlmsgerr error;
		char rest[1024];
	} answer;

	build(&request, client);
	if (send(netlink, &request, request.head.nlmsg_len, 0) < 0 ||
	    recv(netlink, &answer, sizeof(answer), 0) < 0)
		err(1, "rtnetlink");
	if (answer.error.error)
		errx(1, "a filter: %s", strerror(-answer.error.error));
}

static void origin(const char *address)
{
	struct sockaddr_in target = at(address, STATES);
	int listener = listen_at(80), netlink, states, fd;
	struct state state = {};
	socklen_t size;
	size_t length;
	char done;

	netlink = socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE);
	states = socket(AF_INET, SOCK_STREAM, 0);
	if (connect(states, (struct sockaddr *)&target, sizeof(target)))
		err(1, "%s", address);
	set(states, TCP_NODELAY, 1);
	for (;;) {
		size = sizeof(state.client);
		fd = accept(listener, (struct sockaddr *)&state.client, &size);
		state.length = read(fd, state.request, sizeof(state.request));
		export(fd, &state);
		length = offsetof(struct state, request) + state.length;
		if (send(states, &state, length, 0) != (ssize_t)length ||
		    read(states, &done, 1) != 1)
			err(1, "the target");
		redirect(netlink, &state.client);
		/* Of a socket in repair nobody is told. */
		close(fd);
	}
}

static void target(const char *address)
{
	struct sockaddr_in own = at(address, 80);
	int fd = accept(listen_at(STATES), NULL, NULL);
	struct state state;

	set(fd, TCP_NODELAY, 1);
	for (;;) {
		/* So small, it comes in one piece. */
		if (recv(fd, &state, sizeof(state), 0) <= 0) {
			if (errno != EINTR)
				err(1, "the origin");
			give_back();
			continue;
		}
		hold(import(&own, &state));
		if (send(fd, "", 1, 0) != 1)
			err(1, "the origin");
	}
}

static void application(void)
{
	int listener = listen_at(80), fd;

	for (;;) {
		fd = accept(listener, NULL, NULL);
		if (fd >= 0)
			hold(fd);
		else if (errno == EINTR)
			give_back();
		else
			err(1, "accept");
	}
}

int main(int argc, char **argv)
{
	/* Without SA_RESTART: who waits is woken. */
	struct sigaction action = { .sa_handler = wake };

	sigaction(SIGUSR1, &action, NULL);
	/* The first hand-off shall not wait for a disk. */
	if (mlockall(MCL_CURRENT | MCL_FUTURE))
		err(1, "mlockall");
	if (argc == 3 && !strcmp(argv[1], "origin"))
		origin(argv[2]);
	else if (argc == 3 && !strcmp(argv[1], "target"))
		target(argv[2]);
	else if (argc == 2 && !strcmp(argv[1], "hold"))
		application();
	errx(2, "repair origin ADDRESS | target OWN | hold");
}
