#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# An application that is registered, and that nobody has started, is started by the first request for it, here or on
# another board; those that come meanwhile wait. What never listens, fails or cannot be started resets them all.
# need /usr/bin/python3 python3
# need curl curl
# need ip iproute2

cd "$(dirname "$0")/.." || exit
# Boards tell each other what they can start.
export IPOS_ADVERTISE_MS=200
# shellcheck source=tests/lib/tap.sh
. lib/tap.sh
# shellcheck source=tests/lib/cluster.sh
. lib/cluster.sh
# shellcheck source=tests/lib/flows.sh
. lib/flows.sh
plan 68

# A program that says that it was started, takes its time, and then serves its own name; "never" to listen, "crash" to end.
cat >"$tmp/app.py" <<'PYTHON'
import http.server, os, sys, time
name, port, how = sys.argv[1], int(sys.argv[2]), sys.argv[3]
with open(f"{os.environ['STARTS']}/{name}", "a") as log:
    print("started", os.getpid(), file=log)
if how == "crash":
    sys.exit(3)
time.sleep(1000 if how == "never" else float(how))
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = f"{name} {os.getpid()}\n".encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args):
        pass
class Server(http.server.ThreadingHTTPServer):
    request_queue_size = int(sys.argv[4]) if sys.argv[4:] else 16
Server(("", port), Handler).serve_forever()
PYTHON
export STARTS=$tmp/starts
mkdir "$STARTS"
chmod 755 "$tmp"

# agent BOARD [OPTION...]: in $pid
agent() {
	local board=$1
	shift
	start "$board" "$tmp/agent-$board" ipos-agent "$@"
	wait_for grep -q ready "$tmp/agent-$board"
}
# app BOARD NAME PORT HOW [WORD...]: HOW may be followed by the length of its accept queue
app() {
	on "$1" ipos-ctl app add "$2" port "$3" memory 8M start-timeout 120 "${@:5}" exec "/usr/bin/python3 $tmp/app.py $2 $3 $4"
}
service() { on board1 ipos-ctl service add tcp "192.0.2.1:$1" inspect http "${@:2}"; }
state() { on "$1" ipos-ctl -j app show | jq_app "$2" state; }
# jq_app NAME FIELD: of ipos-ctl -j app show
jq_app() {
	/usr/bin/python3 -c 'import json, sys
for row in json.load(sys.stdin):
    if row.get("app") == sys.argv[1]:
        print(row.get(sys.argv[2], "-"))' "$1" "$2"
}
state_is() { [ "$(state "$1" "$2")" = "$3" ]; }
started() { wc -l 2>/dev/null <"$STARTS/$1" || echo 0; }
# startable BOARD NAME: board1 knows that it can start it
startable() { on board1 ipos-ctl listen show server "$1" | grep -q " startable "; }
get() { fetch client "http://192.0.2.1:$1/"; }
# storm N PORT: so many requests at once; how many were answered with what, and how many were reset
storm() {
	on client lib/fetches.py "192.0.2.1:$2" 1 "$1" / any
}

ok "two boards come up" ./cluster up 2
patient board1 board2
on board1 ipos-ctl board set wait-ms 600000

# Registered, but no agent is there

service 8001
app board1 one 8001 0.5
is "registered" "$(on board1 ipos-ctl app show | awk '$5 == "one" { print $5, $6, $7, $8, $9, $10, $11 }')" "one 8001 tcp 8192 stopped 0 0"
fails "without an agent nothing is started: reset" "reset|refused" get 8001
is "counted: this board, and the other" "$(counter board1 skipped_not_startable)" 2
is "nothing has run" "$(started one)" 0

agent board1
agent1=$pid
like "with an agent the first request starts it, and is answered" "$(get 8001)" "^one [0-9]+$"
is "started once" "$(started one)" 1
is "it runs" "$(state board1 one)" running
is "the next one is answered" "$(get 8001 | cut -d' ' -f1)" one
is "by what was started" "$(started one)" 1
is "one endpoint has waited" "$(counter board1 waited)" 1
ok "nobody waits any more" wait_for none table_waiting board1
listed() { on board1 ipos-ctl app show | grep -qE '^ *[0-9]+ +[0-9]+ +[0-9]+ +python3 +one '; }
ok "its process is listed with what it needs" wait_for listed

# Many at once

start board1 "$tmp/events" ipos-ctl monitor cluster starting running failed
events=$pid

