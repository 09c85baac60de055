// SPDX-License-Identifier: GPL-2.0
#include <linux/ipos.h>
#include "command.h"
#include "stop.h"

static const char *const states[] = { "up", "draining", "stopped", NULL };
static const char *const yesno[] = { "no", "yes", NULL };

static const struct field fields[] = {
	[IPOS_A_BOARD_SERVER_IP] = {
		"server-ip", &kind_ipv4, IPOS_A_BOARD_SERVER_IP,
		NULL, "this board's Server IP"
	},
	[IPOS_A_BOARD_ETHERTYPE] = {
		"ethertype", &kind_ethertype, IPOS_A_BOARD_ETHERTYPE,
		NULL, "type field of ipOS frames"
	},
	[IPOS_A_BOARD_EPOCH] = {
		"epoch", &kind_id, IPOS_A_BOARD_EPOCH,
		NULL, "this start of this board"
	},
	[IPOS_A_BOARD_FABRIC_MTU] = {
		"fabric-mtu", &kind_u32, IPOS_A_BOARD_FABRIC_MTU,
		NULL, "least MTU of the fabric devices, 0: there is none"
	},
	[IPOS_A_BOARD_DRAIN] = {
		"drain", &kind_yesno, IPOS_A_BOARD_DRAIN,
		yesno, "take nothing new"
	},
	[IPOS_A_BOARD_LOAD_THRESHOLD] = {
		"load-threshold", &kind_u32, IPOS_A_BOARD_LOAD_THRESHOLD,
		NULL, "established connections up to which local-first stays here"
	},
	[IPOS_A_BOARD_HOLD_BYTES] = {
		"hold-bytes", &kind_u32, IPOS_A_BOARD_HOLD_BYTES,
		NULL, "request bytes held per endpoint until the policy decides"
	},
	[IPOS_A_BOARD_HOLD_MS] = {
		"hold-ms", &kind_u32, IPOS_A_BOARD_HOLD_MS,
		NULL, "time a request may take until the policy decides"
	},
	[IPOS_A_BOARD_OFFER_MS] = {
		"offer-ms", &kind_u32, IPOS_A_BOARD_OFFER_MS,
		NULL, "first retransmission of an offer; doubles"
	},
	[IPOS_A_BOARD_OFFER_TRIES] = {
		"offer-tries", &kind_u32, IPOS_A_BOARD_OFFER_TRIES,
		NULL, "offers sent to one board"
	},
	[IPOS_A_BOARD_ACK_MS] = {
		"ack-ms", &kind_u32, IPOS_A_BOARD_ACK_MS,
		NULL, "interval of repeated acknowledgements"
	},
	[IPOS_A_BOARD_ACK_TRIES] = {
		"ack-tries", &kind_u32, IPOS_A_BOARD_ACK_TRIES,
		NULL, "repeated acknowledgements until a reservation expires"
	},
	[IPOS_A_BOARD_RESERVE_MS] = {
		"reserve-ms", &kind_u32, IPOS_A_BOARD_RESERVE_MS,
		NULL, "lifetime of an incomplete reservation"
	},
	[IPOS_A_BOARD_IDLE_TIMEOUT] = {
		"idle-timeout", &kind_u32, IPOS_A_BOARD_IDLE_TIMEOUT,
		NULL, "seconds without a packet that end a Forward row"
	},
	[IPOS_A_BOARD_CLOSING_TIMEOUT] = {
		"closing-timeout", &kind_u32, IPOS_A_BOARD_CLOSING_TIMEOUT,
		NULL, "seconds for which a closed connection is still forwarded"
	},
	[IPOS_A_BOARD_SETTLE_MS] = {
		"settle-ms", &kind_u32, IPOS_A_BOARD_SETTLE_MS,
		NULL, "time after the start without hand-offs either way"
	},
	[IPOS_A_BOARD_SYN_COOKIES_THRESHOLD] = {
		"syn-cookies-threshold", &kind_u32,
		IPOS_A_BOARD_SYN_COOKIES_THRESHOLD,
		NULL, "rows of the Temporary Table from which SYN cookies answer"
	},
	[IPOS_A_BOARD_WEIGHT] = {
		"weight", &kind_u32, IPOS_A_BOARD_WEIGHT,
		NULL, "this board's share, as the others are told; 100 is ordinary"
	},
	[IPOS_A_BOARD_LOAD_CPU] = {
		"load-cpu", &kind_u32, IPOS_A_BOARD_LOAD_CPU,
		NULL, "what the CPU utilization weighs in least-load"
	},
	[IPOS_A_BOARD_LOAD_MEMORY] = {
		"load-memory", &kind_u32, IPOS_A_BOARD_LOAD_MEMORY,
		NULL, "what used memory weighs in least-load"
	},
	[IPOS_A_BOARD_LOAD_BANDWIDTH] = {
		"load-bandwidth", &kind_u32, IPOS_A_BOARD_LOAD_BANDWIDTH,
		NULL, "what used bandwidth weighs in least-load"
	},
	[IPOS_A_BOARD_ADVERTISE_MS] = {
		"advertise-ms", &kind_u32, IPOS_A_BOARD_ADVERTISE_MS,
		NULL, "interval of this board's advertisements, 0: none"
	},
	[IPOS_A_BOARD_PEER_TIMEOUT] = {
		"peer-timeout", &kind_u32, IPOS_A_BOARD_PEER_TIMEOUT,
		NULL, "seconds of a board's silence that end its Forward rows, 0: never"
	},
	[IPOS_A_BOARD_WAIT_MS] = {
		"wait-ms", &kind_u32, IPOS_A_BOARD_WAIT_MS,
		NULL, "time that an endpoint waits for applications to start"
	},
	[IPOS_A_BOARD_LIMIT_REGISTERED] = {
		"limit-registered", &kind_u32, IPOS_A_BOARD_LIMIT_REGISTERED,
		NULL, "applications that may be started here"
	},
	[IPOS_A_BOARD_LIMIT_WAITING] = {
		"limit-waiting", &kind_u32, IPOS_A_BOARD_LIMIT_WAITING,
		NULL, "endpoints that wait for an application to start"
	},
	[IPOS_A_BOARD_LEAVE_MS] = {
		"leave-ms", &kind_u32, IPOS_A_BOARD_LEAVE_MS,
		NULL, "time to tell all whom it concerns that a board leaves"
	},
	[IPOS_A_BOARD_UDP_TIMEOUT] = {
		"udp-timeout", &kind_u32, IPOS_A_BOARD_UDP_TIMEOUT,
		NULL, "seconds without a datagram that end other boards' UDP flows"
	},
	[IPOS_A_BOARD_LIMIT_TEMPORARY] = {
		"limit-temporary", &kind_u32, IPOS_A_BOARD_LIMIT_TEMPORARY,
		NULL, "rows of the Temporary Table"
	},
	[IPOS_A_BOARD_LIMIT_FORWARD_CONNECT] = {
		"limit-forward-connect", &kind_u32, IPOS_A_BOARD_LIMIT_FORWARD_CONNECT,
		NULL, "rows of the Forward-Connect Table"
	},
	[IPOS_A_BOARD_LIMIT_FORWARD] = {
		"limit-forward", &kind_u32, IPOS_A_BOARD_LIMIT_FORWARD,
		NULL, "rows of the Forward Table"
	},
	[IPOS_A_BOARD_LIMIT_LOCAL] = {
		"limit-local", &kind_u32, IPOS_A_BOARD_LIMIT_LOCAL,
		NULL, "rows of the Local Table"
	},
	[IPOS_A_BOARD_LIMIT_RESERVED] = {
		"limit-reserved", &kind_u32, IPOS_A_BOARD_LIMIT_RESERVED,
		NULL, "offers of other boards, not committed yet"
	},
	[IPOS_A_BOARD_LIMIT_CLOSED] = {
		"limit-closed", &kind_u32, IPOS_A_BOARD_LIMIT_CLOSED,
		NULL, "tombstones of endpoints handed to this board"
	},
	[IPOS_A_BOARD_LIMIT_SERVER] = {
		"limit-server", &kind_u32, IPOS_A_BOARD_LIMIT_SERVER,
		NULL, "rows of the Server State Table"
	},
	[IPOS_A_BOARD_LIMIT_SERVICE] = {
		"limit-service", &kind_u32, IPOS_A_BOARD_LIMIT_SERVICE,
		NULL, "virtual services"
	},
	[IPOS_A_BOARD_LIMIT_URL] = {
		"limit-url", &kind_u32, IPOS_A_BOARD_LIMIT_URL,
		NULL, "rows of the URL Map"
	},
	[IPOS_A_BOARD_LINK_SPEED] = {
		"link-speed", &kind_u32, IPOS_A_BOARD_LINK_SPEED,
		NULL, "of the devices with a role, Mbit/s; 0: as they say"
	},
	[IPOS_A_BOARD_LIMIT_LISTEN] = {
		"limit-listen", &kind_u32, IPOS_A_BOARD_LIMIT_LISTEN,
		NULL, "rows of the Listening Sockets Table"
	},
	[IPOS_A_BOARD_LIMIT_APP] = {
		"limit-app", &kind_u32, IPOS_A_BOARD_LIMIT_APP,
		NULL, "rows of the Application Information Table"
	},
	[IPOS_A_BOARD_LIMIT_COOKIE] = {
		"limit-cookie", &kind_u32, IPOS_A_BOARD_LIMIT_COOKIE,
		NULL, "rows of the Cookie Map"
	},
	[IPOS_A_BOARD_COOKIE_TIMEOUT] = {
		"cookie-timeout", &kind_u32, IPOS_A_BOARD_COOKIE_TIMEOUT,
		NULL, "seconds without use that end a learned row of the Cookie Map"
	},
	[IPOS_A_BOARD_COOKIE_REFRESH] = {
		"cookie-refresh", &kind_u32, IPOS_A_BOARD_COOKIE_REFRESH,
		NULL, "interval in which the cookies learned here are told again, s"
	},
	[IPOS_A_BOARD_LIMIT_WITHDRAWN] = {
		"limit-withdrawn", &kind_u32, IPOS_A_BOARD_LIMIT_WITHDRAWN,
		NULL, "offers taken back, and not known to be forgotten"
	},
	[IPOS_A_BOARD_CONNECTIONS] = {
		"connections", &kind_u32, IPOS_A_BOARD_CONNECTIONS,
		NULL, "established TCP connections"
	},
	[IPOS_A_BOARD_CPU] = {
		"cpu", &kind_u32, IPOS_A_BOARD_CPU,
		NULL, "CPU utilization, per mille"
	},
	[IPOS_A_BOARD_MEMORY] = {
		"memory", &kind_u64, IPOS_A_BOARD_MEMORY,
		NULL, "available memory, KiB"
	},
	[IPOS_A_BOARD_BANDWIDTH] = {
		"bandwidth", &kind_u64, IPOS_A_BOARD_BANDWIDTH,
		NULL, "available bandwidth, kbit/s"
	},
	[IPOS_A_BOARD_IN_FLIGHT] = {
		"in-flight", &kind_u32, IPOS_A_BOARD_IN_FLIGHT,
		NULL, "endpoints attached here and connections not accepted yet"
	},
	[IPOS_A_BOARD_ACCEPT_US] = {
		"accept-us", &kind_u32, IPOS_A_BOARD_ACCEPT_US,
		NULL, "how long a connection waits to be accepted, us"
	},
	[IPOS_A_BOARD_MEMORY_TOTAL] = {
		"memory-total", &kind_u32, IPOS_A_BOARD_MEMORY_TOTAL,
		NULL, "memory in all, MiB"
	},
	[IPOS_A_BOARD_BANDWIDTH_TOTAL] = {
		"bandwidth-total", &kind_u32, IPOS_A_BOARD_BANDWIDTH_TOTAL,
		NULL, "bandwidth in all, Mbit/s; 0: not known"
	},
	[IPOS_A_BOARD_STATE] = {
		"state", &kind_u8_word, IPOS_A_BOARD_STATE,
		states, "whether it takes part"
	},
	[IPOS_A_BOARD_UNFINISHED] = {
		"unfinished", &kind_u32, IPOS_A_BOARD_UNFINISHED,
		NULL, "endpoints that are still to find their place"
	},
	[IPOS_A_BOARD_FORWARDED] = {
		"forwarded", &kind_u32, IPOS_A_BOARD_FORWARDED,
		NULL, "connections whose packets this board forwards"
	},
	[IPOS_A_BOARD_TAKEN] = {
		"taken", &kind_u32, IPOS_A_BOARD_TAKEN,
		NULL, "connections attached here that came from other boards"
	},
};

