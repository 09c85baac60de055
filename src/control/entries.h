/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A table as lines of text that are read a piece at a time: what a table has
 * to say of itself, and the readers that are under way.
 */
#ifndef IPOS_CONTROL_ENTRIES_H
#define IPOS_CONTROL_ENTRIES_H

#include <linux/list.h>
#include <linux/mutex.h>
#include "engine/engine.h"

struct file;

/* Bytes of the longest row: a URL, an address, two separators. */
#define IPOS_LINE_MAX	(IPOS_URL_MAX + sizeof(" 255.255.255.255\n"))

/**
 * struct ipos_entries - how one table is shown
 * @name: of its folder
 * @ht: the hash with its rows
 * @bound: the first of its bounds
 * @bounds: bit i: the rows counted by the i-th bound from there are shown
 * @promised: likewise: they are not, but hold a place in those of @bounds, too
 * @print: writes a row as a line, NUL-terminated, and returns its length, 0
 *	when the row is no row of this table. RCU held
 */
struct ipos_entries {
	const char *name;
	size_t ht;
	size_t bound;
	u8 bounds;
	u8 promised;
	int (*print)(const struct ipos_entries *entries, struct net *net,
		     void *row, char *line);
};

#define IPOS_ENTRIES 10
extern const struct ipos_entries ipos_entries[IPOS_ENTRIES];

/**
 * struct ipos_readers - who is reading in one network namespace
 * @mutex: guards @list
 * @list: those between two reads, the last one first
 * @n: how many these are
 */
struct ipos_readers {
	struct mutex		mutex;
	struct list_head	list;
	unsigned int		n;
};

void ipos_readers_init(struct ipos_readers *readers);
void ipos_readers_destroy(struct ipos_readers *readers);
ssize_t ipos_entries_read(struct ipos_readers *readers,
			  struct ipos_engine *engine,
			  const struct ipos_entries *entries,
			  const struct file *file, char *buf, loff_t pos,
			  size_t count);

#endif /* IPOS_CONTROL_ENTRIES_H */
