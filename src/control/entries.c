// SPDX-License-Identifier: GPL-2.0
/*
 * sysfs hands over one page a read, and keeps nothing for who reads on. So a
 * reader's place is kept here, under its struct file, which is never followed:
 * a table is walked once, however many reads that takes. A place that was lost
 * to more readers than are kept is found again by walking from the beginning.
 */
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include "control/entries.h"

static const char resized[] = "# resized: rows from here on may be repeated\n";

/* Readers between two reads that are remembered, a namespace. */
#define READERS 16

/**
 * struct reader - one who reads a table
 * @list: in the list of readers, when not reading just now
 * @file: whose
 * @entries: which table
 * @cursor: the first row whose line is not begun
 * @resized: of @cursor, as far as the reader was told
 * @pos: of the next byte to give
 * @off: of it in @line
 * @len: of @line
 * @line: the line that is being given
 */
struct reader {
	struct list_head		list;
	const struct file		*file;
	const struct ipos_entries	*entries;
	struct ipos_cursor		cursor;
	unsigned int			resized;
	loff_t				pos;
	u16				off;
	u16				len;
	char				line[IPOS_LINE_MAX];
};

/**
 * struct request - one read
 * @reader: whose
 * @net: the namespace
 * @skip: bytes to pass over first
 * @buf: where to
 * @left: room there
 */
struct request {
	struct reader	*reader;
	struct net	*net;
	loff_t		skip;
	char		*buf;
	size_t		left;
};

static void free_reader(struct reader *reader)
{
	ipos_cursor_exit(&reader->cursor);
	kfree(reader);
}

/* Gives of the line what there is room for; false when some of it is left. */
static bool give(struct request *request)
{
	struct reader *reader = request->reader;
	size_t n;

	n = min_t(loff_t, request->skip, reader->len - reader->off);
	request->skip -= n;
	reader->off += n;
	reader->pos += n;

	n = min_t(size_t, request->left, reader->len - reader->off);
	memcpy(request->buf, reader->line + reader->off, n);
	request->buf += n;
	request->left -= n;
	reader->off += n;
	reader->pos += n;
	return reader->off == reader->len;
}

static void set_line(struct reader *reader, int len)
{
	reader->off = 0;
	reader->len = len;
}

/* Whether there is room for the next line; tells of what made rows repeat. */
static bool may_go_on(struct request *request)
{
	struct reader *reader = request->reader;

	if (reader->resized != reader->cursor.resized) {
		reader->resized = reader->cursor.resized;
		if (reader->pos)
			set_line(reader, strscpy(reader->line, resized,
						 sizeof(reader->line)));
	}
	return give(request) && request->left;
}

static int print(void *row, void *arg)
{
	struct request *request = arg;
	struct reader *reader = request->reader;
	const struct ipos_entries *entries = reader->entries;

	if (fatal_signal_pending(current))
		return -EINTR;
	if (!may_go_on(request))
		return 1;
	set_line(reader, entries->print(entries, request->net, row,
					reader->line));
	give(request);
	return 0;
}

static void begin(struct reader *reader, struct ipos_engine *engine)
{
	ipos_cursor_enter(&reader->cursor,
			  (void *)engine + reader->entries->ht);
	reader->resized = 0;
	reader->pos = 0;
	set_line(reader, 0);
}

static struct reader *find(struct ipos_readers *readers,
			   const struct ipos_entries *entries,
			   const struct file *file)
{
	struct reader *reader;

	list_for_each_entry(reader, &readers->list, list)
		if (reader->file == file && reader->entries == entries) {
			list_del(&reader->list);
			readers->n--;
			return reader;
		}
	return NULL;
}

/* Of this reader alone until it is given back: one file has one read. */
static struct reader *take(struct ipos_readers *readers,
			   struct ipos_engine *engine,
			   const struct ipos_entries *entries,
			   const struct file *file, loff_t pos)
{
	struct reader *reader;

	mutex_lock(&readers->mutex);
	reader = find(readers, entries, file);
	mutex_unlock(&readers->mutex);
	if (reader && reader->pos <= pos)
		return reader;
	if (reader) {
		ipos_cursor_exit(&reader->cursor);
	} else {
		reader = kzalloc(sizeof(*reader), GFP_KERNEL);
		if (!reader)
			return NULL;
		reader->file = file;
		reader->entries = entries;
	}
	begin(reader, engine);
	return reader;
}

static void keep(struct ipos_readers *readers, struct reader *reader)
{
	struct reader *oldest = NULL;

	mutex_lock(&readers->mutex);
	list_add(&reader->list, &readers->list);
	if (readers->n++ == READERS) {
		oldest = list_last_entry(&readers->list, struct reader, list);
		list_del(&oldest->list);
		readers->n--;
	}
	mutex_unlock(&readers->mutex);
	if (oldest)
		free_reader(oldest);
}

/**
 * ipos_entries_read() - a piece of a table as text
 * @readers: of the namespace
 * @engine: likewise
 * @entries: which table
 * @file: who reads: tells readers apart
 * @buf: where to
 * @pos: of the first byte wanted; going on where the last read ended, or
 *	beyond, costs what it passes over; going back walks from the beginning
 * @count: room in @buf
 *
 * Process context; sleeps.
 *
 * Return: how many bytes there are, 0 at the end, -ENOMEM, -EINTR.
 */
ssize_t ipos_entries_read(struct ipos_readers *readers,
			  struct ipos_engine *engine,
			  const struct ipos_entries *entries,
			  const struct file *file, char *buf, loff_t pos,
			  size_t count)
{
	struct request request = {
		.net = engine->net, .buf = buf, .left = count,
	};
	struct reader *reader;
	int err = 0;

	reader = take(readers, engine, entries, file, pos);
	if (!reader)
		return -ENOMEM;
	request.reader = reader;
	request.skip = pos - reader->pos;
	if (give(&request) && request.left)
		err = ipos_cursor_walk(&reader->cursor, print, &request);
	if (request.left < count) {
		keep(readers, reader);
		return count - request.left;
	}
	free_reader(reader);
	return min(err, 0);
}

/**
 * ipos_readers_init() - nobody reads yet
 * @readers: zeroed memory
 */
void ipos_readers_init(struct ipos_readers *readers)
{
	mutex_init(&readers->mutex);
	INIT_LIST_HEAD(&readers->list);
}

/**
 * ipos_readers_destroy() - forget who read, and how far
 * @readers: nobody reads just now, or will
 */
void ipos_readers_destroy(struct ipos_readers *readers)
{
	struct reader *reader, *next;

	list_for_each_entry_safe(reader, next, &readers->list, list)
		free_reader(reader);
	mutex_destroy(&readers->mutex);
}
