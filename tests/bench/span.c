// SPDX-License-Identifier: GPL-2.0
/*
 * span DEVICE FRAME: sends a frame, and tells what this machine has worked
 * from then on until all was quiet, in instructions, programs included. Only
 * where the time stamp counter counts instructions.
 */
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>
#include "guest.h"

/* Microseconds: for what ended before, and for what is measured. */
#define BEFORE	20000
#define QUIET	2000

static __u64 span(int fd, const char *frame, size_t length)
{
	__u64 start, idle, worked;

	usleep(BEFORE);
	idle = guest_idle();
	start = __rdtsc();
	if (send(fd, frame, length, 0) != (ssize_t)length)
		err(1, "send");
	usleep(QUIET);
	worked = __rdtsc() - start;
	return worked - (guest_idle() - idle);
}

int main(int argc, char **argv)
{
	struct sockaddr_ll addr = { .sll_family = AF_PACKET };
	int fd = socket(AF_PACKET, SOCK_RAW, 0);
	static const char nothing[60] = { [12] = 0x88, [13] = 0xb6 };
	char frame[2048];
	size_t length;
	FILE *file;

	if (argc != 3)
		errx(2, "span DEVICE FRAME");
	addr.sll_ifindex = if_nametoindex(argv[1]);
	if (!addr.sll_ifindex ||
	    bind(fd, (struct sockaddr *)&addr, sizeof(addr)))
		err(1, "%s", argv[1]);
	file = fopen(argv[2], "r");
	if (!file)
		err(1, "%s", argv[2]);
	length = fread(frame, 1, sizeof(frame), file);
	if (mlockall(MCL_CURRENT | MCL_FUTURE))
		err(1, "mlockall");
	/* Of a type that nobody takes: this touches what the next finds at hand. */
	span(fd, nothing, sizeof(nothing));
	printf("%llu\n", span(fd, frame, length));
	return 0;
}
