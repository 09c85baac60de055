# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# What tests of connections ask the boards of the cluster, and the wires. Needs tap.sh and cluster.sh.
# shellcheck disable=SC2034,SC2154 # pid is the test's to use, tmp is tap.sh's

# counter BOARD NAME: of `ipos-ctl stats`
counter() { on "$1" ipos-ctl stats show "$2" | awk 'NR > 1 { print $2 }'; }

# counter_is BOARD NAME VALUE
counter_is() { [ "$(counter "$1" "$2")" = "$3" ]; }

# counters BOARD NAME...: their sum
counters() {
	local board=$1
	shift
	on "$board" ipos-ctl stats show "$@" | awk 'NR > 1 { n += $2 } END { print n }'
}

# placed: where the connections went that board 1 has answered since the last call: how many it kept, and how many each
# other board got; then, if it is another number, how many board 1 believes to have handed off
placed() {
	local board now sum=0 text
	local -A before=()
	# shellcheck source=/dev/null
	[ ! -e "$tmp/placed" ] || . "$tmp/placed"
	for board in $(machines board); do
		now=$(counter "$board" "$([ "$board" = board1 ] && echo attached_here || echo accepted)")
		text+=" $((now - ${before[$board]-0}))"
		[ "$board" = board1 ] || sum=$((sum + now - ${before[$board]-0}))
		before[$board]=$now
	done
	now=$(counter board1 handoff_done)
	[ $((now - ${before[moved]-0})) = "$sum" ] || text+=" of $((now - ${before[moved]-0}))"
	before[moved]=$now
	declare -p before >"$tmp/placed"
	echo "${text# }"
}

# settled BOARD...: none of them has an endpoint that is still to find its place
settled() {
	local board
	for board; do
		[ "$(counters "$board" table_temporary table_forward_connect table_reserved)" = 0 ] || return 1
	done
}

# none NAME BOARD...: that counter is 0 on each of them
none() {
	local name=$1 board
	shift
	for board; do
		[ "$(counter "$board" "$name")" = 0 ] || return 1
	done
}

# calm: TCP on all machines sends nothing twice but what is lost, so that a RST on the wire has a cause to be found.
# Late copies of a FIN or its ACK are answered by one, with or without ipOS, and have two reasons here:
# - A veth pair has a queue for each CPU that sends, and packets of a connection may overtake each other. A network card
#   has a queue for each flow, and so have the wires after this.
# - Emulated CPUs under load may take longer than the 200 ms after which TCP sends again.
calm() {
	local name
	for name in $(machines .); do
		# shellcheck disable=SC2016 # expands in the namespace
		on "$name" sh -c 'set -e
			for queue in /sys/class/net/eth*/queues/rx-*/rps_cpus; do echo "$0" >"$queue"; done
			echo 0 >/proc/sys/net/ipv4/tcp_early_retrans
			ip route change $(ip route show 192.0.2.0/24) rto_min 5s' "$(cpus)" || return
	done
	for name in /sys/class/net/*-eth*/queues/rx-*/rps_cpus; do
		[ ! -e "$name" ] || cpus >"$name" || return
	done
}
# cpus: a mask of all
cpus() { printf '%x\n' $(((1 << $(nproc)) - 1)); }

# patient BOARD...: nothing is offered or acknowledged again, and no request placed unread, because the machine is slow
patient() {
	local board
	for board; do
		# What has come of a request that was acknowledged waits for the next offer, if a part overtook the first one.
		on "$board" ipos-ctl board set offer-ms 10000 ack-ms 10000 reserve-ms 60000 hold-ms 600000 || return
	done
}

# watch NAME FILE: the beginnings and resets of TCP connections on a client's wire
watch() { capture "$1" eth0 "$2" 'tcp[tcpflags] & (tcp-syn|tcp-rst) != 0' -s 160 -B 32768; }

# watch_responses BOARD FILE: response bytes that this board sends or sees, on whatever device
watch_responses() {
	capture "$1" any "$2" "tcp and src port ${3:-80} and
		ip[2:2] - ((ip[0] & 0xf) << 2) - ((tcp[12] & 0xf0) >> 2) != 0" -s 160 -B 32768
}

# reset_by FILE: who has sent RSTs, as ADDRESS.PORT > ADDRESS.PORT
reset_by() { tcpdump -n -t -r "$1" 'ip and tcp[tcpflags] & tcp-rst != 0' 2>/dev/null | cut -d ' ' -f 2-4; }

