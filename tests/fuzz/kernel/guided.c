// SPDX-License-Identifier: GPL-2.0
/*
 * guided TARGET RUNS SEED KEPT [DEVICE...]: RUNS records for the module, from
 * inputs on stdin (a line of hex each) and what grows from them. What reached
 * something new is written to the file KEPT, in the same form. Says at the end
 * in a line what was done. TARGET is frames or netlink.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "guided.h"

#define INPUTS_MAX	(64 << 10)

struct input {
	size_t	len;
	uint8_t	data[];
};

static struct input *inputs[INPUTS_MAX];
static unsigned int n_inputs;
static uint64_t state;

void fuzz_die(const char *what)
{
	fprintf(stderr, "guided: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* xorshift64* */
uint64_t fuzz_random(void)
{
	state ^= state >> 12;
	state ^= state << 25;
	state ^= state >> 27;
	return state * 0x2545f4914f6cdd1d;
}

static size_t below(size_t n)
{
	return n ? fuzz_random() % n : 0;
}

static void keep(const uint8_t *data, size_t len)
{
	struct input *input;

	if (n_inputs == INPUTS_MAX)
		return;
	input = malloc(sizeof(*input) + len);
	if (!input)
		fuzz_die("an input");
	input->len = len;
	memcpy(input->data, data, len);
	inputs[n_inputs++] = input;
}

static void read_inputs(void)
{
	static char line[2 * INPUT_MAX + 2];
	uint8_t data[INPUT_MAX];

	while (fgets(line, sizeof(line), stdin)) {
		size_t len = strspn(line, "0123456789abcdef") / 2, i;

		for (i = 0; i < len; i++)
			if (sscanf(line + 2 * i, "%2hhx", &data[i]) != 1)
				fuzz_die("hex");
		if (len)
			keep(data, len);
	}
	if (!n_inputs)
		fuzz_die("no input on stdin");
}

/* Where a record begins: changes there move all that follows. */
static size_t record_at(const uint8_t *data, size_t len)
{
	size_t starts[64], n = 0, at = 0;

	while (at + RECORD_HEAD <= len && n < 64) {
		starts[n++] = at;
		at += RECORD_HEAD + (data[at + 2] | data[at + 3] << 8);
	}
	return n ? starts[below(n)] : 0;
}

static size_t insert(uint8_t *data, size_t len, size_t at, const uint8_t *what,
		     size_t n)
{
	if (n > INPUT_MAX - len)
		n = INPUT_MAX - len;
	memmove(data + at + n, data + at, len - at);
	if (what)
		memcpy(data + at, what, n);
	else
		memset(data + at, 0, n);
	return len + n;
}

static size_t cut(uint8_t *data, size_t len, size_t at, size_t n)
{
	if (n > len - at)
		n = len - at;
	memmove(data + at, data + at + n, len - at - n);
	return len - n;
}

/* A record of another input, before one of this. */
static size_t borrow(uint8_t *data, size_t len)
{
	const struct input *other = inputs[below(n_inputs)];
	size_t at = record_at(other->data, other->len), n;

	if (at + RECORD_HEAD > other->len)
		return len;
	n = RECORD_HEAD + (other->data[at + 2] | other->data[at + 3] << 8);
	if (n > other->len - at)
		n = other->len - at;
	return insert(data, len, record_at(data, len), other->data + at, n);
}

static void number(uint8_t *data, size_t len, size_t at)
{
	static const uint32_t edges[] = {
		0, 1, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff, 0x10000,
		0x7fffffff, 0x80000000, 0xffffffff,
	};
	uint32_t value = edges[below(sizeof(edges) / sizeof(*edges))];
	size_t size = 1 << below(3), i;

	for (i = 0; i < size && at + i < len; i++)
		data[at + i] = value >> 8 * (fuzz_random() & 1 ? i :
							 size - 1 - i);
}

static size_t change(uint8_t *data, size_t len)
{
	size_t at = below(len), n;

	switch (below(9)) {
	case 0:
	case 1:
		data[at] ^= 1 << below(8);
		return len;
	case 2:
		data[at] = fuzz_random();
		return len;
	case 3:
		number(data, len, at);
		return len;
	case 4:
		data[at] += below(17) - 8;
		return len;
	case 5:
		return insert(data, len, at, NULL, 1 + below(16));
	case 6:
		return cut(data, len, at, 1 + below(16));
	case 7:
		n = 1 + below(32);
		if (n > len - at)
			n = len - at;
		memmove(data + below(len - n + 1), data + at, n);
		return len;
	default:
		return borrow(data, len);
	}
}

/* Returns how many records there were. */
static unsigned int execute(const struct target *target, const uint8_t *data,
			    size_t len)
{
	static struct record record;
	unsigned int records = 0;
	size_t at = 0;

	while (at + RECORD_HEAD <= len) {
		memset(&record, 0, sizeof(record));
		record.kind = data[at];
		record.flags = data[at + 1];
		record.len = data[at + 2] | data[at + 3] << 8;
		at += RECORD_HEAD;
		if (record.len > len - at)
			record.len = len - at;
		memcpy(record.body, data + at, record.len);
		at += record.len;
		target->run(&record);
		records++;
	}
	return records;
}

/* Returns how many records were run. */
static unsigned int try(const struct target *target, const uint8_t *data,
			size_t len, FILE *kept)
{
	unsigned int records;
	size_t i;

	coverage_begin();
	records = execute(target, data, len);
	if (!coverage_end())
		return records;
	keep(data, len);
	for (i = 0; i < len; i++)
		fprintf(kept, "%02x", data[i]);
	fputc('\n', kept);
	return records;
}

static void fuzz(const struct target *target, unsigned long runs, FILE *kept)
{
	unsigned int given = n_inputs, i;
	unsigned long done = 0;
	uint8_t data[INPUT_MAX];

	for (i = 0; i < given; i++)
		done += try(target, inputs[i]->data, inputs[i]->len, kept);
	while (done < runs) {
		/* What was found last is most often gone on from. */
		size_t back = below(2) ? n_inputs : 1 + n_inputs / 8;
		const struct input *from = inputs[n_inputs - 1 - below(back)];
		unsigned int changes = 1 + below(6);
		size_t len = from->len;

		memcpy(data, from->data, len);
		while (changes-- && len)
			len = change(data, len);
		/* An input without a record counts, too. */
		done += try(target, data, len, kept) ?: 1;
	}
	printf("%s %lu runs %u edges %u inputs\n", target->name, done,
	       coverage_edges(), n_inputs - given);
}

int main(int argc, char **argv)
{
	const struct target *target;
	FILE *kept;

	if (argc < 5)
		fuzz_die("wanted TARGET RUNS SEED KEPT");
	target = strcmp(argv[1], "frames") ? &netlink : &frames;
	state = strtoull(argv[3], NULL, 0) ?: 1;
	kept = fopen(argv[4], "w");
	if (!kept)
		fuzz_die(argv[4]);
	read_inputs();
	target->open(argv + 5);
	if (!coverage_open())
		fprintf(stderr, "guided: this kernel has no KCOV\n");
	fuzz(target, strtoul(argv[2], NULL, 0), kept);
	return fclose(kept) ? 1 : 0;
}