app board1 two 8002 2
service 8002
storm 200 8002 >"$tmp/storm"
like "200 requests at once for a stopped application are all answered, by one process" "$(cat "$tmp/storm")" "^200 any 200 [^"$'\n'"]*\$"
is "it was started once" "$(started two)" 1
is "asked for once" "$(on board1 ipos-ctl -j app show | jq_app two starts)" 1
ok "nobody waits any more" wait_for none table_waiting board1
ok "nothing unfinished is left" wait_for settled board1 board2
heard() { grep -q "running.* two" "$tmp/events"; }
wait_for heard
is "who listens is told of it" "$(awk '{ print $2, $NF }' "$tmp/events")" "starting two
running two"
stop "$events"

# Stopped, it can be started again

on board1 kill "$(get 8002 | cut -d' ' -f2)"
ok "killed, it is stopped" wait_for state_is board1 two stopped
like "and started again by the next request" "$(get 8002)" "^two "
is "a second time" "$(started two)" 2

# On another board

agent board2
agent2=$pid
app board2 three 8003 '2 256'
service 8003
startable_is() { [ "$(on board1 ipos-ctl -j listen show server 10.0.0.2 port "$1")" = "$2" ]; }
row='[{"server":"10.0.0.2","port":8003,"name":"three","proto":"tcp","addr":"0.0.0.0","state":"startable","required":8192}]'
wait_for startable_is 8003 "$row"
is "the other board tells that it can start it" "$(on board1 ipos-ctl -j listen show server 10.0.0.2 port 8003)" "$row"
is "sysfs shows it" "$(on board1 cat /sys/kernel/ipos/listening_sockets/entries | grep ' 8003 ')" \
	"10.0.0.2 8003 - three tcp 0.0.0.0 startable 8192"
storm 200 8003 >"$tmp/storm"
like "200 requests at once start it there, and are all answered" "$(cat "$tmp/storm")" "^200 any 200 [^"$'\n'"]*\$"
is "it was started once" "$(started three)" 1
is "they moved there" "$(counter board2 accepted)" 200
ok "refused as starting, and offered again" test "$(counter board1 handoff_refused_starting)" -gt 0
is "both boards count alike" "$(counter board1 handoff_refused_starting)" "$(counter board2 refused_starting)"
ok "nothing unfinished is left" wait_for settled board1 board2
is "nobody waits any more" "$(counter board1 table_waiting)" 0

# What never listens

on board1 ipos-ctl app add never port 8004 memory 8M start-timeout 2 exec "/usr/bin/python3 $tmp/app.py never 8004 never"
service 8004
storm 50 8004 >"$tmp/storm"
like "what never listens: each client is reset" "$(cat "$tmp/storm")" "^50 any failed: ConnectionResetError[^"$'\n'"]*\$"
is "it was started once" "$(on board1 ipos-ctl -j app show | jq_app never starts)" 1
is "it has failed" "$(counter board1 start_timeout)" 1
ok "and may be started again after a while" wait_for state_is board1 never stopped
on board1 ipos-ctl app del never

# What fails at once, and what another board can do

app board1 crash 8005 crash
service 8005
storm 20 8005 >"$tmp/storm"
like "what ends at once: each client is reset, long before the time is over" "$(cat "$tmp/storm")" \
	"^20 any failed: ConnectionResetError[^"$'\n'"]*\$"
is "it was started once" "$(started crash)" 1
is "its failure was told by the agent" "$(counter board1 start_failed) $(counter board1 start_timeout)" "2 1"
like "the agent says how it ended" "$(cat "$tmp/agent-board1")" "crash: process [0-9]+ has ended: status 3"
app board1 both 8006 crash
app board2 both 8006 0
service 8006
row6=${row//8003/8006}
wait_for startable_is 8006 "${row6/three/both}"
like "where one board fails, the next one starts it" "$(get 8006)" "^both "
is "it is the other one's" "$(state board2 both)" running

# What cannot be started

on board1 ipos-ctl app add large port 8007 memory 4000G exec /bin/false
service 8007
fails "without the memory for it nothing is started" "reset|refused" get 8007
is "not even tried" "$(on board1 ipos-ctl -j app show | jq_app large starts)" 0
on board1 ipos-ctl app add missing port 8008 memory 1M exec "/nowhere/at/all 'two words'"
service 8008
fails "what is not there ends the request" "reset" get 8008
like "and the agent says so" "$(cat "$tmp/agent-board1")" 'cannot execute "/nowhere/at/all": No such file'

# Units, by a stand-in for systemctl: it ends when the unit does, as "systemctl start --wait" does

stop "$agent2"
cat >"$tmp/systemctl" <<SH
#!/bin/sh
echo "\$*" >>"$tmp/systemctl.log"
case \$4 in
web.service) exec /usr/bin/python3 "$tmp/app.py" web 8009 0 ;;
*) exit 1 ;;
esac
SH
chmod 755 "$tmp/systemctl"
agent board2 -systemctl "$tmp/systemctl"
agent2=$pid
on board2 ipos-ctl app add web port 8009 memory 8M start-timeout 120 unit web.service
on board2 ipos-ctl app add bad port 8010 memory 8M start-timeout 120 unit bad.service
service 8009
service 8010
told() { on board1 ipos-ctl listen show server 10.0.0.2 port "$1" | grep -q "$2"; }
wait_for told 8010 startable
like "a unit is started" "$(get 8009)" "^web "
fails "a unit that fails at once resets the client" "reset" get 8010
is "each was asked for by its name" "$(cat "$tmp/systemctl.log")" "start --wait -- web.service
start --wait -- bad.service"