#define FIELD(NAME) (&fields[IPOS_A_BOARD_##NAME])

static const struct field *const columns[] = {
	FIELD(SERVER_IP),
	FIELD(ETHERTYPE),
	FIELD(EPOCH),
	FIELD(FABRIC_MTU),
	FIELD(DRAIN),
	FIELD(STATE),
	FIELD(UNFINISHED),
	FIELD(FORWARDED),
	FIELD(TAKEN),
	FIELD(CONNECTIONS),
	FIELD(CPU),
	FIELD(MEMORY),
	FIELD(BANDWIDTH),
	FIELD(IN_FLIGHT),
	FIELD(ACCEPT_US),
	FIELD(MEMORY_TOTAL),
	FIELD(BANDWIDTH_TOTAL),
	FIELD(LOAD_THRESHOLD),
	FIELD(HOLD_BYTES),
	FIELD(HOLD_MS),
	FIELD(OFFER_MS),
	FIELD(OFFER_TRIES),
	FIELD(ACK_MS),
	FIELD(ACK_TRIES),
	FIELD(RESERVE_MS),
	FIELD(IDLE_TIMEOUT),
	FIELD(CLOSING_TIMEOUT),
	FIELD(SETTLE_MS),
	FIELD(SYN_COOKIES_THRESHOLD),
	FIELD(WEIGHT),
	FIELD(LOAD_CPU),
	FIELD(LOAD_MEMORY),
	FIELD(LOAD_BANDWIDTH),
	FIELD(ADVERTISE_MS),
	FIELD(PEER_TIMEOUT),
	FIELD(WAIT_MS),
	FIELD(COOKIE_TIMEOUT),
	FIELD(COOKIE_REFRESH),
	FIELD(LEAVE_MS),
	FIELD(UDP_TIMEOUT),
	FIELD(LIMIT_TEMPORARY),
	FIELD(LIMIT_FORWARD_CONNECT),
	FIELD(LIMIT_FORWARD),
	FIELD(LIMIT_LOCAL),
	FIELD(LIMIT_RESERVED),
	FIELD(LIMIT_CLOSED),
	FIELD(LIMIT_SERVER),
	FIELD(LIMIT_SERVICE),
	FIELD(LIMIT_URL),
	FIELD(LINK_SPEED),
	FIELD(LIMIT_LISTEN),
	FIELD(LIMIT_APP),
	FIELD(LIMIT_REGISTERED),
	FIELD(LIMIT_WAITING),
	FIELD(LIMIT_COOKIE),
	FIELD(LIMIT_WITHDRAWN),
	NULL
};

