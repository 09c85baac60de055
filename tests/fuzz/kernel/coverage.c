// SPDX-License-Identifier: GPL-2.0
/*
 * Which ways through the module this task has gone: KCOV, see the kernel's
 * Documentation/dev-tools/kcov.rst.
 */
#include <fcntl.h>
#include <linux/kcov.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include "guided.h"

#define WORDS	(256 << 10)
#define EDGES	0x100000

static unsigned long *words;
static uint8_t seen[EDGES / 8];
static unsigned int edges;

/* Returns false where the kernel has no KCOV. */
bool coverage_open(void)
{
	int fd = open("/sys/kernel/debug/kcov", O_RDWR | O_CLOEXEC);
	void *map;

	if (fd < 0)
		return false;
	if (ioctl(fd, KCOV_INIT_TRACE, (unsigned long)WORDS))
		fuzz_die("KCOV_INIT_TRACE");
	map = mmap(NULL, WORDS * sizeof(*words), PROT_READ | PROT_WRITE,
		   MAP_SHARED, fd, 0);
	if (map == MAP_FAILED)
		fuzz_die("kcov's memory");
	if (ioctl(fd, KCOV_ENABLE, KCOV_TRACE_PC))
		fuzz_die("KCOV_ENABLE");
	words = map;
	return true;
}

void coverage_begin(void)
{
	if (words)
		__atomic_store_n(words, 0, __ATOMIC_RELAXED);
}

/* Returns how many steps from one place to another no input took before. */
unsigned int coverage_end(void)
{
	unsigned long n, i, from = 0;
	unsigned int new = 0;

	if (!words)
		return 0;
	n = __atomic_load_n(words, __ATOMIC_RELAXED);
	for (i = 1; i <= n && i < WORDS; i++) {
		uint64_t step = (words[i] ^ from << 1) * 0x9e3779b97f4a7c15;
		unsigned int bit = step >> 44;

		from = words[i];
		if (seen[bit / 8] & 1 << bit % 8)
			continue;
		seen[bit / 8] |= 1 << bit % 8;
		new++;
	}
	edges += new;
	return new;
}

unsigned int coverage_edges(void)
{
	return edges;
}
