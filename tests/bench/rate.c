// SPDX-License-Identifier: GPL-2.0
/*
 * rate MS DEVICE CPU FRAMES [CPU FRAMES]...: each CPU named sends its frames in
 * turn, all for so many milliseconds from when the last one is ready; tells how
 * many microseconds it took until all had ended.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include "send.h"

static __u64 now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000000ULL + now.tv_nsec / 1000;
}

/* In a process of its own. */
static void sender(const char *device, int cpu, const char *path, __u64 us,
		   int *unready, __u64 *begin)
{
	struct mmsghdr batch[BATCH];
	int fd, count, next = 0;
	struct iovec *frames;
	cpu_set_t cpus;

	CPU_ZERO(&cpus);
	CPU_SET(cpu, &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus))
		err(1, "CPU %d", cpu);
	fd = open_device(device);
	frames = read_frames(path, &count);
	/* The last one's is the time that counts. */
	__atomic_store_n(begin, now_us(), __ATOMIC_SEQ_CST);
	__atomic_sub_fetch(unready, 1, __ATOMIC_SEQ_CST);
	while (__atomic_load_n(unready, __ATOMIC_SEQ_CST))
		sched_yield();
	do {
		next = fill_batch(batch, frames, count, next);
		if (sendmmsg(fd, batch, BATCH, 0) != BATCH)
			err(1, "%s", device);
	} while (now_us() < *begin + us);
	exit(0);
}

int main(int argc, char **argv)
{
	int i, status, *unready;
	__u64 *begin;

	if (argc < 5 || argc % 2 == 0)
		errx(2, "rate MS DEVICE CPU FRAMES [CPU FRAMES]...");
	begin = mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		     MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (begin == MAP_FAILED)
		err(1, "mmap");
	unready = (int *)&begin[1];
	*unready = (argc - 3) / 2;
	for (i = 3; i < argc; i += 2)
		if (!fork())
			sender(argv[2], atoi(argv[i]), argv[i + 1],
			       atoi(argv[1]) * 1000ULL, unready, begin);
	for (i = 3; i < argc; i += 2)
		if (wait(&status) < 0 || status)
			errx(1, "a sender failed");
	printf("%llu\n", now_us() - *begin);
	return 0;
}
