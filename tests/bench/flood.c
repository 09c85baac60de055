// SPDX-License-Identifier: GPL-2.0
/*
 * flood DEVICE FRAME BATCHES: sends a frame over and over and tells what
 * one costs this machine in instructions, everything that happens to it on the
 * way included: with one CPU the packet's whole way lies within the system call
 * that sends it. Only where the time stamp counter counts instructions.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <linux/if_packet.h>
#include <linux/types.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <x86intrin.h>

#define BATCH	64
#define MAX	1000

static int compare(const void *a, const void *b)
{
	__u64 x = *(const __u64 *)a, y = *(const __u64 *)b;

	return (x > y) - (x < y);
}

static int open_device(const char *name)
{
	struct sockaddr_ll addr = {
		.sll_family = AF_PACKET,
		.sll_ifindex = if_nametoindex(name),
	};
	int fd = socket(AF_PACKET, SOCK_RAW, 0);

	if (fd < 0 || !addr.sll_ifindex ||
	    bind(fd, (struct sockaddr *)&addr, sizeof(addr)))
		err(1, "%s", name);
	return fd;
}

static size_t read_frame(const char *path, void *frame, size_t size)
{
	FILE *file = fopen(path, "r");
	size_t len;

	if (!file)
		err(1, "%s", path);
	len = fread(frame, 1, size, file);
	fclose(file);
	return len;
}

int main(int argc, char **argv)
{
	static __u8 frame[2048];
	static __u64 cost[MAX];
	struct mmsghdr batch[BATCH];
	struct iovec iov = { .iov_base = frame };
	int fd, i, n, batches;
	__u64 start;

	if (argc != 4)
		errx(2, "flood DEVICE FRAME BATCHES");
	fd = open_device(argv[1]);
	iov.iov_len = read_frame(argv[2], frame, sizeof(frame));
	batches = atoi(argv[3]);
	if (batches < 1 || batches > MAX)
		errx(2, "batches: 1 to %d", MAX);
	memset(batch, 0, sizeof(batch));
	for (i = 0; i < BATCH; i++) {
		batch[i].msg_hdr.msg_iov = &iov;
		batch[i].msg_hdr.msg_iovlen = 1;
	}
	/* The first batch touches what the others find at hand. */
	for (n = -1; n < batches; n++) {
		start = __rdtsc();
		i = sendmmsg(fd, batch, BATCH, 0);
		if (n >= 0)
			cost[n] = __rdtsc() - start;
		if (i != BATCH)
			err(1, "sent %d of %d", i, BATCH);
	}
	/* The median: a timer's tick falls into every sixth batch or so. */
	qsort(cost, batches, sizeof(*cost), compare);
	printf("%d %.2f\n", (batches + 1) * BATCH,
	       (double)cost[batches / 2] / BATCH);
	return 0;
}
