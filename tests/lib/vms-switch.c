// SPDX-License-Identifier: GPL-2.0
/*
 * The switches of tests/vms: for each SOCKET an Ethernet of its own, which
 * virtual machines plug into with qemu's "-netdev stream". It learns where an
 * address lives, sends there what is for it and everywhere what is not known,
 * keeps the order, and loses nothing but what a machine does not fetch.
 *
 *	vms-switch FIFO SOCKET...
 *
 * That is so until a line in FIFO says otherwise of the Ethernet that is the
 * NETth, counted from 0:
 *
 *	NET faults SEED LOSS DUPLICATE REORDER CORRUPT DELAY
 *	NET cut MAC
 *	NET heal MAC
 *
 * The first four are shares of 100,000 frames: lost; sent twice; late by 1 to
 * 10 ms, so that others overtake it; with one bit turned over behind the
 * Ethernet header. DELAY is in ms, for all frames. What happens to the Nth
 * frame from here on is SEED's to say, so a run can be repeated as far as the
 * machines do the same. All 0: as before. A MAC that is cut neither sends nor
 * is sent anything.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define PORTS_MAX	512
#define NETS_MAX	8
#define FRAME_MAX	(68 * 1024)
/* What waits for a machine: more than this, and new frames are lost. */
#define QUEUE_MAX	(1024 * 1024)
#define ADDRESSES_MAX	1024
#define HEAD		4	/* a frame's length goes before it */
#define CUT_MAX		8
#define LATE_MAX	(64 * 1024)	/* frames; more are sent at once */
#define SHARE		100000

struct port {
	int fd;
	int net;
	size_t in_length, out_length, out_done;
	unsigned char *in, *out;
};

struct address {
	unsigned char mac[6];
	int net;
	int port;
};

/* What a line in FIFO says, and how many draws of its SEED are used up. */
struct faults {
	uint64_t seed, draws;
	unsigned int loss, duplicate, reorder, corrupt, delay;
	unsigned char cut[CUT_MAX][6];
	int cut_count;
};

/* Frames that wait for their time, the next one first. */
struct late {
	struct late *next;
	uint64_t due;	/* ns of the monotonic clock */
	int from;
	size_t length;
	unsigned char data[];
};

static struct faults faults[NETS_MAX];
static struct late *late_first;
static int late_count;
static struct port ports[PORTS_MAX];
static int port_count;
static struct address addresses[ADDRESSES_MAX];
static int address_count;

static void die(const char *what)
{
	fprintf(stderr, "vms-switch: %s: %s\n", what, strerror(errno));
	exit(1);
}

static struct address *address_find(int net, const unsigned char *mac)
{
	for (int n = 0; n < address_count; n++)
		if (addresses[n].net == net && !memcmp(addresses[n].mac, mac, 6))
			return &addresses[n];
	return NULL;
}

static void address_learn(int net, const unsigned char *mac, int port)
{
	struct address *address = address_find(net, mac);

	if (mac[0] & 1)
		return;
	if (!address) {
		if (address_count == ADDRESSES_MAX)
			return;
		address = &addresses[address_count++];
		memcpy(address->mac, mac, 6);
		address->net = net;
	}
	address->port = port;
}

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000ULL + time.tv_nsec;
}

/* A frame whose port is gone goes nowhere. */
static void late_forget(int port)
{
	struct late **at = &late_first, *late;

	while ((late = *at)) {
		if (late->from != port) {
			at = &late->next;
			continue;
		}
		*at = late->next;
		free(late);
		late_count--;
	}
}

static void port_close(int n)
{
	late_forget(n);
	close(ports[n].fd);
	free(ports[n].in);
	free(ports[n].out);
	memset(&ports[n], 0, sizeof(ports[n]));
	ports[n].fd = -1;
	for (int a = 0; a < address_count; a++)
		if (addresses[a].port == n)
			addresses[a--] = addresses[--address_count];
}

static void port_open(int fd, int net)
{
	int n = 0;

	while (n < port_count && ports[n].fd >= 0)
		n++;
	if (fd < 0 || n == PORTS_MAX)
		return;
	if (n == port_count)
		port_count++;
	ports[n] = (struct port){ .fd = fd, .net = net };
	ports[n].in = malloc(FRAME_MAX);
	ports[n].out = malloc(QUEUE_MAX);
	if (!ports[n].in || !ports[n].out)
		die("memory");
}

