// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/genetlink.h>
#include <linux/ipos.h>
#include <linux/netlink.h>
#include "error.h"
#include "netlink.h"

/* Rows of a dump that are kept, to be able to begin anew without a word. */
#define KEPT (16u << 20)
#define TRIES 10
#define RECEIVE 32768
/* Room for events that come faster than they are read. */
#define BUFFER (1024 * 1024)

/**
 * struct answer - what a request has brought so far
 * @row: called with each row
 * @arg: for @row
 * @err: 0 or negative, as the kernel says
 * @words: the kernel's own, if any
 * @interrupted: the table changed its shape meanwhile
 * @kept: rows not given to @row yet; NULL: they are given at once
 * @used: bytes of @kept
 */
struct answer {
	row_t row;
	void *arg;
	int err;
	char words[256];
	bool interrupted;
	char *kept;
	size_t used;
};

static struct mnl_socket *sock;
static uint16_t family;
static uint32_t seq;
static char message[MNL_NLMSG_HDRLEN + 8192];

static int put_attr(const struct nlattr *attr, void *data)
{
	struct nlattr **attrs = data;

	if (mnl_attr_get_type(attr) < ATTRS)
		attrs[mnl_attr_get_type(attr)] = (struct nlattr *)attr;
	return MNL_CB_OK;
}

/**
 * netlink_attrs() - the attributes of a message
 * @nlh: of the family
 * @attrs: ATTRS of them; NULL where there is none
 */
void netlink_attrs(const struct nlmsghdr *nlh, struct nlattr **attrs)
{
	memset(attrs, 0, ATTRS * sizeof(*attrs));
	mnl_attr_parse(nlh, sizeof(struct genlmsghdr), put_attr, attrs);
}

/**
 * netlink_nested() - the attributes inside of one
 * @nest: the outer one
 * @attrs: ATTRS of them; NULL where there is none
 */
void netlink_nested(const struct nlattr *nest, struct nlattr **attrs)
{
	memset(attrs, 0, ATTRS * sizeof(*attrs));
	mnl_attr_parse_nested(nest, put_attr, attrs);
}

static void give(const struct nlmsghdr *nlh, const struct answer *answer)
{
	struct nlattr *attrs[ATTRS];

	netlink_attrs(nlh, attrs);
	answer->row(attrs, answer->arg);
}

static void give_kept(struct answer *answer)
{
	const struct nlmsghdr *nlh = (void *)answer->kept;
	int len = answer->used;

	for (; mnl_nlmsg_ok(nlh, len); nlh = mnl_nlmsg_next(nlh, &len))
		give(nlh, answer);
	free(answer->kept);
	answer->kept = NULL;
}

static void take(const struct nlmsghdr *nlh, struct answer *answer)
{
	if (!answer->row)
		return;
	if (answer->kept && answer->used + nlh->nlmsg_len + 4 > KEPT)
		give_kept(answer);
	if (!answer->kept) {
		give(nlh, answer);
		return;
	}
	memcpy(answer->kept + answer->used, nlh, nlh->nlmsg_len);
	answer->used += MNL_ALIGN(nlh->nlmsg_len);
}

static int put_words(const struct nlattr *attr, void *data)
{
	const char **words = data;

	if (mnl_attr_get_type(attr) == NLMSGERR_ATTR_MSG &&
	    mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) >= 0)
		*words = mnl_attr_get_str(attr);
	return MNL_CB_OK;
}

/* The kernel's own words, which follow the fixed part of its verdict. */
static const char *find_words(const struct nlmsghdr *nlh, size_t fixed)
{
	const char *words = NULL;

	if (nlh->nlmsg_flags & NLM_F_ACK_TLVS)
		mnl_attr_parse(nlh, fixed, put_words, &words);
	return words;
}

static void conclude(struct answer *answer, const struct nlmsghdr *nlh, int err,
		     size_t fixed)
{
	const char *words = find_words(nlh, fixed);

	answer->err = err;
	if (words)
		snprintf(answer->words, sizeof(answer->words), "%s", words);
}

static int take_verdict(const struct nlmsghdr *nlh, struct answer *answer)
{
	const struct nlmsgerr *verdict = mnl_nlmsg_get_payload(nlh);
	size_t fixed = sizeof(*verdict);

	if (mnl_nlmsg_get_payload_len(nlh) < fixed) {
		answer->err = -EBADMSG;
		return MNL_CB_STOP;
	}
	/* A refused request is repeated before the words. */
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
		fixed += verdict->msg.nlmsg_len - MNL_NLMSG_HDRLEN;
	conclude(answer, nlh, verdict->error, fixed);
	return MNL_CB_STOP;
}