#define SETTING(NAME) { FIELD(NAME), ARG_ONE_OF }

static const struct arg set_args[] = {
	SETTING(SERVER_IP),
	SETTING(ETHERTYPE),
	SETTING(DRAIN),
	SETTING(LOAD_THRESHOLD),
	SETTING(HOLD_BYTES),
	SETTING(HOLD_MS),
	SETTING(OFFER_MS),
	SETTING(OFFER_TRIES),
	SETTING(ACK_MS),
	SETTING(ACK_TRIES),
	SETTING(RESERVE_MS),
	SETTING(IDLE_TIMEOUT),
	SETTING(CLOSING_TIMEOUT),
	SETTING(SETTLE_MS),
	SETTING(SYN_COOKIES_THRESHOLD),
	SETTING(WEIGHT),
	SETTING(LOAD_CPU),
	SETTING(LOAD_MEMORY),
	SETTING(LOAD_BANDWIDTH),
	SETTING(ADVERTISE_MS),
	SETTING(PEER_TIMEOUT),
	SETTING(WAIT_MS),
	SETTING(COOKIE_TIMEOUT),
	SETTING(COOKIE_REFRESH),
	SETTING(LEAVE_MS),
	SETTING(UDP_TIMEOUT),
	SETTING(LIMIT_TEMPORARY),
	SETTING(LIMIT_FORWARD_CONNECT),
	SETTING(LIMIT_FORWARD),
	SETTING(LIMIT_LOCAL),
	SETTING(LIMIT_RESERVED),
	SETTING(LIMIT_CLOSED),
	SETTING(LIMIT_SERVER),
	SETTING(LIMIT_SERVICE),
	SETTING(LIMIT_URL),
	SETTING(LINK_SPEED),
	SETTING(LIMIT_LISTEN),
	SETTING(LIMIT_APP),
	SETTING(LIMIT_REGISTERED),
	SETTING(LIMIT_WAITING),
	SETTING(LIMIT_COOKIE),
	SETTING(LIMIT_WITHDRAWN),
	{ NULL }
};

static const struct arg stop_args[] = {
	{ &stop_drain, ARG_KEYWORD },
	{ NULL }
};

static const struct command commands[] = {
	{
		.name = "show",
		.help = "show this board's settings and limits",
		.cmd = IPOS_CMD_BOARD_GET,
		.columns = columns, .record = true,
	}, {
		.name = "set",
		.help = "change any number of them, all or none",
		.cmd = IPOS_CMD_BOARD_SET,
		.args = set_args,
	}, {
		.name = "stop",
		.help = "leave the cluster; connections shared with other boards are reset",
		.cmd = IPOS_CMD_BOARD_STOP,
		.args = stop_args, .run = stop_run,
	}, {
		.name = "start",
		.help = "take part again, after stop or drain",
		.cmd = IPOS_CMD_BOARD_START,
	},
	{ NULL }
};

OBJECT(board, "this board: its settings and limits", commands);