# begun FILE: how many connections were; a SYN that was sent again begins none
begun() {
	tcpdump -n -t -r "$1" 'tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn' 2>/dev/null |
		awk '{ print $2, $4, $8 }' | sort -u | wc -l
}

# watched PID FILE: ends a capture; fails where it lost packets
watched() {
	stop "$1" INT
	grep -q '^0 packets dropped by kernel' "$2.log" || { diag "$(cat "$2.log")" && return 1; }
}

# peer ADDRESS:PORT ACTION...: lib/peer.py on the client
peer() { on client lib/peer.py "$@" 2>&1; }

# peer_start BOARD ADDRESS:PORT...: lib/peer.py as a server; what it says is in $tmp/peer-BOARD
peer_start() {
	local board=$1
	shift
	start "$board" "$tmp/peer-$board" lib/peer.py serve "$@"
	wait_for grep -qs ready "$tmp/peer-$board" || { diag "$(cat "$tmp/peer-$board")" && return 1; }
}

# iperf BOARD PORT OPTION...: iperf3 on the client, with a server there that is for this run alone: one that serves several
# does not listen for a moment between them
iperf() {
	local server status
	start "$1" "$tmp/iperf-$1" iperf3 -s -1 -p "$2"
	server=$pid
	wait_for listening "$1" "$2" || return
	on client iperf3 -c 192.0.2.1 -p "$2" "${@:3}" && status=0 || status=$?
	if [ "$status" = 0 ]; then
		wait "$server"
	else
		stop "$server"
	fi
	return "$status"
}

# sum FILE: its SHA-256; of standard input without FILE
sum() { sha256sum "$@" | cut -d ' ' -f 1; }

# roots COUNT [FILE BYTES]: for each board N a folder $tmp/rootN, to be served: index.html, "board N"; and FILE, of random
# bytes, whose SHA-256 is in sums[N] then
roots() {
	local n
	for ((n = 1; n <= $1; n++)); do
		mkdir -p "$tmp/root$n" && echo "board $n" >"$tmp/root$n/index.html" || return
		[ $# = 1 ] || head -c "$3" /dev/urandom >"$tmp/root$n/$2" || return
		[ $# = 1 ] || sums[n]=$(sum "$tmp/root$n/$2")
	done
}

# rows_begin: a row in each table of endpoints, by requests from 192.0.2.100's ports 40001 to 40004: on board 1 one that
# is not complete (temporary), one that stays (local), one that moved (forward; local on board 2), and one offered to a
# board that is not there (forward-connect). They stay until rows_end.
rows_begin() {
	local board
	on board1 ipos-ctl -b - <<-'LINES' || return
		board set hold-ms 600000 offer-ms 10000 offer-tries 16
		server add 10.0.0.9 lladdr 02:00:00:00:02:09
		service add tcp 192.0.2.1:80 inspect http
		url add */two server 10.0.0.2
		url add */nine server 10.0.0.9
	LINES
	cat >"$tmp/rows-server" <<-'PYTHON'
		import socket
		listener = socket.create_server(("", 80))
		kept = []
		while True:
		    kept.append(listener.accept()[0])
		    kept[-1].recv(1000)
		    kept[-1].send(b"done\n")
	PYTHON
	cat >"$tmp/rows-client" <<-'PYTHON'
		import socket
		import struct
		import sys
		for port, request in (40001, ""), (40002, "one"), (40003, "two"), (40004, "nine"):
		    sock = socket.create_connection(("192.0.2.1", 80), source_address=("", port))
		    # What nobody acknowledges would outlive the process, and the namespace with it.
		    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
		    if request:
		        sock.send(f"GET /{request} HTTP/1.1\r\nHost: example.org\r\n\r\n".encode())
		    if request in ("one", "two"):
		        sock.recv(100)
		    globals()[f"kept{port}"] = sock
		print("asked", flush=True)
		sys.stdin.read()
	PYTHON
	rows_pids=()
	for board in board1 board2; do
		start $board "$tmp/rows-$board" /usr/bin/python3 "$tmp/rows-server"
		rows_pids+=("$pid")
		wait_for listening $board 80 || return
	done
	mkfifo "$tmp/rows-hold"
	on client /usr/bin/python3 "$tmp/rows-client" <"$tmp/rows-hold" >"$tmp/rows-asked" &
	rows_pids+=($!)
	exec 7>"$tmp/rows-hold"
	wait_for grep -q asked "$tmp/rows-asked" && wait_for counter_is board1 table_forward_connect 1
}
rows_end() {
	exec 7>&-
	kill "${rows_pids[@]}" 2>/dev/null
	wait "${rows_pids[@]}" 2>/dev/null
	return 0
}
