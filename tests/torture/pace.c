// SPDX-License-Identifier: GPL-2.0
/*
 * pace COUNT DEVICE FRAMES: sends COUNT of the frames each millisecond, in
 * turn, until it is ended; then tells how many that were.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdlib.h>
#include <sys/uio.h>
#include <time.h>
#include "send.h"

static volatile sig_atomic_t ended;

static void end(int number)
{
	(void)number;
	ended = 1;
}

int main(int argc, char **argv)
{
	struct timespec next;
	int fd, count, i, at = 0;
	unsigned long sent = 0;
	struct iovec *frames;

	if (argc != 4)
		errx(2, "pace COUNT DEVICE FRAMES");
	signal(SIGTERM, end);
	fd = open_device(argv[2]);
	frames = read_frames(argv[3], &count);
	clock_gettime(CLOCK_MONOTONIC, &next);
	while (!ended) {
		for (i = atoi(argv[1]); i; i--, at = (at + 1) % count)
			/* A queue that is full takes what comes later. */
			sent += writev(fd, &frames[at], 1) > 0;
		next.tv_nsec += 1000000;
		next.tv_sec += next.tv_nsec / 1000000000;
		next.tv_nsec %= 1000000000;
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
	}
	printf("%lu\n", sent);
	return 0;
}
