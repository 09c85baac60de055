// SPDX-License-Identifier: GPL-2.0
/*
 * fetch COUNT PAUSE ADDRESS PATH...: asks ADDRESS, port 80, for each PATH in
 * turn, COUNT times in all, each time on a connection of its own, and lets PAUSE
 * microseconds pass after each. Prints what the machine has worked for one fetch,
 * in instructions, the median and the 99th percentile of the nanoseconds from
 * connect() to the first byte, and what came in bytes. Every answer is a 200 and
 * tells its length. Only where the time stamp counter counts instructions.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "guest.h"

#define MAX	20000

static struct sockaddr_in server = {
	.sin_family = AF_INET,
};

static int compare(const void *a, const void *b)
{
	__u64 x = *(const __u64 *)a, y = *(const __u64 *)b;

	return (x > y) - (x < y);
}

/* The whole answer's length, once its head is there; before that 0. */
static size_t answer_length(const char *head)
{
	const char *end = strstr(head, "\r\n\r\n"), *length;

	if (!end)
		return 0;
	if (strncmp(head, "HTTP/1.1 200 ", 13))
		errx(1, "answered: %.60s", head);
	length = strcasestr(head, "\r\nContent-Length:");
	if (!length || length > end)
		errx(1, "the answer tells no length");
	return end + 4 - head + strtoul(length + 17, NULL, 10);
}

/* Asks for it; *took is the time to the first byte. The answer's length. */
static size_t fetch(const char *path, __u64 *took)
{
	static char buffer[256 << 10];
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	__u64 start = __rdtsc();
	size_t got = 0, all = 0;
	ssize_t n;

	if (connect(fd, (struct sockaddr *)&server, sizeof(server)))
		err(1, "connect");
	n = snprintf(buffer, sizeof(buffer),
		     "GET %s HTTP/1.1\r\nHost: www.example\r\n\r\n", path);
	if (send(fd, buffer, n, 0) != n)
		err(1, "send");
	while (!all || got < all) {
		/* Only the head's bytes are looked at, the rest may go. */
		n = recv(fd, all ? buffer : buffer + got,
			 all ? sizeof(buffer) : sizeof(buffer) - 1 - got, 0);
		if (n <= 0)
			err(1, "%s: the answer ends after %zu", path, got);
		if (!got)
			*took = __rdtsc() - start;
		got += n;
		if (!all) {
			buffer[got] = 0;
			all = answer_length(buffer);
		}
	}
	close(fd);
	return got;
}

int main(int argc, char **argv)
{
	static __u64 took[MAX];
	__u64 start, idle, worked;
	int i, count, pause;
	size_t bytes = 0;

	if (argc < 5)
		errx(2, "fetch COUNT PAUSE ADDRESS PATH...");
	count = atoi(argv[1]);
	pause = atoi(argv[2]);
	if (count < 1 || count > MAX || !inet_aton(argv[3], &server.sin_addr))
		errx(2, "1 to %d, of an address", MAX);
	server.sin_port = htons(80);
	argc -= 4;
	argv += 4;
	/* The first of each touches what the others find at hand. */
	for (i = 0; i < argc; i++)
		fetch(argv[i], took);
	usleep(1000);
	idle = guest_idle();
	start = __rdtsc();
	for (i = 0; i < count; i++) {
		bytes += fetch(argv[i % argc], &took[i]);
		if (pause)
			usleep(pause);
	}
	/* What is left to others of the last one. */
	usleep(1000);
	worked = __rdtsc() - start;
	worked -= guest_idle() - idle;
	qsort(took, count, sizeof(*took), compare);
	printf("%llu %llu %llu %zu\n", worked / count, took[count / 2],
	       took[(count - 1) * 99 / 100], bytes);
	return 0;
}
