#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# The Listening Sockets and Application Information Tables find by themselves what listens on a board, and whose it is,
# and follow it as programs come and go.
# need /usr/bin/python3 python3
# need nginx nginx
# need ip iproute2
# need pgrep procps

cd "$(dirname "$0")/.." || exit
# shellcheck source=tests/lib/tap.sh
. lib/tap.sh
# shellcheck source=tests/lib/cluster.sh
. lib/cluster.sh
# shellcheck source=tests/lib/flows.sh
. lib/flows.sh
plan 41

sys=/sys/kernel/ipos

# A program that makes sockets and keeps them; each word is KIND,ADDR,PORT
cat >"$tmp/sockets.py" <<'PYTHON'
import socket, sys, time
kept = []
for word in sys.argv[1:]:
    kind, addr, port = word.split(",")
    s = socket.socket(socket.AF_INET6 if "6" in kind else socket.AF_INET,
                      socket.SOCK_DGRAM if kind.startswith("udp") else socket.SOCK_STREAM)
    kept.append(s)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT if kind == "reuse" else socket.SO_REUSEADDR, 1)
    if "6" in kind:
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, kind == "tcp6only")
    if kind == "udpclient":
        s.sendto(b"x", (addr, int(port)))
    elif kind == "udpserved":
        s.bind(("", int(port)))
        s.connect((addr, int(port)))
    else:
        s.bind((addr, int(port)))
    if not kind.startswith("udp"):
        s.listen(50)
print("bound", flush=True)
time.sleep(1000)
PYTHON
# A program of two processes: the second fails to listen where the first one does
cat >"$tmp/fails.py" <<'PYTHON'
import os, socket, time
def bound():
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("", 1030))
    return s
ready, go = os.pipe()
bound_too, tell = os.pipe()
first = bound()
if os.fork() == 0:
    first.close()
    second = bound()
    os.write(tell, b"x")
    os.read(ready, 1)
    try:
        second.listen()
    except OSError as error:
        print("fails:", error, flush=True)
    time.sleep(1000)
os.read(bound_too, 1)
first.listen()
os.write(go, b"x")
time.sleep(1000)
PYTHON
# sockets NAME WORD...: on that board, in $pid
sockets() {
	local name=$1
	shift
	start "$name" "$tmp/sockets-$name" /usr/bin/python3 "$tmp/sockets.py" "$@"
	wait_for grep -q bound "$tmp/sockets-$name"
}

# rows NAME: of the table, those of the board's own sockets; "proto addr port pid name"
rows() { on "$1" ipos-ctl listen show | awk 'NR > 1 { print $5, $6, $2, $3, $4 }' | sort; }
# rows_are NAME TEXT, row_is NAME PORT TEXT
rows_are() { [ "$(rows "$1")" = "$2" ]; }
row_is() { [ "$(rows "$1" | awk -v port="$2" '$3 == port')" = "$3" ]; }
# row NAME WHAT PORT TEXT: a test line; TEXT is what the row becomes, "" none
row() {
	wait_for row_is "$1" "$3" "$4"
	is "$2" "$(rows "$1" | awk -v port="$3" '$3 == port')" "$4"
}

# A namespace in which nothing is set up, and one whose sockets are older than the module

export IPOS_CLUSTER_BARE=1
ok "two boards come up, without ipOS" ./cluster up 2
unset IPOS_CLUSTER_BARE
sockets board1 tcp,0.0.0.0,1001 tcp6,::,1002 tcp,192.0.2.1,1003 tcp,127.0.0.1,1004 udp,0.0.0.0,1005 udp6,::,1006 \
	udp,127.0.0.1,1007
older=$pid
ok "the module is loaded" modprobe ipos
sleep 0.1
is "a namespace in which nothing is set up has no rows" "$(rows board1)" ""
on board1 ipos-ctl board set server-ip 10.0.0.1
want="tcp 0.0.0.0 1001 $older python3
tcp 0.0.0.0 1002 $older python3
tcp 127.0.0.1 1004 $older python3
tcp 192.0.2.1 1003 $older python3
udp 0.0.0.0 1005 $older python3
udp 0.0.0.0 1006 $older python3
udp 127.0.0.1 1007 $older python3"
wait_for rows_are board1 "$want"
is "what was there before the module is found, and whose it is" "$(rows board1)" "$want"
is "the board's own are shown by its Server IP" "$(on board1 ipos-ctl listen show server 10.0.0.1 | wc -l)" 8
is "a board that is not known has none" "$(on board1 ipos-ctl listen show server 10.0.0.2)" ""
is "or those of one port" "$(on board1 ipos-ctl -j listen show port 1003)" \
	"[{\"server\":\"10.0.0.1\",\"port\":1003,\"pid\":$older,\"name\":\"python3\",\"proto\":\"tcp\",\"addr\":\"192.0.2.1\",\"state\":\"listening\"}]"
is "another namespace has its own" "$(rows board2)" ""
app_count_is() { [ "$(on board1 cat "$sys/application_information/count")" = "$1" ]; }
wait_for app_count_is 1
like "the process is listed" "$(on board1 ipos-ctl -j app show)" \
	"^\\[\\{\"pid\":$older,\"memory\":[1-9][0-9]+,\"cpu\":[0-9]+,\"name\":\"python3\"\\}\\]\$"
is "sysfs has the same sockets" "$(on board1 cat $sys/listening_sockets/entries | sort)" \
	"$(on board1 ipos-ctl listen show | awk 'NR > 1 { print $1, $2, $3, $4, $5, $6, $7, $8 }' | sort)"
is "and as many as it counts" "$(on board1 cat $sys/listening_sockets/count)" 7
like "and the process" "$(on board1 cat $sys/application_information/entries)" "^$older [0-9]+ [0-9]+ python3 - -\$"
stop "$older"
ok "the program stops: its rows go" wait_for rows_are board1 ""
ok "and so does the process" wait_for app_count_is 0

