#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Every step of a hand-off is told, on the board that does it: by tracepoints, and to those who listen.
# need /usr/bin/python3 python3
# need setpriv util-linux

cd "$(dirname "$0")/.." || exit
# shellcheck source=tests/lib/tap.sh
. lib/tap.sh
# shellcheck source=tests/lib/cluster.sh
. lib/cluster.sh
# shellcheck source=tests/lib/flows.sh
. lib/flows.sh
# shellcheck source=tests/lib/events.sh
. lib/events.sh
plan 47

ok "two boards come up" ./cluster up 2
ok "the tracepoints are there" trace_start
peer_start board1 0.0.0.0:80 0.0.0.0:1001
peer_start board2 0.0.0.0:80
# Nothing is sent twice because the machine is slow, and nothing expires meanwhile.
for board in board1 board2; do
	on "$board" ipos-ctl board set offer-ms 10000 ack-ms 10000 closing-timeout 600
done
listen "$tmp/config" ip netns exec board1 ipos-ctl monitor config
listen "$tmp/some" ip netns exec board1 ipos-ctl monitor config url service
listen "$tmp/both" ipos-ctl -n board1 -n board2 monitor handoff
listen "$tmp/json" ip netns exec board2 ipos-ctl -j -t monitor
listen "$tmp/committed" ip netns exec board1 ipos-ctl monitor handoff committed attached
listen "$tmp/service" ip netns exec board1 ipos-ctl monitor handoff service 192.0.2.1:1001
listen "$tmp/peer" ip netns exec board2 ipos-ctl monitor handoff peer 10.0.0.9
listen "$tmp/cluster" ip netns exec board1 ipos-ctl monitor cluster left
listen "$tmp/others" ip netns exec board1 ipos-ctl monitor cluster server 10.0.0.9
listen "$tmp/client" ip netns exec board1 ipos-ctl -timestamp monitor handoff client 192.0.2.100:5000
for service in 80 1001 1003; do
	on board1 ipos-ctl service add tcp "192.0.2.1:$service" inspect http
done
on board1 ipos-ctl url add moved.example server 10.0.0.2

# req PATH HOST
req() { printf 'GET /%s HTTP/1.1\\r\\nHost: %s\\r\\n\\r\\n' "$1" "$2"; }

# told PATTERN: how many steps are as the extended regular expression says
told() { traced | grep -cE -- "$1"; }
told_are() { [ "$(told "$1")" = "$2" ]; }
# of PORT: the steps of the connections from that port of the client
of() { traced | grep " client 192.0.2.100:$1 "; }
# of_board PORT BOARD
of_board() { of "$1" | grep "^$2 " | steps | xargs; }

is "a moved connection is served" \
	"$(peer 192.0.2.1:80 from 5000 send "$(req close moved.example)" answer end | xargs)" "/close eof"
ok "it is closed on both boards" wait_for told_are ' handoff closed ' 2
id=$(of 5000 | sed -n 's/.* offered .* id \(0x[0-9a-f]*\) .*/\1/p')
like "it has a hand-off id" "$id" '^0x[0-9a-f]{16}$'
is "the id joins the steps of both boards" "$(traced | grep " id $id " | steps | paste -sd ,)" \
	"board1 offered,board2 reserved,board2 acknowledged,board1 committed,board2 committed,board2 closed,board1 closed"
is "before it, the connection was the client's alone" "$(of 5000 | steps | head -n 1)" "board1 established"
is "each step tells everything" "$(traced | grep "board2 handoff committed")" \
	"board2 handoff committed target id $id client 192.0.2.100:5000 service 192.0.2.1:80 peer 10.0.0.1"

is "a connection that stays is served" "$(peer 192.0.2.1:80 from 5001 send "$(req close here.example)" answer end | xargs)" \
	"/close eof"
ok "it is closed" wait_for told_are ' closed .*:5001 ' 1
is "it never had a hand-off" "$(of 5001 | steps | paste -sd ,) $(of 5001 | grep -c ' id ')" \
	"board1 established,board1 attached,board1 closed 0"

is "where the target refuses, the origin serves" \
	"$(peer 192.0.2.1:1001 from 5002 send "$(req close moved.example)" answer end | xargs)" "/close eof"