static void port_flush(int n)
{
	struct port *port = &ports[n];
	ssize_t sent;

	while (port->out_done < port->out_length) {
		sent = send(port->fd, port->out + port->out_done, port->out_length - port->out_done,
			    MSG_DONTWAIT | MSG_NOSIGNAL);
		if (sent < 0)
			break;
		port->out_done += sent;
	}
	if (port->out_done == port->out_length)
		port->out_length = 0;
	if (!port->out_length)
		port->out_done = 0;
}

static void port_send(int n, const unsigned char *data, size_t length)
{
	struct port *port = &ports[n];

	if (port->out_length + length > QUEUE_MAX && port->out_done) {
		port->out_length -= port->out_done;
		memmove(port->out, port->out + port->out_done, port->out_length);
		port->out_done = 0;
	}
	if (port->out_length + length > QUEUE_MAX)
		return;
	memcpy(port->out + port->out_length, data, length);
	port->out_length += length;
	port_flush(n);
}

/* A frame with its head, and not shorter than an Ethernet header. */
static void frame_send(int from, const unsigned char *data, size_t length)
{
	struct address *to;
	int net = ports[from].net;

	to = address_find(net, data + HEAD);
	if (to) {
		if (to->port != from)
			port_send(to->port, data, length);
		return;
	}
	for (int n = 0; n < port_count; n++)
		if (n != from && ports[n].fd >= 0 && ports[n].net == net)
			port_send(n, data, length);
}

/* splitmix64, of the seed and how many came before: below @below */
static uint64_t draw(struct faults *f, uint64_t below)
{
	uint64_t x = f->seed + ++f->draws * 0x9e3779b97f4a7c15ULL;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
	return (x ^ (x >> 31)) % below;
}

static bool is_cut(const struct faults *f, const unsigned char *frame)
{
	for (int n = 0; n < f->cut_count; n++)
		if (!memcmp(f->cut[n], frame, 6) || !memcmp(f->cut[n], frame + 6, 6))
			return true;
	return false;
}

/* Sent after @delay ns, or at once where that cannot be. */
static void frame_later(int from, const unsigned char *data, size_t length, uint64_t delay)
{
	struct late **at = &late_first, *late;

	late = delay && late_count < LATE_MAX ? malloc(sizeof(*late) + length) : NULL;
	if (!late) {
		frame_send(from, data, length);
		return;
	}
	late->due = now() + delay;
	late->from = from;
	late->length = length;
	memcpy(late->data, data, length);
	while (*at && (*at)->due <= late->due)
		at = &(*at)->next;
	late->next = *at;
	*at = late;
	late_count++;
}

/* Sends what is due. Returns poll's timeout until the next is, in ms. */
static int late_send(void)
{
	uint64_t time = now();
	struct late *late;

	while ((late = late_first) && late->due <= time) {
		late_first = late->next;
		late_count--;
		frame_send(late->from, late->data, late->length);
		free(late);
	}
	return late ? (int)((late->due - time) / 1000000) + 1 : -1;
}

/* The same number of draws for each frame, whatever comes of it. */
static void frame_came(int from, unsigned char *data, size_t length)
{
	struct faults *f = &faults[ports[from].net];
	bool lost, twice, late, wrong;
	uint64_t bit, delay;

	if (length < HEAD + 14)
		return;
	if (is_cut(f, data + HEAD))
		return;
	address_learn(ports[from].net, data + HEAD + 6, from);
	lost = draw(f, SHARE) < f->loss;
	twice = draw(f, SHARE) < f->duplicate;
	late = draw(f, SHARE) < f->reorder;
	wrong = draw(f, SHARE) < f->corrupt;
	bit = draw(f, 1ULL << 32);
	delay = f->delay * 1000000ULL;
	if (lost)
		return;
	if (wrong && length > HEAD + 14) {
		bit %= (length - HEAD - 14) * 8;
		data[HEAD + 14 + bit / 8] ^= 1 << bit % 8;
	}
	if (late)
		delay += (1 + bit % 10) * 1000000;
	if (twice)
		frame_later(from, data, length, delay + 1000000);
	frame_later(from, data, length, delay);
}

static bool mac_parse(const char *text, unsigned char *mac)
{
	return sscanf(text, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx",
		      &mac[0], &mac[1], &mac[2], &mac[3], &mac[4], &mac[5]) == 6;
}

static void heal(struct faults *f, const unsigned char *mac)
{
	for (int n = 0; n < f->cut_count; n++)
		if (!memcmp(f->cut[n], mac, 6))
			memmove(f->cut[n--], f->cut[--f->cut_count], 6);
}

