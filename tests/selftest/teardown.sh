#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# A board goes, in every way, while its clients are at every stage and many more come: each client is served or reset,
# none waits; nothing stays. IPOS_ROUNDS rounds, each in the next of the ways (IPOS_WAYS).
# need /usr/bin/python3 python3
# need nft nftables

cd "$(dirname "$0")/.." || exit
# shellcheck source=tests/lib/tap.sh
. lib/tap.sh
# shellcheck source=tests/lib/cluster.sh
. lib/cluster.sh
# shellcheck source=tests/lib/flows.sh
. lib/flows.sh

read -ra ways <<<"${IPOS_WAYS:-module stop namespace device}"
rounds=${IPOS_ROUNDS:-${#ways[@]}}
checks=0
for ((round = 0; round < rounds; round++)); do
	[ "${ways[round % ${#ways[@]}]}" = device ] && checks=$((checks + 7)) || checks=$((checks + 8))
done
plan $checks
lib/hold-keys

# up: three boards, each with a server; board 1 offers what is meant for silent.example to a board that is not there.
up() {
	local n
	./cluster up 3 || return
	# Who comes to an address that is gone shall not make the test wait for long.
	on client sysctl -qw net.ipv4.tcp_syn_retries=3
	for n in 1 2 3; do
		peer_start "board$n" "[::]:80" || return
		server[n]=$pid
	done
	on board1 ipos-ctl -batch - <<-BATCH
		board set offer-ms 10000 hold-ms 600000
		server add 10.0.0.99 lladdr 02:00:00:00:02:99
		service add tcp 192.0.2.1:80 inspect http
		url add moved.example server 10.0.0.2
		url add third.example server 10.0.0.3
		url add here.example server 10.0.0.1
		url add silent.example server 10.0.0.99
	BATCH
}

# hold NAME ACTION...: a client; the action "line" lasts until go
hold() {
	ip netns exec client lib/peer.py 192.0.2.1:80 "${@:2}" <"$tmp/go" >"$tmp/$1" 2>&1 9<&- &
	held[$1]=$!
}
get() { printf 'GET %s HTTP/1.1\\r\\nHost: %s.example\\r\\n\\r\\n' "$2" "$1"; }
go() { exec 9<&-; }

# said NAME: all in one line
said() { tr '\n' ' ' <"$tmp/$1" | sed 's/ $//'; }
# ended NAME...
ended() {
	local name
	for name; do
		wait "${held[$name]}"
	done
	return 0
}

declare -A held
declare -a server

# clients: one at each stage that needs no player of packets, and a stream of new ones
clients() {
	rm -f "$tmp/go"
	mkfifo "$tmp/go"
	exec 9<>"$tmp/go"
	held=()
	hold forward send "$(get moved /names)" answer end
	hold sending send "$(get third /names)" answer line send "$(get third /more)" end
	hold closing send "$(get moved /close)" end
	hold here send "$(get here /1)" answer line send "$(get here /2)" answer
	hold part send "GET /3 HTTP/1.1\r\nHo" line send "st: moved.example\r\n\r\n" answer
	hold offered send "$(get silent /4)" answer
	# Without any byte; and with more than can be placed yet.
	hold mute line end
	wait_for grep -q . "$tmp/forward" && wait_for grep -q . "$tmp/sending" && wait_for grep -q eof "$tmp/closing" &&
		wait_for grep -q . "$tmp/here" && wait_for in_place || return
	start client "$tmp/load" lib/fetches.py 192.0.2.1:80 8 25 /close moved.example third.example here.example
	load=$pid
	wait_for grows
}
# in_place: those that nothing can be seen of from outside
in_place() {
	[ "$(on board1 ipos-ctl connect show | grep -c 192.0.2.100)" = 1 ] &&
		[ "$(on board1 ipos-ctl temporary show | grep -c 192.0.2.100)" = 2 ]
}
grows() { [ "$(counter board1 handoff_done)" -gt 20 ]; }

# leave WAY: board 1 goes
leave() {
	case $1 in
	module) modprobe -r ipos ;;
	stop) on board1 ipos-ctl board stop ;;
	device) ip -n board1 link del eth1 ;;
	namespace)
		kill "${server[1]}" && ip netns del board1
		# It ends in the background.
		wait_for gone /sys/class/net/board1-eth1
		;;
	esac
}
gone() { [ ! -e "$1" ]; }

# hanging: fetches of which nothing was heard any more although they were connected. Who was never answered at all comes
# to an address that is gone, and has its own timer only.
hanging() { awk '/ failed: hangs$/ { n += $1 } END { print n + 0 }' "$tmp/load"; }

# left BOARD...: connections of the client that a socket there still has. What has closed, and only waits for the
# client's last word, ends by itself and holds nothing.
left() {
	local board
	for board; do
		on "$board" ss -Htno "src 192.0.2.1 and dst 192.0.2.100" | grep -v timewait
	done
}
none_left() { [ -z "$(left board2 board3)" ]; }

# forget WAY: a socket whose other end is gone sends to it for minutes, also when its program has ended, and holds its
# namespace. What the client still has may become such a one as the cluster goes.
forget() {
	on client ss -HtK dst 192.0.2.1
	[ "$1" != device ] || { on board2 ss -HtK src 192.0.2.1 && on board3 ss -HtK src 192.0.2.1; }
}

for ((round = 0; round < rounds; round++)); do
	way=${ways[round % ${#ways[@]}]}
	what="$way, round $((round + 1)):"
	ok "$what three boards come up" up
	ok "$what clients are at every stage" clients
	ok "$what board 1 goes" leave "$way"

	ended forward
	is "$what who was handed over is reset" "$(said forward | sed 's/^[^ ]* [^ ]* //')" reset
	go
	# The namespace took with it who could have served them.
	[ "$way" = namespace ] && want=reset || want=served
	got=
	ended part here offered
	for name in part here offered; do
		case $(said $name) in
		"/3" | "/1 /2" | "/4") got+=" served" ;;
		*Reset* | *reset* | *"no answer"* | *timed\ out* | *Unreachable* | *unreachable* | *"No route"*) got+=" reset" ;;
		*) got+=" '$(cat "$tmp/$name")'" ;;
		esac
	done
	is "$what who was not is ${want}" "$got" " $want $want $want"
	wait "$load"
	is "$what none of the many waits in vain" "$(hanging)" 0 || diag "$(cat "$tmp/load")"
	# When the fabric's device went nobody could tell them.
	[ "$way" = device ] ||
		ok "$what the other boards have nothing of it" wait_for none_left || diag "$(left board2 board3)"
	for name in mute sending; do
		kill "${held[$name]}" 2>/dev/null && wait "${held[$name]}" 2>/dev/null
	done
	forget "$way" >/dev/null
	ok "$what the cluster goes" ./cluster down
done
finish
