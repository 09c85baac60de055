#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Sessions in the memory of an application on three boards: wherever a request arrives, it reaches its session's board, by
# a cookie that nobody configured the value of. IPOS_SESSIONS=1000 for many.
# need /usr/bin/python3 python3

cd "$(dirname "$0")/.." || exit
export IPOS_ADVERTISE_MS=1000
# shellcheck source=tests/lib/tap.sh
. lib/tap.sh
# shellcheck source=tests/lib/cluster.sh
. lib/cluster.sh
# shellcheck source=tests/lib/flows.sh
. lib/flows.sh
plan 15

many=${IPOS_SESSIONS:-60}
all=(192.0.2.1:80 192.0.2.2:80 192.0.2.3:80)

# application BOARD: in $pid
application() {
	start "$1" "$tmp/application-$1" lib/sessions.py serve 0.0.0.0:80 "$1"
	wait_for listening "$1" 80
}
# ask REQUESTS ADDRESS:PORT...: of every session
ask() {
	on client lib/sessions.py ask "$tmp/sessions" "$many" "$1" 16 "${@:2}" >"$tmp/asked" 2>&1
	grep '^#' "$tmp/asked"
	grep -v '^#' "$tmp/asked"
}
# sessions_of BOARD
sessions_of() { grep -o "\"board\": \"$1\"" "$tmp/sessions" | wc -l; }
# sum COUNTER BOARD...
sum() {
	local name=$1 n=0
	shift
	for board; do
		n=$((n + $(counter "$board" "$name")))
	done
	echo "$n"
}
says_of() { on "$1" ipos-ctl -j server show | grep -o "\"freshness\":\"\($2\)\"" | wc -l; }
is_fresh() { [ "$(says_of "$1" fresh)" = 2 ]; }
has_lost_one() { [ "$(says_of "$1" 'stale\|gone')" = 1 ]; }
is_told() { [ "$(counter "$1" maps_received)" -ge 2 ]; }
is_closed() { ! on board1 ipos-ctl -j listen show server 10.0.0.2 port 80 | grep -q 10.0.0.2; }
# all_boards WORD...: of each, sooner or later
all_boards() { wait_for "$@" board1 && wait_for "$@" board2 && wait_for "$@" board3; }
has_sessions() { [ "$(sessions_of "$1")" -gt 0 ]; }
knows_all() { [ "$(on "$1" ipos-ctl -j cookie show | grep -o '"id"' | wc -l)" = "$many" ]; }

ok "three boards come up" ./cluster up 3
for n in 1 2 3; do
	application board$n
	application[n]=$pid
	on board$n ipos-ctl service add tcp 192.0.2.$n:80 inspect http policy least-conn cookie JSESSIONID
done
ok "they hear each other" all_boards is_fresh
is "a service shows its cookie" "$(on board1 ipos-ctl -j service show | grep -o '"cookie":"[^"]*"')" '"cookie":"JSESSIONID"'

# What a service's cookie is called is told at once, and again and again.
ok "they tell each other of their cookies" all_boards is_told

is "every request finds its session" "$(ask 10 "${all[@]}" | grep -v '^#')" "begun $many kept $((9 * many))"
diag "$(grep '^#' "$tmp/asked")"
ok "the boards share the sessions" all_boards has_sessions
ok "each board knows all of them" all_boards knows_all
is "all but the first requests went by the Cookie Map" "$(sum cookie_hit board1 board2 board3)" "$((9 * many))"
is "none has learned another board's" "$(sum cookies_learned board1 board2 board3)" "$many"

# One board loses its power.
lost=$(sessions_of board3)
on board3 ip link set eth0 down
on board3 ip link set eth1 down
wait_for has_lost_one board1
ok "a board is gone" wait_for has_lost_one board2
is "its sessions move, the others do not" "$(ask 1 "${all[@]:0:2}" | grep -v '^#')" "kept $((many - lost)) moved $lost"
diag "$(grep '^#' "$tmp/asked")"
is "and stay where they are" "$(ask 2 "${all[@]:0:2}" | grep -v '^#')" "kept $((2 * many))"
is "the sessions that it had are counted" "$(sum cookie_board_gone board1 board2)" "$lost"

# A program that is not there any more has no sessions.
lost=$(sessions_of board2)
stop "${application[2]}" KILL
ok "an application is gone" wait_for is_closed
is "its sessions move, the others do not" "$(ask 1 "${all[@]:0:2}" | grep -v '^#')" "kept $((many - lost)) moved $lost"
finish