static void line_came(const char *line)
{
	struct faults *f, new = {};
	char verb[8], mac[18];
	unsigned char address[6];
	int net;

	if (sscanf(line, "%d %7s %17s", &net, verb, mac) != 3 || net < 0 || net >= NETS_MAX) {
		fprintf(stderr, "vms-switch: what is '%s'?\n", line);
		return;
	}
	f = &faults[net];
	if (!strcmp(verb, "faults") &&
	    sscanf(line, "%*d %*s %" SCNu64 " %u %u %u %u %u", &new.seed, &new.loss,
		   &new.duplicate, &new.reorder, &new.corrupt, &new.delay) == 6) {
		memcpy(new.cut, f->cut, sizeof(new.cut));
		new.cut_count = f->cut_count;
		*f = new;
	} else if (!strcmp(verb, "cut") && mac_parse(mac, address) && f->cut_count < CUT_MAX) {
		memcpy(f->cut[f->cut_count++], address, 6);
	} else if (!strcmp(verb, "heal") && mac_parse(mac, address)) {
		heal(f, address);
	} else {
		fprintf(stderr, "vms-switch: what is '%s'?\n", line);
	}
}

static void fifo_read(int fifo)
{
	static char line[256];
	static size_t length;
	char *end;
	ssize_t got;

	got = read(fifo, line + length, sizeof(line) - 1 - length);
	if (got <= 0)
		return;
	length += got;
	line[length] = 0;
	while ((end = strchr(line, '\n'))) {
		*end = 0;
		line_came(line);
		length -= end + 1 - line;
		memmove(line, end + 1, length + 1);
	}
	if (length == sizeof(line) - 1)
		length = 0;
}

static void port_read(int n)
{
	struct port *port = &ports[n];
	size_t done = 0, length;
	uint32_t head;
	ssize_t got;

	got = recv(port->fd, port->in + port->in_length,
		   FRAME_MAX - port->in_length, MSG_DONTWAIT);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		port_close(n);
		return;
	}
	port->in_length += got;
	while (port->in_length - done >= HEAD) {
		memcpy(&head, port->in + done, HEAD);
		length = HEAD + (size_t)ntohl(head);
		if (length > FRAME_MAX) {
			port_close(n);
			return;
		}
		if (port->in_length - done < length)
			break;
		frame_came(n, port->in + done, length);
		done += length;
	}
	memmove(port->in, port->in + done, port->in_length - done);
	port->in_length -= done;
}

static int net_open(const char *path)
{
	struct sockaddr_un address = { AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	if (strlen(path) >= sizeof(address.sun_path)) {
		errno = ENAMETOOLONG;
		die(path);
	}
	strcpy(address.sun_path, path);
	if (fd < 0 || bind(fd, (void *)&address, sizeof(address)) || listen(fd, 128))
		die(path);
	return fd;
}

static void turn(int fifo, const int *nets, int net_count)
{
	struct pollfd polls[NETS_MAX + PORTS_MAX + 1];
	int timeout = late_send(), count = port_count;

	for (int n = 0; n < net_count; n++)
		polls[n] = (struct pollfd){ nets[n], POLLIN };
	for (int n = 0; n < count; n++)
		polls[net_count + n] = (struct pollfd){
			ports[n].fd, POLLIN | (ports[n].out_length ? POLLOUT : 0) };
	polls[net_count + count] = (struct pollfd){ fifo, POLLIN };
	if (poll(polls, net_count + count + 1, timeout) < 0)
		return;
	if (polls[net_count + count].revents & POLLIN)
		fifo_read(fifo);
	for (int n = 0; n < count; n++) {
		if (polls[net_count + n].revents & POLLOUT)
			port_flush(n);
		if (polls[net_count + n].revents & (POLLIN | POLLHUP | POLLERR))
			port_read(n);
	}
	for (int n = 0; n < net_count; n++)
		if (polls[n].revents)
			port_open(accept(nets[n], NULL, NULL), n);
}

int main(int argc, char **argv)
{
	int nets[NETS_MAX], net_count = argc - 2, fifo;

	if (net_count < 1 || net_count > NETS_MAX) {
		fprintf(stderr, "Usage: vms-switch FIFO SOCKET...\n");
		return 2;
	}
	/* For writing as well, that it has no end. */
	fifo = open(argv[1], O_RDWR | O_NONBLOCK);
	if (fifo < 0)
		die(argv[1]);
	for (int n = 0; n < net_count; n++)
		nets[n] = net_open(argv[n + 2]);
	for (;;)
		turn(fifo, nets, net_count);
}