ok "that is closed" wait_for told_are ' closed .*:5002 ' 1
is "both boards tell of the refusal and its reason" "$(of 5002 | steps | paste -sd ,)" \
	"board1 established,board1 offered,board2 refused/no-listener,board1 refused/no-listener,board1 attached,board1 closed"

is "where nobody can serve, the client is reset" "$(peer 192.0.2.1:1003 from 5003 send "$(req x here.example)" end)" reset
is "that is told" "$(of 5003 | steps | paste -sd ,)" \
	"board1 established,board1 offered,board2 refused/no-listener,board1 refused/no-listener,board1 unplaced"

peer 192.0.2.1:80 from 5004 send "GET /" reset
ok "a client that gives up is told" wait_for told_are ' abandoned .*:5004 .*reason client-reset' 1

# What board 2 says is lost.
on board2 tc qdisc add dev eth1 root netem loss 100%
on board1 ipos-ctl board set offer-ms 10 offer-tries 2
is "where the target does not answer, the origin serves" \
	"$(peer 192.0.2.1:80 from 5005 send "$(req close moved.example)" answer end | xargs)" "/close eof"
ok "that is told by both" wait_for told_are ' (closed|withdrawn) .*:5005 ' 3
is "the origin tells of each offer, and that it took them back" "$(of_board 5005 board1)" \
	"board1 established board1 offered board1 retransmitted board1 unanswered board1 withdrawn board1 attached board1 closed"
is "the target, of its reservation" "$(of_board 5005 board2)" \
	"board2 reserved board2 acknowledged board2 acknowledged board2 withdrawn"
on board2 tc qdisc del dev eth1 root
on board1 ipos-ctl board set offer-ms 10000 offer-tries 4

# What commits is lost, but nothing else: bytes of type 2.
on board1 tc qdisc add dev eth1 clsact
on board1 tc filter add dev eth1 egress protocol all u32 match u8 2 0xff at 12 action drop
on board2 ipos-ctl board set ack-ms 10
is "where the commit does not come, the client is reset" \
	"$(peer 192.0.2.1:80 from 5006 send "$(req x moved.example)" end)" reset
is "the target gives the reservation up" "$(of 5006 | grep '^board2 ' | steps | uniq | xargs)" \
	"board2 reserved board2 acknowledged board2 expired/unanswered"
is "the origin hears of it" "$(of_board 5006 board1)" \
	"board1 established board1 offered board1 committed board1 lost/unknown"
on board1 tc qdisc del dev eth1 clsact
on board2 ipos-ctl board set ack-ms 10000

on board1 ipos-ctl board set idle-timeout 1
is "a connection that is idle for too long" \
	"$(peer 192.0.2.1:80 from 5007 send "$(req half moved.example)" end)" reset
is "ends as that" "$(of_board 5007 board1)" "board1 established board1 offered board1 committed board1 lost/idle"
is "no step is told of by two names" "$(told ' (established|offered) .* target ')" 0

# Those who listen have heard the same.
ipos-ctl -n board2 server set 10.0.0.1 state drain connections 7
ipos-ctl -n board2 server set 10.0.0.1 state up
heard_all() { has "$tmp/json" '"command":"set",.*"state":"up"' && [ "$(wc -l <"$tmp/both")" = "$(traced | wc -l)" ]; }
ok "those who listen have heard everything" wait_for heard_all
is "what they heard is what was traced" "$(sort "$tmp/both")" "$(traced | sort)"
is "several boards' steps come in the order of time" "$(grep " id $id " "$tmp/both" | steps | paste -sd ,)" \
	"board1 offered,board2 reserved,board2 acknowledged,board1 committed,board2 committed,board2 closed,board1 closed"
is "only the steps asked for" "$(cut -d ' ' -f 2 "$tmp/committed" | sort | uniq -c | xargs)" "3 attached 3 committed"
is "only the service asked for" "$(cut -d ' ' -f 2 "$tmp/service" | xargs)" "established offered refused attached closed"
is "only the client asked for, with the time" "$(sed -E 's/^[0-9]{4}-[0-9-]+T[0-9:]+[.][0-9]{6} handoff ([a-z]+) .*/\1/' \
	"$tmp/client" | xargs)" "established offered committed closed"
