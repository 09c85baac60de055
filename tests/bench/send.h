/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the senders of make bench share: a device, and a file of frames, each
 * behind its length, 2 bytes, big-endian.
 */
#ifndef IPOS_BENCH_SEND_H
#define IPOS_BENCH_SEND_H

#include <arpa/inet.h>
#include <err.h>
#include <linux/if_packet.h>
#include <linux/types.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define BATCH	64

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

/* The frames, and how many there are. */
static struct iovec *read_frames(const char *path, int *count)
{
	static __u8 data[1 << 22];
	static struct iovec frames[1 << 15];
	FILE *file = fopen(path, "r");
	size_t size, len, at;
	int n = 0;

	if (!file)
		err(1, "%s", path);
	size = fread(data, 1, sizeof(data), file);
	fclose(file);
	for (at = 0; at + 2 < size && n < 1 << 15; at += len) {
		len = data[at] << 8 | data[at + 1];
		at += 2;
		if (len > size - at)
			break;
		frames[n++] = (struct iovec){ &data[at], len };
	}
	if (!n || at != size)
		errx(1, "%s: not a list of frames, or too long", path);
	*count = n;
	return frames;
}

/* The next frames in turn; returns which one follows. */
static int fill_batch(struct mmsghdr *batch, struct iovec *frames, int count,
		      int next)
{
	int i;

	memset(batch, 0, BATCH * sizeof(*batch));
	for (i = 0; i < BATCH; i++, next = (next + 1) % count) {
		batch[i].msg_hdr.msg_iov = &frames[next];
		batch[i].msg_hdr.msg_iovlen = 1;
	}
	return next;
}

#endif /* IPOS_BENCH_SEND_H */
