#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# ipos-ctl trace: one connection, over the boards, to its end.
# need /usr/bin/python3 python3

cd "$(dirname "$0")/.." || exit
# shellcheck source=tests/lib/tap.sh
. lib/tap.sh
# shellcheck source=tests/lib/cluster.sh
. lib/cluster.sh
# shellcheck source=tests/lib/flows.sh
. lib/flows.sh
# shellcheck source=tests/lib/events.sh
. lib/events.sh
plan 22

ok "two boards come up" ./cluster up 2
peer_start board1 0.0.0.0:80 0.0.0.0:1001
peer_start board2 0.0.0.0:80
for board in board1 board2; do
	on "$board" ipos-ctl board set offer-ms 10000 ack-ms 10000 closing-timeout 600
done
on board1 ipos-ctl -b - <<-BATCH
	service add tcp 192.0.2.1:80 inspect http
	service add tcp 192.0.2.1:1001 inspect http
	url add moved.example server 10.0.0.2
BATCH

# req PATH HOST
req() { printf 'GET /%s HTTP/1.1\\r\\nHost: %s\\r\\n\\r\\n' "$1" "$2"; }
# path FILE: what a trace says, without times, and each id as "id"
path() { sed -E -e 's/^[0-9]+[.][0-9]{6} //' -e 's/0x[0-9a-f]{16}/ID/' "$1"; }
# ended PID: by itself
ended() { ! kill -0 "$1" 2>/dev/null; }
# ends PID: and how
ends() { wait_for ended "$1" && wait "$1"; }

listen "$tmp/both" ipos-ctl -n board1 -n board2 trace 192.0.2.100:5000
both=$pid
listen "$tmp/board1" ip netns exec board1 ipos-ctl trace 192.0.2.100:5000
board1=$pid
listen "$tmp/board2" ip netns exec board2 ipos-ctl -j -timestamp trace 192.0.2.100:5000
board2=$pid
listen "$tmp/service" ipos-ctl -n board1 -n board2 trace service 192.0.2.1:1001
service=$pid
listen "$tmp/next" ip netns exec board2 ipos-ctl trace
next=$pid
is "another connection is served meanwhile" \
	"$(peer 192.0.2.1:80 from 4999 send "$(req close here.example)" answer end | xargs)" "/close eof"
is "and the one that is traced" "$(peer 192.0.2.1:80 from 5000 send "$(req close moved.example)" answer end | xargs)" \
	"/close eof"
ok "a trace over two boards ends with the connection" ends "$both"
is "it tells every step, of this connection alone" "$(path "$tmp/both")" \
	"board1 established origin client 192.0.2.100:5000 service 192.0.2.1:80
board1 offered origin id ID client 192.0.2.100:5000 service 192.0.2.1:80 peer 10.0.0.2
board2 reserved target id ID client 192.0.2.100:5000 service 192.0.2.1:80 peer 10.0.0.1
board2 acknowledged target id ID client 192.0.2.100:5000 service 192.0.2.1:80 peer 10.0.0.1
board1 committed origin id ID client 192.0.2.100:5000 service 192.0.2.1:80 peer 10.0.0.2
board2 committed target id ID client 192.0.2.100:5000 service 192.0.2.1:80 peer 10.0.0.1
board2 closed target id ID client 192.0.2.100:5000 service 192.0.2.1:80 peer 10.0.0.1
board1 closed origin id ID client 192.0.2.100:5000 service 192.0.2.1:80 peer 10.0.0.2"
is "with one id on both" "$(grep -o '0x[0-9a-f]*' "$tmp/both" | sort | uniq -c | awk '{ print $1 }')" 7
is "the time begins with the connection and does not go back" \
	"$(head -n 1 "$tmp/both" | cut -d ' ' -f 1) $(cut -d ' ' -f 1 "$tmp/both" | sort -c -n && echo sorted)" "0.000000 sorted"

ok "a trace on the origin ends" ends "$board1"
is "it has that board's steps" "$(path "$tmp/board1" | cut -d ' ' -f 1 | xargs)" "established offered committed closed"
ok "a trace on the target ends" ends "$board2"
is "it has the other half, joined by the id, and the time of day for sorting" "$(/usr/bin/python3 -ISc '
import json, sys
rows = [json.loads(line) for line in open(sys.argv[1])]
print(*[row["step"] for row in rows], {row["id"] for row in rows} == {sys.argv[2]},
      sorted(row["timestamp"] for row in rows) == [row["timestamp"] for row in rows])
' "$tmp/board2" "$(grep -om 1 '0x[0-9a-f]*' "$tmp/both")")" "reserved acknowledged committed closed True True"
ok "without a name it is the next connection" ends "$next"
is "and only that" "$(path "$tmp/next" | cut -d ' ' -f 1 | xargs)" "reserved acknowledged committed closed"

# Two at once to a service: the first is followed, past the target's refusal.
start client "$tmp/first" lib/peer.py 192.0.2.1:1001 from 5001 send "$(req any moved.example)" answer end
first=$pid
wait_for has "$tmp/service" attached
is "a second connection to the service" \
	"$(peer 192.0.2.1:1001 from 5002 send "$(req close moved.example)" answer end | xargs)" "/close eof"
ok "does not end the trace of the first" waits "$service"
stop "$first"
ok "which ends with that" ends "$service"
is "the refusal is in it" "$(path "$tmp/service" | sed -E 's/(origin|target).* reason/reason/; s/ (origin|target) .*//')" \
	"board1 established
board1 offered
board2 refused reason no-listener
board1 refused reason no-listener
board1 attached
board1 closed"

# By the id alone, on the target, of a connection that is there already.
start client "$tmp/stays" lib/peer.py 192.0.2.1:80 from 5003 send "$(req any moved.example)" answer end
stays=$pid
wait_for has "$tmp/stays" /any
id=$(on board1 ipos-ctl -j forward show port 5003 | grep -o '0x[0-9a-f]*')
listen "$tmp/id" ip netns exec board2 ipos-ctl trace "$id"
traced=$pid
stop "$stays"
ok "a trace of an id ends with its connection" ends "$traced"
is "it tells what there was to tell yet" "$(path "$tmp/id")" \
	"closed target id ID client 192.0.2.100:5003 service 192.0.2.1:80 peer 10.0.0.1"
is "of that id" "$(grep -o '0x[0-9a-f]*' "$tmp/id")" "$id"
fails "what names no connection is refused" "flow takes a client's ADDRESS:PORT, or the id of a hand-off" \
	on board1 ipos-ctl trace nobody
fails "other commands have one namespace" "can be given once" ipos-ctl -n board1 -n board2 board
finish