is "only the peer asked for" "$(cat "$tmp/peer")" ""

# In JSON, each line by itself.
is "JSON has the same, and changes of the configuration" "$(/usr/bin/python3 -ISc '
import json, sys
rows = [json.loads(line) for line in open(sys.argv[1])]
print(all("T" in row["timestamp"] for row in rows), [row for row in rows if row.get("id") == sys.argv[2]][0] | {"timestamp": 0})
print(*([row["event"], row["object"], row["command"], row["ip"], row["state"], row.get("connections")]
        for row in rows if row["event"] == "config" and row["object"] == "server"), sep="\n")
' "$tmp/json" "$id")" "True {'timestamp': 0, 'event': 'handoff', 'step': 'reserved', 'role': 'target', 'id': '$id', \
'client': '192.0.2.100:5000', 'service': '192.0.2.1:80', 'peer': '10.0.0.1'}
['config', 'server', 'set', '10.0.0.1', 'drain', 7]
['config', 'server', 'set', '10.0.0.1', 'up', None]"

# Changes of the configuration, as they were asked for; what was refused is no change.
fails "a request that is refused" "exists already" on board1 ipos-ctl service add tcp 192.0.2.1:80
on board1 ipos-ctl -b - <<-'BATCH'
	service set tcp 192.0.2.1:80 policy least-conn
	service del tcp 192.0.2.1:1003
	service add tcp 192.0.2.9:80 target-port 8080 foreign
	server add 10.0.0.8 lladdr 02:00:00:00:02:08 dev eth1 state drain
	server del 10.0.0.8
	dev del eth0
	dev add eth0 role client
	url add "*/a'b" server 10.0.0.8
	url del "*/a'b" server 10.0.0.8
	url flush server 10.0.0.8
	board stop
	board start
	board set limit-url 77
BATCH
ok "the last change is told" wait_for has "$tmp/config" 'limit-url 77'
is "every change is told, in the words that make it" "$(grep -v 'offer-ms\|idle-timeout' "$tmp/config")" \
	"config service add tcp 192.0.2.1:80 inspect http
config service add tcp 192.0.2.1:1001 inspect http
config service add tcp 192.0.2.1:1003 inspect http
config url add moved.example server 10.0.0.2
config service set tcp 192.0.2.1:80 policy least-conn
config service del tcp 192.0.2.1:1003
config service add tcp 192.0.2.9:80 target-port 8080 foreign
config server add 10.0.0.8 lladdr 02:00:00:00:02:08 dev eth1 state drain
config server del 10.0.0.8
config dev del eth0
config dev add eth0 role client
config url add */a\\'b server 10.0.0.8
config url del */a\\'b server 10.0.0.8
config url flush server 10.0.0.8
config board stop
config board start
config board set limit-url 77"
is "that this board leaves is told as of any board" "$(cat "$tmp/cluster")" "cluster left"
is "only of the board asked for" "$(cat "$tmp/others")" ""
is "only the objects asked for" "$(cut -d ' ' -f 2 "$tmp/some" | sort | uniq -c | xargs)" "6 service 4 url"

# Whoever is too slow is told that there was more.
listen "$tmp/slow" ip netns exec board2 ipos-ctl monitor config
kill -STOP "$pid"
yes "server set 10.0.0.1 cpu 1" | head -n 6000 | on board2 ipos-ctl -b -
kill -CONT "$pid"
ok "whoever is too slow learns of it" wait_for has "$tmp/slow" '^lost$'
on board2 ipos-ctl server set 10.0.0.1 cpu 2
ok "and goes on hearing" wait_for has "$tmp/slow" 'cpu 2$'
like "in words, too" "$(cat "$tmp/slow.err")" '^Warning: events were lost'

fails "nobody may listen without CAP_NET_ADMIN" "not permitted: this needs CAP_NET_ADMIN" \
	setpriv --reuid 65534 --regid 65534 --clear-groups ipos-ctl monitor
fails "nor as root of a user namespace of its own" "not permitted: this needs CAP_NET_ADMIN" \
	setpriv --reuid 65534 --regid 65534 --clear-groups unshare -Ur ipos-ctl monitor handoff

ok "the module leaves while all of them listen" rmmod ipos
finish
