// SPDX-License-Identifier: GPL-2.0
/*
 * Runs a command in another machine of tests/vms, as `ip netns exec` does in
 * another namespace: same directory, same environment, input and output
 * passed on, signals too, and the command's status is this program's.
 *
 *	vms-exec NAME COMMAND...	here
 *	vms-exec			there: waits for commands, for ever
 *
 * Both sides talk over a network of their own, which lives in a network
 * namespace of its own (/run/vms/net), so that nothing of it shows where the
 * tests look. A message is its type (1 byte), the length of what follows (4
 * bytes) and that: 'x' cwd, number of arguments, arguments, environment, each
 * ended by NUL; '0' '1' '2' a part of that stream, empty at its end; 'a' a
 * stream's part has been taken, only then the next is sent, so that no stream
 * waits for another; 'c' nobody reads the stream any more; 'k' a signal; 's'
 * the command's status.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define CONTROL_NET	"/run/vms/net"
#define MACHINES	"/run/vms/machines/"
#define CONTROL_PORT	9
#define PART_MAX	16384
#define MESSAGE_MAX	(4096 * 1024)
#define CONNECT_MS	120000
#define STATUS_FAILED	255

enum { CLOSED = -1 };

/* A stream's end on this side: read from (source) or written to (sink). */
struct stream {
	int fd;
	bool source;
	bool waits;		/* source: for the last part to be taken */
	char *part;		/* sink: what is still to be written */
	size_t done, length;
};

struct session {
	int socket;
	int signals;		/* a signalfd */
	struct stream stream[3];
	pid_t child;		/* there, 0 here */
	bool exited;		/* the child */
	int status;		/* its wait status; here once it came */
	bool over;
};

static void die(const char *what)
{
	fprintf(stderr, "vms-exec: %s: %s\n", what, strerror(errno));
	exit(STATUS_FAILED);
}

