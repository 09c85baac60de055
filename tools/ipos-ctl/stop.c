// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel keeps that the board is draining; the waiting is done here. So an
 * interrupted command leaves the board draining, until `board start`.
 */
#include <stdio.h>
#include <time.h>
#include <linux/genetlink.h>
#include <linux/ipos.h>
#include "error.h"
#include "netlink.h"
#include "stop.h"

#define INTERVAL_MS 200

static bool put_seconds(struct nlmsghdr *nlh, const struct field *field,
			const char *word)
{
	return kind_u32.put(nlh, field, word);
}

static const struct kind kind_duration = {
	"SECONDS", "a number of seconds below 2^32", put_seconds, NULL
};

/* The number is for this program; the attribute that carries it is not sent. */
const struct field stop_drain = {
	"drain", &kind_duration, IPOS_A_BOARD_DRAIN,
	NULL, "seconds that connections have to end by themselves"
};

/* What a stop would end. */
struct remaining {
	uint32_t unfinished;
	uint32_t forwarded;
	uint32_t taken;
};

static uint32_t number(struct nlattr **row, int attr)
{
	return row[attr] ? mnl_attr_get_u32(row[attr]) : 0;
}

static void read_row(struct nlattr **row, void *arg)
{
	*(struct remaining *)arg = (struct remaining){
		.unfinished = number(row, IPOS_A_BOARD_UNFINISHED),
		.forwarded = number(row, IPOS_A_BOARD_FORWARDED),
		.taken = number(row, IPOS_A_BOARD_TAKEN),
	};
}

static int read_drain(const struct nlattr *attr, void *arg)
{
	if (mnl_attr_get_type(attr) == stop_drain.attr)
		*(uint32_t *)arg = mnl_attr_get_u32(attr);
	return MNL_CB_OK;
}

static int begin_draining(void)
{
	struct nlmsghdr *request = netlink_request(IPOS_CMD_BOARD_SET);

	mnl_attr_put_u8(request, IPOS_A_BOARD_DRAIN, 1);
	return netlink_do(request, NULL, NULL);
}

static int ask(struct remaining *now)
{
	return netlink_do(netlink_request(IPOS_CMD_BOARD_GET), read_row, now);
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * INT64_C(1000) + ts.tv_nsec / 1000000;
}

static void tell(const struct remaining *now, int64_t left_ms)
{
	printf("draining: %u unfinished, %u forwarded, %u taken, %lld s left\n",
	       now->unfinished, now->forwarded, now->taken,
	       (long long)(left_ms + 999) / 1000);
	fflush(stdout);
}

/* Tells what is left when that has changed, once a second at most. */
static int wait_for_end(uint32_t seconds)
{
	const struct timespec interval = { .tv_nsec = INTERVAL_MS * 1000000 };
	const int64_t end = now_ms() + seconds * INT64_C(1000);
	uint64_t told = UINT64_MAX, sum;
	struct remaining now = { };
	int64_t left, told_at = 0;
	int status;

	for (;;) {
		status = ask(&now);
		if (status)
			return status;
		left = end - now_ms();
		sum = (uint64_t)now.unfinished + now.forwarded + now.taken;
		if (told == UINT64_MAX || !sum || left <= 0 ||
		    (sum != told && told_at - left >= 1000)) {
			tell(&now, left > 0 ? left : 0);
			told = sum;
			told_at = left;
		}
		if (!sum || left <= 0)
			return DONE;
		nanosleep(&interval, NULL);
	}
}

/**
 * stop_run() - leave the cluster, at once or when nothing would be cut off
 * @call: its only argument is how long to wait for that
 *
 * Return: an exit status.
 */
int stop_run(struct call *call)
{
	uint32_t seconds = 0;
	int status = DONE;

	if (call->given) {
		mnl_attr_parse(call->request, sizeof(struct genlmsghdr),
			       read_drain, &seconds);
		status = begin_draining() ?: wait_for_end(seconds);
	}
	return status ?: netlink_do(netlink_request(IPOS_CMD_BOARD_STOP),
				    NULL, NULL);
}
