// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include "bytes.h"
#include "golden.h"

#define FRAME_MAX	2048

/* A comment that is no field is none of our business. */
static void read_field(struct golden *golden, const char *line)
{
	struct golden_field *field = &golden->fields[golden->count];

	if (golden->count == GOLDEN_FIELDS)
		errx(1, "more than %d fields", GOLDEN_FIELDS);
	if (sscanf(line, "# %23[a-z0-9_]: %39[^\n]", field->name,
		   field->value) == 2)
		golden->count++;
}

static size_t read_bytes(const char *name, const char *line, u8 *to,
			 size_t len)
{
	while (*line && *line != '#') {
		char pair[3] = { line[0], line[1], '\0' };

		if (isspace((unsigned char)*line)) {
			line++;
			continue;
		}
		if (!isxdigit((unsigned char)pair[0]) ||
		    !isxdigit((unsigned char)pair[1]) || len == FRAME_MAX)
			errx(1, "%s: not a byte: %s", name, line);
		to[len++] = (u8)strtoul(pair, NULL, 16);
		line += 2;
	}
	return len;
}

void golden_load(struct golden *golden, const char *name)
{
	u8 bytes[FRAME_MAX];
	char line[256];
	char path[512];
	FILE *file;

	memset(golden, 0, sizeof(*golden));
	snprintf(path, sizeof(path), "%s/%s.hex", GOLDEN_DIR, name);
	file = fopen(path, "r");
	if (!file)
		err(1, "%s", path);
	while (fgets(line, sizeof(line), file)) {
		if (*line == '#')
			read_field(golden, line);
		else
			golden->len = read_bytes(name, line, bytes,
						 golden->len);
	}
	fclose(file);
	if (golden->len < GOLDEN_ETH_LEN)
		errx(1, "%s: no frame", path);
	golden->bytes = bytes_exact(bytes, golden->len);
}

void golden_free(struct golden *golden)
{
	free(golden->bytes);
	golden->bytes = NULL;
}

static const struct golden_field *find(const struct golden *golden,
				       const char *name)
{
	size_t i;

	for (i = 0; i < golden->count; i++)
		if (!strcmp(golden->fields[i].name, name))
			return &golden->fields[i];
	return NULL;
}

bool golden_has(const struct golden *golden, const char *field)
{
	return find(golden, field);
}

const char *golden_text(const struct golden *golden, const char *field)
{
	const struct golden_field *found = find(golden, field);

	if (!found)
		errx(1, "no field %s", field);
	return found->value;
}

u64 golden_number(const struct golden *golden, const char *field)
{
	const char *text = golden_text(golden, field);
	char *end;
	u64 value = strtoull(text, &end, 0);

	if (end == text || *end)
		errx(1, "field %s is no number: %s", field, text);
	return value;
}

__be32 golden_ip(const struct golden *golden, const char *field)
{
	const char *text = golden_text(golden, field);
	struct in_addr addr;

	if (inet_pton(AF_INET, text, &addr) != 1)
		errx(1, "field %s is no address: %s", field, text);
	return addr.s_addr;
}

void golden_mac(const struct golden *golden, const char *field, u8 mac[6])
{
	const char *text = golden_text(golden, field);

	if (sscanf(text, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &mac[0], &mac[1],
		   &mac[2], &mac[3], &mac[4], &mac[5]) != 6)
		errx(1, "field %s is no MAC address: %s", field, text);
}