static int take_end(const struct nlmsghdr *nlh, struct answer *answer)
{
	int err = 0;

	if (mnl_nlmsg_get_payload_len(nlh) >= sizeof(err))
		memcpy(&err, mnl_nlmsg_get_payload(nlh), sizeof(err));
	conclude(answer, nlh, err, sizeof(err));
	return MNL_CB_STOP;
}

static int take_message(const struct nlmsghdr *nlh, struct answer *answer)
{
	if (nlh->nlmsg_seq != seq)
		return MNL_CB_OK;
	if (nlh->nlmsg_flags & NLM_F_DUMP_INTR)
		answer->interrupted = true;
	switch (nlh->nlmsg_type) {
	case NLMSG_ERROR:
		return take_verdict(nlh, answer);
	case NLMSG_DONE:
		return take_end(nlh, answer);
	default:
		take(nlh, answer);
		return MNL_CB_OK;
	}
}

static void receive(struct answer *answer)
{
	static char buffer[RECEIVE];
	const struct nlmsghdr *nlh;
	ssize_t received;
	int len;

	for (;;) {
		received = mnl_socket_recvfrom(sock, buffer, sizeof(buffer));
		if (received < 0 && errno == EINTR)
			continue;
		if (received < 0) {
			answer->err = -errno;
			return;
		}
		len = received;
		nlh = (void *)buffer;
		for (; mnl_nlmsg_ok(nlh, len); nlh = mnl_nlmsg_next(nlh, &len))
			if (take_message(nlh, answer) == MNL_CB_STOP)
				return;
	}
}

static void talk(struct nlmsghdr *request, struct answer *answer)
{
	answer->err = 0;
	answer->words[0] = '\0';
	answer->interrupted = false;
	answer->used = 0;
	request->nlmsg_seq = ++seq;
	if (mnl_socket_sendto(sock, request, request->nlmsg_len) < 0)
		answer->err = -errno;
	else
		receive(answer);
}

/**
 * netlink_refusal() - say that the kernel does not do it, and gave no words
 * @err: as in errno
 *
 * Return: REFUSED.
 */
int netlink_refusal(int err)
{
	if (err == EPERM)
		return refusal("not permitted: this needs CAP_NET_ADMIN in the network namespace");
	return refusal("the kernel says: %s", strerror(err));
}

static int status_of(const struct answer *answer)
{
	if (!answer->err) {
		if (answer->words[0])
			warning(answer->words);
		return DONE;
	}
	if (answer->words[0])
		return refusal("%s", answer->words);
	return netlink_refusal(-answer->err);
}

struct group {
	const char *name;
	uint32_t id;
};

static struct group groups[] = {
	{ IPOS_MCGRP_HANDOFF }, { IPOS_MCGRP_CONFIG }, { IPOS_MCGRP_CLUSTER },
	{ IPOS_MCGRP_AGENT },
};

static void take_group(struct nlattr **attrs)
{
	const struct nlattr *name = attrs[CTRL_ATTR_MCAST_GRP_NAME];
	const struct nlattr *id = attrs[CTRL_ATTR_MCAST_GRP_ID];

	for (size_t i = 0; i < sizeof(groups) / sizeof(*groups); i++)
		if (name && id &&
		    !strcmp(groups[i].name, mnl_attr_get_str(name)))
			groups[i].id = mnl_attr_get_u32(id);
}

static void take_family(struct nlattr **attrs, void *arg)
{
	const struct nlattr *nests = attrs[CTRL_ATTR_MCAST_GROUPS];
	struct nlattr *nest, *group[ATTRS];
	uint16_t *id = arg;

	if (attrs[CTRL_ATTR_FAMILY_ID])
		*id = mnl_attr_get_u16(attrs[CTRL_ATTR_FAMILY_ID]);
	if (!nests)
		return;
	mnl_attr_for_each_nested(nest, nests) {
		netlink_nested(nest, group);
		take_group(group);
	}
}

static struct nlmsghdr *begin(char *buffer, uint16_t type, uint8_t cmd)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buffer);
	struct genlmsghdr *genl;

	nlh->nlmsg_type = type;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = cmd;
	genl->version = IPOS_FAMILY_VERSION;
	return nlh;
}