static bool write_all(int fd, const void *data, size_t length)
{
	while (length) {
		ssize_t n = write(fd, data, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		data = (const char *)data + n;
		length -= n;
	}
	return true;
}

static bool read_all(int fd, void *data, size_t length)
{
	while (length) {
		ssize_t n = read(fd, data, length);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		data = (char *)data + n;
		length -= n;
	}
	return true;
}

static bool tell(struct session *s, char type, const void *data, uint32_t length)
{
	char head[5] = { type };
	uint32_t n = htonl(length);

	memcpy(head + 1, &n, sizeof(n));
	return write_all(s->socket, head, sizeof(head)) &&
	       write_all(s->socket, data, length);
}

/* Returns what a message brought, with a NUL behind it; NULL at the end. */
static char *hear(int fd, char *type, uint32_t *length)
{
	char head[5], *data;

	if (!read_all(fd, head, sizeof(head)))
		return NULL;
	memcpy(length, head + 1, sizeof(*length));
	*type = head[0];
	*length = ntohl(*length);
	if (*length > MESSAGE_MAX)
		return NULL;
	data = malloc(*length + 1);
	if (!data || !read_all(fd, data, *length)) {
		free(data);
		return NULL;
	}
	data[*length] = '\0';
	return data;
}

/* A socket of the control network; its owner stays where it was. */
static int control_socket(void)
{
	int here = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	int there = open(CONTROL_NET, O_RDONLY | O_CLOEXEC);
	int fd = -1;

	if (here >= 0 && there >= 0 && !setns(there, CLONE_NEWNET)) {
		fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (setns(here, CLONE_NEWNET))
			die("back from the control network");
	}
	close(here);
	close(there);
	if (fd < 0)
		die("the control network");
	return fd;
}

static void stream_close(struct stream *stream)
{
	if (stream->fd != CLOSED)
		close(stream->fd);
	stream->fd = CLOSED;
}

static void source_ready(struct session *s, int n)
{
	struct stream *stream = &s->stream[n];
	static char part[PART_MAX];
	ssize_t length = read(stream->fd, part, sizeof(part));

	if (length < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (length <= 0) {
		length = 0;
		stream_close(stream);
	}
	stream->waits = true;
	if (!tell(s, '0' + n, part, length))
		s->over = true;
}

/* A pipe that is ready takes as much as PIPE_BUF without making us wait. */
static void sink_ready(struct session *s, int n)
{
	struct stream *stream = &s->stream[n];
	size_t left = stream->length - stream->done;
	char name = '0' + n;
	ssize_t length;

	length = write(stream->fd, stream->part + stream->done, left < PIPE_BUF ? left : PIPE_BUF);
	if (length < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (length < 0) {
		stream_close(stream);
		stream->done = stream->length;
		tell(s, 'c', &name, 1);
	} else {
		stream->done += length;
	}
	if (stream->done < stream->length)
		return;
	free(stream->part);
	stream->part = NULL;
	if (!tell(s, 'a', &name, 1))
		s->over = true;
}

/* Takes over data. */
static void part_came(struct session *s, int n, char *data, uint32_t length)
{
	struct stream *stream = &s->stream[n];
	char name = '0' + n;

	if (stream->source || stream->part) {
		s->over = true;
		free(data);
	} else if (!length || stream->fd == CLOSED) {
		free(data);
		stream_close(stream);
		tell(s, 'a', &name, 1);
	} else {
		stream->part = data;
		stream->done = 0;
		stream->length = length;
	}
}

static void message_came(struct session *s)
{
	uint32_t length;
	char type, *data = hear(s->socket, &type, &length);
	int n = data && length == 1 ? data[0] - '0' : -1;

	if (!data) {
		s->over = true;
		return;
	}
	if (type >= '0' && type <= '2') {
		part_came(s, type - '0', data, length);
		return;
	}
	if (type == 'a' && n >= 0 && n <= 2) {
		s->stream[n].waits = false;
	} else if (type == 'c' && n >= 0 && n <= 2) {
		stream_close(&s->stream[n]);
	} else if (type == 'k' && length == 1 && s->child && !s->exited) {
		kill(s->child, data[0]);
	} else if (type == 's' && !s->child) {
		s->status = atoi(data);
		s->exited = true;
		s->over = true;
	}
	free(data);
}

static void signal_came(struct session *s)
{
	struct signalfd_siginfo info;
	char number;

	if (read(s->signals, &info, sizeof(info)) != sizeof(info))
		return;
	number = info.ssi_signo;
	if (!s->child)
		tell(s, 'k', &number, 1);
	else if (waitpid(s->child, &s->status, WNOHANG) == s->child)
		s->exited = true;
}

/* Whether all that the child wrote before its end has been taken. */
static bool drained(const struct session *s)
{
	for (int n = 1; n < 3; n++) {
		struct pollfd p = { s->stream[n].fd, POLLIN };

		if (s->stream[n].waits || (poll(&p, 1, 0) > 0 && (p.revents & POLLIN)))
			return false;
	}
	return true;
}

static void pump(struct session *s)
{
	struct pollfd polls[5] = { { s->socket, POLLIN }, { s->signals, POLLIN } };

	while (!s->over) {
		if (s->child && s->exited && drained(s))
			return;
		for (int n = 0; n < 3; n++) {
			struct stream *stream = &s->stream[n];
			bool idle = stream->source ? stream->waits : !stream->part;

			polls[2 + n].fd = idle ? CLOSED : stream->fd;
			polls[2 + n].events = stream->source ? POLLIN : POLLOUT;
			polls[2 + n].revents = 0;
		}
		if (poll(polls, 5, -1) < 0)
			continue;
		for (int n = 0; n < 3; n++) {
			if (!polls[2 + n].revents)
				continue;
			if (s->stream[n].source)
				source_ready(s, n);
			else
				sink_ready(s, n);
		}
		if (polls[1].revents)
			signal_came(s);
		if (polls[0].revents)
			message_came(s);
	}
}

/* Those of the list are read from the file descriptor returned. */
static int signals_open(const int *list)
{
	sigset_t set;

	sigemptyset(&set);
	for (; *list; list++)
		sigaddset(&set, *list);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC);
}

/* --- here --- */

/* Grows by a string and its NUL. */
static void add(char **data, size_t *length, const char *string)
{
	size_t more = strlen(string) + 1;

	*data = realloc(*data, *length + more);
	if (!*data)
		die("memory");
	memcpy(*data + *length, string, more);
	*length += more;
}

static void request(struct session *s, int argc, char **argv)
{
	char cwd[PATH_MAX], count[16], *data = NULL;
	size_t length = 0;

	if (!getcwd(cwd, sizeof(cwd)))
		die("the directory");
	add(&data, &length, cwd);
	snprintf(count, sizeof(count), "%d", argc);
	add(&data, &length, count);
	for (int n = 0; n < argc; n++)
		add(&data, &length, argv[n]);
	for (char **variable = environ; *variable; variable++)
		add(&data, &length, *variable);
	if (!tell(s, 'x', data, length))
		die("asking");
	free(data);
}

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* A machine that boots does not answer yet. */
static int connect_to(const struct sockaddr_in *address)
{
	long end = now_ms() + CONNECT_MS;

	while (now_ms() < end) {
		int fd = control_socket(), error = 0;
		socklen_t size = sizeof(error);
		struct pollfd p = { fd, POLLOUT };

		fcntl(fd, F_SETFL, O_NONBLOCK);
		if (!connect(fd, (void *)address, sizeof(*address)) || errno == EINPROGRESS) {
			int ready = poll(&p, 1, 3000);

			getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
			if (ready > 0 && !error) {
				fcntl(fd, F_SETFL, 0);
				return fd;
			}
		}
		close(fd);
		usleep(100000);
	}
	errno = ETIMEDOUT;
	return -1;
}

static int run_there(const char *name, int argc, char **argv)
{
	static const int passed[] = {
		SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGCONT, 0
	};
	struct session s = { .stream = { { 0, true }, { 1, false }, { 2, false } } };
	struct sockaddr_in address = { AF_INET, htons(CONTROL_PORT) };
	char path[PATH_MAX], text[32] = "";
	FILE *file;
	int one = 1;

	snprintf(path, sizeof(path), MACHINES "%s", name);
	file = fopen(path, "re");
	if (!file || !fgets(text, sizeof(text), file)) {
		fprintf(stderr, "vms-exec: no machine '%s' is running\n", name);
		return STATUS_FAILED;
	}
	fclose(file);
	text[strcspn(text, "\n")] = '\0';
	if (!strcmp(text, "here")) {
		execvp(argv[0], argv);
		fprintf(stderr, "vms-exec: %s: %s\n", argv[0], strerror(errno));
		return 127;
	}
	inet_pton(AF_INET, text, &address.sin_addr);
	signal(SIGPIPE, SIG_IGN);
	s.signals = signals_open(passed);
	s.socket = connect_to(&address);
	if (s.socket < 0)
		die(name);
	setsockopt(s.socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	request(&s, argc, argv);
	pump(&s);
	if (!s.exited) {
		fprintf(stderr, "vms-exec: %s has gone\n", name);
		return STATUS_FAILED;
	}
	return WIFSIGNALED(s.status) ? 128 + WTERMSIG(s.status) : WEXITSTATUS(s.status);
}

/* --- there --- */

/* Becomes the command that a request names. */
static void become(char *data, uint32_t length, char *end)
{
	char *cwd = data, *count = cwd + strlen(cwd) + 1, *next;
	int argc = count < end ? atoi(count) : 0;
	char **argv;

	if (argc < 1 || (uint32_t)argc > length)
		_exit(STATUS_FAILED);
	argv = calloc(argc + 1, sizeof(*argv));
	next = count + strlen(count) + 1;
	for (int n = 0; argv && n < argc && next < end; n++, next += strlen(next) + 1)
		argv[n] = next;
	clearenv();
	for (; next < end; next += strlen(next) + 1)
		putenv(next);
	if (!argv || !argv[0])
		_exit(STATUS_FAILED);
	if (chdir(cwd)) {
		dprintf(2, "vms-exec: %s: %s\n", cwd, strerror(errno));
		_exit(STATUS_FAILED);
	}
	execvp(argv[0], argv);
	dprintf(2, "vms-exec: %s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

static pid_t start(char *data, uint32_t length, int pipes[3][2])
{
	pid_t child = fork();
	sigset_t none;

	if (child)
		return child;
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	setsid();
	dup2(pipes[0][0], 0);
	dup2(pipes[1][1], 1);
	dup2(pipes[2][1], 2);
	become(data, length, data + length);
	return 0;
}

/* What the command left running may go on writing. */
static void swallow(struct session *s)
{
	struct pollfd polls[2] = { { s->stream[1].fd, POLLIN }, { s->stream[2].fd, POLLIN } };
	char part[PART_MAX];

	while (polls[0].fd != CLOSED || polls[1].fd != CLOSED) {
		if (poll(polls, 2, -1) < 0)
			continue;
		for (int n = 0; n < 2; n++)
			if (polls[n].revents && read(polls[n].fd, part, sizeof(part)) <= 0)
				polls[n].fd = CLOSED;
	}
}

static void serve(int fd)
{
	static const int passed[] = { SIGCHLD, 0 };
	struct session s = { .socket = fd };
	int pipes[3][2], one = 1;
	uint32_t length;
	char type, text[16], *data;

	signal(SIGCHLD, SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	data = hear(fd, &type, &length);
	if (!data || type != 'x')
		return;
	s.signals = signals_open(passed);
	for (int n = 0; n < 3; n++)
		if (pipe2(pipes[n], O_CLOEXEC))
			return;
	s.child = start(data, length, pipes);
	free(data);
	if (s.child < 0)
		return;
	close(pipes[0][0]);
	s.stream[0].fd = pipes[0][1];
	for (int n = 1; n < 3; n++) {
		close(pipes[n][1]);
		s.stream[n].fd = pipes[n][0];
		s.stream[n].source = true;
	}
	pump(&s);
	if (!s.exited) {
		/* Who asked is gone, and was not to be: so is what it asked for. */
		kill(s.child, SIGKILL);
		return;
	}
	snprintf(text, sizeof(text), "%d", s.status);
	tell(&s, 's', text, strlen(text));
	close(s.socket);
	swallow(&s);
}

static int wait_for_commands(void)
{
	struct sockaddr_in address = { AF_INET, htons(CONTROL_PORT) };
	int fd = control_socket();

	if (bind(fd, (void *)&address, sizeof(address)) || listen(fd, 128))
		die("listening");
	signal(SIGCHLD, SIG_IGN);
	for (;;) {
		int session = accept4(fd, NULL, NULL, SOCK_CLOEXEC);

		if (session < 0)
			continue;
		if (!fork()) {
			close(fd);
			serve(session);
			_exit(0);
		}
		close(session);
	}
}

int main(int argc, char **argv)
{
	if (argc == 1)
		return wait_for_commands();
	if (argc < 3) {
		fprintf(stderr, "Usage: vms-exec NAME COMMAND...\n");
		return 2;
	}
	return run_there(argv[1], argc - 2, argv + 2);
}
