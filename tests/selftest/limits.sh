#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Every state of a flow is bounded. A full table has a defined end: the request is answered all the same, by the board it
# arrived at, and each time is counted.
# need /usr/bin/python3 python3
# need nginx nginx
# need curl curl

cd "$(dirname "$0")/.." || exit
# shellcheck source=tests/lib/tap.sh
. lib/tap.sh
# shellcheck source=tests/lib/cluster.sh
. lib/cluster.sh
# shellcheck source=tests/lib/flows.sh
. lib/flows.sh
plan 24

ok "two boards come up" ./cluster up 2
patient board1 board2
roots 2
for n in 1 2; do
	nginx_start "board$n" "$tmp/root$n"
done
on board1 ipos-ctl service add tcp 192.0.2.1:80 inspect http
on board1 ipos-ctl url add '*' server 10.0.0.2

limit() { on "$1" ipos-ctl board set "limit-$2" "$3"; }
answer() { fetch client http://192.0.2.1/; }

# stay: a connection that is answered and then kept open, in $pid
stay() {
	start client "$tmp/stay" lib/peer.py 192.0.2.1:80 get / end
	wait_for grep -q board "$tmp/stay"
}

is "without a limit in reach it is handed off" "$(answer)" "board 2"

for table in forward-connect forward; do
	name=drop_limit_${table#forward-}
	was=$(counter board1 "$name")
	limit board1 "$table" 0
	is "$table full: the request is answered where it arrived" "$(answer)" "board 1"
	is "$table full: counted" "$(($(counter board1 "$name") - was))" 1
	limit board1 "$table" 1000
	is "$table has room again: handed off" "$(answer)" "board 2"
done

# A connection that stays takes the only place, and gives it back when its closing entry has ended.
on board1 ipos-ctl board set closing-timeout 1
wait_for none table_forward board1
limit board1 forward 1
stay
is "one place: the first connection has it" "$(cat "$tmp/stay")" "board 2"
is "the second is answered where it arrived" "$(answer)" "board 1"
stop "$pid"
ok "its entry ends with it" wait_for none table_forward board1
is "and the next may move" "$(answer)" "board 2"
limit board1 forward 1000

for table in reserved local; do
	was=$(counter board2 refused)
	limit board2 "$table" 0
	is "the target's $table table full: the origin serves" "$(answer)" "board 1"
	is "the target refused once" "$(($(counter board2 refused) - was))" 1
	limit board2 "$table" 1000
done
is "with room there, it is handed off" "$(answer)" "board 2"

# A connection attached here is the stack's own: it needs no entry to live.
on board1 ipos-ctl url flush
wait_for none table_local board1
limit board1 local 0
stay
is "Local Table full: the connection lives without an entry" "$(cat "$tmp/stay")" "board 1"
is "it is not listed" "$(counter board1 table_local)" 0
ok "and is counted" test "$(counter board1 drop_limit_local)" -gt 0
stop "$pid"
limit board1 local 1000

on board1 ipos-ctl url add '*' server 10.0.0.2
limit board2 closed 0
was=$(counter board2 drop_limit_closed)
is "no room for tombstones: still served" "$(answer)" "board 2"
counted() { [ "$(counter board2 drop_limit_closed)" -gt "$was" ]; }
ok "counted" wait_for counted
ok "and none is kept" wait_for none table_closed board2
ok "nothing unfinished is left" wait_for settled board1 board2
finish