# An agent that comes and goes

app board1 slow 8011 3
service 8011
kill -STOP "$agent1"
get 8011 >"$tmp/slow" 2>&1 &
client=$!
wait_for state_is board1 slow starting
kill -CONT "$agent1"
slow_started() { [ "$(started slow)" = 1 ]; }
wait_for slow_started
stop "$agent1" KILL
wait "$client"
like "an agent is killed while an application starts: the request is answered" "$(cat "$tmp/slow")" "^slow "
app board1 late 8012 0
service 8012
fails "without it nothing more is started" "reset" get 8012
agent board1
agent1=$pid
kill -STOP "$agent1"
get 8012 >"$tmp/late" 2>&1 &
client=$!
wait_for state_is board1 late starting
stop "$agent1" KILL
agent board1
agent1=$pid
wait "$client"
like "an agent that was not there when it was asked for starts it" "$(cat "$tmp/late")" "^late "
is "once" "$(started late) $(started slow)" "1 1"
stop "$agent1"
like "an agent that ends leaves what it has started" "$(get 8012)" "^late "
agent board1
agent1=$pid

# Bounds, and what is taken away while endpoints wait

app board1 wait 8013 never
service 8013
on board1 ipos-ctl board set limit-waiting 3
# waiting_are N
waiting_are() { counter_is board1 table_waiting "$1"; }
on client lib/fetches.py 192.0.2.1:8013 1 5 / any >"$tmp/five" &
client=$!
wait_for waiting_are 3
wait_for counter_is board1 drop_limit_waiting 2
is "more than may wait are reset" "$(counter board1 drop_limit_waiting)" 2
on board1 ipos-ctl app del wait
wait "$client"
like "deleted while they wait: they are reset, too" "$(cat "$tmp/five")" "^5 any failed: ConnectionResetError[^"$'\n'"]*\$"
on board1 ipos-ctl board set limit-waiting 1000
app board1 wait 8013 never
on board1 ipos-ctl board set wait-ms 1000
fails "who has waited for as long as it may is reset" "reset" get 8013
is "and counted" "$(counter board1 wait_timeout)" 1
on board1 ipos-ctl board set wait-ms 600000
on client lib/fetches.py 192.0.2.1:8013 1 20 / any >"$tmp/gone" &
client=$!
wait_for waiting_are 20
fails "a name of two applications is refused" "has this name already" app board1 wait 8014 0
fails "and a port" "another application has this port" app board1 other 8013 0
fails "without exec and unit" "exec or unit is missing|nothing to" on board1 ipos-ctl app add other port 1 memory 1M
fails "a quote that is not closed" "exec takes" on board1 ipos-ctl app add other port 1 memory 1M exec "a 'b"
fails "nor is what does not exist deleted" "no application has this name" on board1 ipos-ctl app del nothing
on board1 ipos-ctl app set wait state stopped
wait "$client"
like "an operator ends the start: they are reset" "$(cut -c 1-40 "$tmp/gone")" "^20 any failed: ConnectionResetError"
is "what is saved makes them again" "$(on board1 ipos-ctl save | grep '^app add large ')" \
	"app add large port 8007 proto tcp memory 4000G start-timeout 10 exec /bin/false"

# The module goes while some wait

app board1 end 8014 never
service 8014
on client lib/fetches.py 192.0.2.1:8014 1 20 / any >"$tmp/end" &
client=$!
wait_for waiting_are 20
is "sysfs shows them, without what starts them" "$(on board1 cat /sys/kernel/ipos/registered_applications/entries | grep '^large ')" \
	"large 8007 tcp 4194304000 stopped 0 0"
ok "the module is unloaded while endpoints wait" modprobe -r ipos
wait "$client"
like "which resets them" "$(cat "$tmp/end")" "^20 any failed: ConnectionResetError[^"$'\n'"]*\$"
gone() { ! kill -0 "$1"; }
ok "and the agents end" wait_for gone "$agent1"
finish
