// SPDX-License-Identifier: GPL-2.0
/*
 * The switches of tests/vms: for each SOCKET an Ethernet of its own, which
 * virtual machines plug into with qemu's "-netdev stream". It learns where an
 * address lives, sends there what is for it and everywhere what is not known,
 * keeps the order, and loses nothing but what a machine does not fetch.
 *
 *	vms-switch SOCKET...
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define PORTS_MAX	512
#define NETS_MAX	8
#define FRAME_MAX	(68 * 1024)
/* What waits for a machine: more than this, and new frames are lost. */
#define QUEUE_MAX	(1024 * 1024)
#define ADDRESSES_MAX	1024
#define HEAD		4	/* a frame's length goes before it */

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

static void port_close(int n)
{
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

/* A frame with its head. */
static void frame_came(int from, const unsigned char *data, size_t length)
{
	const unsigned char *frame = data + HEAD;
	struct address *to;
	int net = ports[from].net;

	if (length < HEAD + 14)
		return;
	address_learn(net, frame + 6, from);
	to = address_find(net, frame);
	if (to) {
		if (to->port != from)
			port_send(to->port, data, length);
		return;
	}
	for (int n = 0; n < port_count; n++)
		if (n != from && ports[n].fd >= 0 && ports[n].net == net)
			port_send(n, data, length);
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

static void turn(const int *nets, int net_count)
{
	struct pollfd polls[NETS_MAX + PORTS_MAX];
	int count = port_count;

	for (int n = 0; n < net_count; n++)
		polls[n] = (struct pollfd){ nets[n], POLLIN };
	for (int n = 0; n < count; n++)
		polls[net_count + n] = (struct pollfd){
			ports[n].fd, POLLIN | (ports[n].out_length ? POLLOUT : 0) };
	if (poll(polls, net_count + count, -1) < 0)
		return;
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
	int nets[NETS_MAX], net_count = argc - 1;

	if (net_count < 1 || net_count > NETS_MAX) {
		fprintf(stderr, "Usage: vms-switch SOCKET...\n");
		return 2;
	}
	for (int n = 0; n < net_count; n++)
		nets[n] = net_open(argv[n + 1]);
	for (;;)
		turn(nets, net_count);
}