static int open_socket(void)
{
	int on = 1;

	sock = mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC);
	if (!sock || mnl_socket_bind(sock, 0, MNL_SOCKET_AUTOPID) < 0)
		return refusal("cannot open a netlink socket: %s",
			       strerror(errno));
	/* Without it there is a number instead of words: no reason to stop. */
	mnl_socket_setsockopt(sock, NETLINK_EXT_ACK, &on, sizeof(on));
	return DONE;
}

/* Not before the first request: a wrong word is told without the module. */
static int find_family(void)
{
	struct answer answer = { .row = take_family, .arg = &family };
	char buffer[256];
	struct nlmsghdr *nlh;

	if (family)
		return DONE;
	if (!sock && open_socket())
		return REFUSED;
	nlh = begin(buffer, GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, IPOS_FAMILY_NAME);
	talk(nlh, &answer);
	if (answer.err == -ENOENT)
		return refusal("the kernel module ipos is not loaded");
	return status_of(&answer);
}

/**
 * netlink_request() - begin a request
 * @cmd: IPOS_CMD_*
 *
 * Return: where attributes can be put; valid until the next one.
 */
struct nlmsghdr *netlink_request(uint8_t cmd)
{
	return begin(message, 0, cmd);
}

static int send_request(struct nlmsghdr *request, uint16_t flags,
			struct answer *answer)
{
	int status = find_family();

	if (status)
		return status;
	request->nlmsg_type = family;
	request->nlmsg_flags = NLM_F_REQUEST | flags;
	talk(request, answer);
	return DONE;
}

/**
 * netlink_do() - one request with at most one row for an answer
 * @request: from netlink_request()
 * @row: called with it; may be NULL
 * @arg: for @row
 *
 * What the kernel says is printed. Return: an exit status.
 */
int netlink_do(struct nlmsghdr *request, row_t row, void *arg)
{
	struct answer answer = { .row = row, .arg = arg };

	return send_request(request, NLM_F_ACK, &answer) ?: status_of(&answer);
}

/**
 * netlink_dump() - a request for any number of rows
 * @request: from netlink_request()
 * @row: called with each
 * @arg: for @row
 *
 * Begins anew when the table was resized meanwhile, which may repeat or miss
 * rows; warns when there are too many for that.
 *
 * Return: an exit status.
 */
int netlink_dump(struct nlmsghdr *request, row_t row, void *arg)
{
	struct answer answer = { .row = row, .arg = arg };
	int status, i = 0;

	answer.kept = malloc(KEPT);
	do {
		status = send_request(request, NLM_F_DUMP, &answer);
	} while (!status && answer.interrupted && answer.kept && ++i < TRIES);
	if (answer.kept)
		give_kept(&answer);
	if (status)
		return status;
	if (answer.interrupted)
		warning("the table changed meanwhile: rows may be missing or told twice");
	return status_of(&answer);
}

static int find_group(const char *name, uint32_t *group)
{
	int status = find_family();

	if (status)
		return status;
	for (size_t i = 0; i < sizeof(groups) / sizeof(*groups); i++)
		if (!strcmp(groups[i].name, name) && groups[i].id) {
			*group = groups[i].id;
			return DONE;
		}
	return refusal("the kernel module has no events \"%s\"", name);
}

static int join(struct mnl_socket *listener, const char *const *names)
{
	int buffer = BUFFER;
	uint32_t group;
	int status;

	/* Without it, more may be lost: that is told. */
	setsockopt(mnl_socket_get_fd(listener), SOL_SOCKET, SO_RCVBUFFORCE,
		   &buffer, sizeof(buffer));
	for (; *names; names++) {
		status = find_group(*names, &group);
		if (status)
			return status;
		if (mnl_socket_setsockopt(listener, NETLINK_ADD_MEMBERSHIP,
					  &group, sizeof(group)))
			return netlink_refusal(errno);
	}
	return DONE;
}

/**
 * netlink_listen() - hear what is told to multicast groups
 * @names: of the groups, ends with NULL
 * @listener: the socket that hears it, the caller's to close; NULL: none
 *
 * Return: an exit status.
 */
int netlink_listen(const char *const *names, struct mnl_socket **listener)
{
	*listener = mnl_socket_open2(NETLINK_GENERIC, SOCK_CLOEXEC);
	if (!*listener ||
	    mnl_socket_bind(*listener, 0, MNL_SOCKET_AUTOPID) < 0)
		return refusal("cannot open a netlink socket: %s",
			       strerror(errno));
	return join(*listener, names);
}

/**
 * netlink_close() - no request follows
 */
void netlink_close(void)
{
	if (sock)
		mnl_socket_close(sock);
	sock = NULL;
	family = 0;
}
