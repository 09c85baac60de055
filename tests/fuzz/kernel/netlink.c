// SPDX-License-Identifier: GPL-2.0
/*
 * Messages for the family "ipos". A record's kind is the command, its flags are
 * half of the message's (dump, replace, excl, create ... as in NLM_F_* >> 4),
 * its body the attributes.
 */
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include "guided.h"

static int sock;
static uint16_t family;

struct message {
	struct nlmsghdr		head;
	struct genlmsghdr	genl;
	uint8_t			attrs[INPUT_MAX];
};

static void send_message(uint16_t type, uint16_t flags, uint8_t cmd,
			 const void *attrs, size_t len)
{
	static struct message message;

	message.head.nlmsg_len = NLMSG_HDRLEN + GENL_HDRLEN + len;
	message.head.nlmsg_type = type;
	message.head.nlmsg_flags = flags | NLM_F_REQUEST;
	message.genl.cmd = cmd;
	message.genl.version = 1;
	memcpy(message.attrs, attrs, len);
	(void)!send(sock, &message, message.head.nlmsg_len, 0);
}

/* Reads all there is, so that a dump goes on to its end; the last is in @to. */
static void drain(uint8_t *to, size_t size)
{
	while (recv(sock, to, size, MSG_DONTWAIT) > 0)
		;
}

static void netlink_open(char **devices)
{
	static const struct {
		struct nlattr	head;
		char		name[8];
	} name = { { 9, CTRL_ATTR_FAMILY_NAME }, "ipos" };
	struct sockaddr_nl here = { .nl_family = AF_NETLINK };
	uint8_t answer[8192];
	struct nlattr *attr = (void *)(answer + NLMSG_HDRLEN + GENL_HDRLEN);

	(void)devices;
	sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);
	if (sock < 0 || bind(sock, (void *)&here, sizeof(here)))
		fuzz_die("netlink");
	send_message(GENL_ID_CTRL, 0, CTRL_CMD_GETFAMILY, &name, sizeof(name));
	if (recv(sock, answer, sizeof(answer), 0) < 0)
		fuzz_die("the family");
	while (attr->nla_type != CTRL_ATTR_FAMILY_ID) {
		attr = (void *)((uint8_t *)attr + NLA_ALIGN(attr->nla_len));
		if ((uint8_t *)attr >= answer + ((struct nlmsghdr *)answer)->nlmsg_len)
			fuzz_die("no family ipos");
	}
	memcpy(&family, attr + 1, sizeof(family));
}

static void netlink_run(struct record *record)
{
	uint8_t answer[32768];

	send_message(family, record->flags << 4 | NLM_F_ACK, record->kind,
		     record->body, record->len);
	drain(answer, sizeof(answer));
}

const struct target netlink = { "netlink", netlink_open, netlink_run };