# While it runs

on board2 ipos-ctl board set server-ip 10.0.0.2
sockets board2 tcp,0.0.0.0,2001
second=$pid
row board2 "a program that begins to listen is found" 2001 "tcp 0.0.0.0 2001 $second python3"
is "and nowhere else" "$(rows board1)" ""
sockets board1 reuse,0.0.0.0,1010 reuse,0.0.0.0,1010 reuse,0.0.0.0,1010 tcp,192.0.2.1,1011 tcp,10.0.0.1,1011
many=$pid
wait_for rows_are board1 "tcp 0.0.0.0 1010 $many python3
tcp 10.0.0.1 1011 $many python3
tcp 192.0.2.1 1011 $many python3"
is "several sockets of one port are one row, each address has its own" "$(rows board1)" \
	"tcp 0.0.0.0 1010 $many python3
tcp 10.0.0.1 1011 $many python3
tcp 192.0.2.1 1011 $many python3"
sockets board1 reuse,0.0.0.0,1010 udp,0.0.0.0,1012
other=$pid
row board1 "a port has the process that was the last to listen" 1010 "tcp 0.0.0.0 1010 $other python3"
row board1 "a UDP socket is found" 1012 "udp 0.0.0.0 1012 $other python3"
stop "$other" KILL
row board1 "it is killed: the port is the other's again" 1010 "tcp 0.0.0.0 1010 $many python3"
ok "and what was its alone is gone" wait_for row_is board1 1012 ""
stop "$many" KILL
sockets board1 tcp,0.0.0.0,1011
third=$pid
row board1 "killed, and another has taken the port" 1011 "tcp 0.0.0.0 1011 $third python3"
is "the rest is gone" "$(rows board1 | wc -l)" 1
stop "$third"
sockets board1 udpclient,192.0.2.2,1020 udpserved,192.0.2.2,1021 tcp6only,::,1022 tcp6,::1,1023 udp,0.0.0.0,1024
wait_for row_is board1 1024 "udp 0.0.0.0 1024 $pid python3"
is "sockets of clients, and those that no IPv4 client reaches, do not count" "$(rows board1)" \
	"udp 0.0.0.0 1024 $pid python3"
stop "$pid"

# Whose it is

start board1 "$tmp/fails" /usr/bin/python3 "$tmp/fails.py"
fails=$pid
ok "a program fails to listen where another does" wait_for grep -q "fails:.*in use" "$tmp/fails"
row board1 "the port stays the other's" 1030 "tcp 0.0.0.0 1030 $fails python3"
children=$(pgrep -P "$fails")
stop "$fails" KILL
kill "$children"
cat >"$tmp/nginx.conf" <<CONF
daemon on; user root; worker_processes 2; pid $tmp/nginx.pid; error_log $tmp/error.log;
events {}
http { access_log off; server { listen 80 reuseport; listen 127.0.0.1:81; } }
CONF
ok "nginx puts itself into the background" on board1 nginx -e "$tmp/error.log" -c "$tmp/nginx.conf"
wait_for test -s "$tmp/nginx.pid"
master=$(cat "$tmp/nginx.pid")
row board1 "who called listen() is gone: the port is the master's" 80 "tcp 0.0.0.0 80 $master nginx"
row board1 "each of its ports" 81 "tcp 127.0.0.1 81 $master nginx"
is_process() { on board1 ipos-ctl app show | awk 'NR > 1 { print $1, $4 }' | grep -qxE "$1"; }
ok "the master is a process that listens" wait_for is_process "$master nginx"
workers=$(pgrep -P "$master")
kill -KILL "$master"
ok "the master is killed: its workers have the port" \
	wait_for is_process "($(tr '\n' '|' <<<"$workers"| sed 's/|*$//')) nginx"
# shellcheck disable=SC2086 # words
kill -KILL $workers
ok "they are killed" wait_for rows_are board1 ""

# Limits

dropped() { [ "$(counter board1 "$1")" != 0 ]; }
on board1 ipos-ctl board set limit-listen 2 limit-app 0
sockets board1 tcp,0.0.0.0,1041 tcp,0.0.0.0,1042 tcp,0.0.0.0,1043 udp,0.0.0.0,1044
ok "more sockets than the limit are counted" wait_for dropped drop_limit_listen
is "and not listed" "$(rows board1 | wc -l)" 2
ok "more processes than the limit are counted" wait_for dropped drop_limit_app
is "nor are they" "$(on board1 ipos-ctl app show)" ""
on board1 ipos-ctl board set limit-listen 100 limit-app 100
all_there() { [ "$(rows board1 | grep -c "104[1-4] $pid python3")" = 4 ] && is_process "$pid python3"; }
ok "once there is room, all are found" wait_for all_there

# An end at any moment

ok "namespaces come and go while they are looked at" bash -c "
	for i in 1 2 3 4 5 6 7 8; do
		ip netns add n\$i && ip netns exec n\$i ipos-ctl board set server-ip 10.0.0.9 || exit
		ip netns exec n\$i /usr/bin/python3 -c 'import socket; s = socket.socket(); s.listen()' && ip netns del n\$i ||
			exit
	done"
stop "$second"
ok "so does the module" bash -c "for i in 1 2 3 4 5; do
	ip netns exec board1 ipos-ctl board set server-ip 10.0.0.1 && rmmod ipos && modprobe ipos || exit; done"
on board1 ipos-ctl board set server-ip 10.0.0.1
ok "and finds everything anew" wait_for all_there
on board1 ipos-ctl board set limit-listen 0
ok "the module goes while programs listen" rmmod ipos
finish
