#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Every end a connection can have, where it arrived and handed off, and what is left of it in the tables.
# need /usr/bin/python3 python3
# need tcpdump tcpdump

cd "$(dirname "$0")/.." || exit
# shellcheck source=tests/lib/tap.sh
. lib/tap.sh
# shellcheck source=tests/lib/cluster.sh
. lib/cluster.sh
# shellcheck source=tests/lib/flows.sh
. lib/flows.sh
plan 50

ok "two boards come up" ./cluster up 2
calm || diag "not calm"
patient board1 board2
peer_start board1 0.0.0.0:80 0.0.0.0:1001
peer_start board2 0.0.0.0:80 0.0.0.0:1002
server=$pid
# Entries shall be there when they are looked at, however slow the machine is.
on board2 ipos-ctl board set closing-timeout 600
on board1 ipos-ctl -batch - <<-BATCH
	board set closing-timeout 600
	service add tcp 192.0.2.1:80 inspect http
	service add tcp 192.0.2.1:1001 inspect none
	service add tcp 192.0.2.1:1002 inspect none
	url add moved.example server 10.0.0.2
BATCH

watch client "$tmp/client.pcap"
tap=$pid

# closing: how many Forward entries are there, and how many of them are closing
closing() {
	on board1 ipos-ctl -j forward | /usr/bin/python3 -ISc '
import json, sys
rows = json.load(sys.stdin)
print(len(rows), sum("closing" in row.get("flags", []) for row in rows))'
}
closing_are() { [ "$(closing)" = "$1" ]; }
# logged BOARD COUNT: what the server there has said since the last call, sorted: so many lines, once they are there
logged() {
	wait_for said "$1" "$2"
	sort "$tmp/peer-$1" | comm -13 "$tmp/logged-$1" -
	sort "$tmp/peer-$1" >"$tmp/logged-$1"
}
said() { [ "$(sort "$tmp/peer-$1" | comm -13 "$tmp/logged-$1" - | wc -l)" -ge "$2" ]; }
for board in board1 board2; do
	sort "$tmp/peer-$board" >"$tmp/logged-$board"
done

body=0123456789abcdef0123456789abcdef
digest="32 $(printf %s $body | sum -)"
# req PATH HOST
req() { printf 'GET /%s HTTP/1.1\\r\\nHost: %s\\r\\n\\r\\n' "$1" "$2"; }

# ends NAME PORT HOST BOARD: all of them, on connections that this board has to get
ends() {
	local name=$1 to=192.0.2.1:$2 host=$3 board=$4
	is "$name: the server closes first" "$(peer "$to" send "$(req close "$host")" answer end | xargs)" "/close eof"
	is "$name: the client closes first" "$(peer "$to" send "$(req plain "$host")" answer close)" /plain
	is "$name: the client sends no more, and reads" \
		"$(peer "$to" send "$(req half "$host")$body" shut answer end | xargs)" "$digest eof"
	is "$name: the client resets" "$(peer "$to" send "$(req other "$host")" answer reset)" /other
	is "$name: the server resets" "$(peer "$to" send "$(req reset "$host")" answer end | xargs)" "/reset reset"
	is "$name: the server has seen the same" "$(logged "$board" 5 | xargs)" \
		"/close eof /half eof /other reset /plain eof /reset reset"
	is "$name: by board" "$(placed)" "$([ "$board" = board1 ] && echo 5 0 || echo 0 5)"
}
ends "http, here" 80 here.example board1
ends "any, here" 1001 - board1
ok "nothing is left of what was here" wait_for none table_local board1
ends "http, moved" 80 moved.example board2
ends "any, moved" 1002 - board2
ok "nothing is left at the target but tombstones" wait_for none table_local board2
is "one for each" "$(counter board2 table_closed)" 10
wait_for closing_are "10 10"
is "all Forward entries are closing" "$(closing)" "10 10"
on board1 ipos-ctl board set closing-timeout 1
on board2 ipos-ctl board set closing-timeout 1
ok "and end in time" wait_for none table_forward board1
ok "the tombstones, too" wait_for none table_closed board2

watched "$tap" "$tmp/client.pcap"
is "every connection was seen on the wire" "$(begun "$tmp/client.pcap")" 20
# What crosses a reset on its way may be answered by another one.
is "nobody has reset but who was to" "$(reset_by "$tmp/client.pcap" | sort -u | awk '{ print $1 }' | sed 's/[.]80$\|[.][0-9]*$//' |
	sort | uniq -c | xargs)" "4 192.0.2.1 4 192.0.2.100"

# A port used again at once, while the entry of its last connection is still there.
on board1 ipos-ctl board set closing-timeout 600
on board2 ipos-ctl board set closing-timeout 600
is "a client's port is used again at once, wherever it was, wherever it goes" \
	"$(peer 192.0.2.1:80 \
		from 5000 send "$(req close/1 moved.example)" answer end \
		from 5000 send "$(req close/2 moved.example)" answer end \
		from 5000 send "$(req close/3 here.example)" answer end \
		from 5000 send "$(req close/4 here.example)" answer end \
		from 5000 send "$(req close/5 moved.example)" answer end | xargs)" \
	"/close/1 eof /close/2 eof /close/3 eof /close/4 eof /close/5 eof"
is "each was where it should be" "$(logged board1 2 | xargs), $(logged board2 3 | xargs)" \
	"/close/3 eof /close/4 eof, /close/1 eof /close/2 eof /close/5 eof"
is "two of them ended an entry early" "$(counter board1 resumed)" 2
placed >/dev/null

# Before the request is complete.
is "a client that resets at once, or in its request, or says nothing" \
	"$(peer 192.0.2.1:80 reset connect send 'GET / HTTP' reset connect close connect shut end)" eof
ok "is forgotten" wait_for settled board1
is "or served here" "$(placed)" "2 0"
is "what was reset is counted" "$(counter board1 reset_received)" 2

# While the hand-off is under way, or just before, or after.
moving() {
	local i actions=()
	for ((i = 0; i < 50; i++)); do
		actions+=(send "$(req any moved.example)" reset connect)
	done
	peer 192.0.2.1:80 "${actions[@]}" send "$(req any moved.example)" answer
}
is "50 clients reset in the middle of a hand-off, the next is served" "$(moving)" /any
ok "all of them have found their place" wait_for settled board1 board2
ok "no socket is left of them" wait_for none table_local board1 board2

# A server that ends with connections open: its kernel closes them.
start client "$tmp/last" lib/peer.py 192.0.2.1:80 send "$(req last moved.example)" answer end
client=$pid
wait_for grep -q last "$tmp/last"
stop "$server"
wait "$client"
is "a server that ends closes its connections" "$(xargs <"$tmp/last")" "/last eof"
ok "nothing is left of them, either" wait_for none table_local board1 board2
is "nothing was lost on the way" "$(on board1 ipos-ctl stats show lost unplaced | awk 'NR > 1 { print $2 }' | xargs)" "0 0"
finish
