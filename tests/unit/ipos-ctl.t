#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What ipos-ctl says without the module: its help, and every way to be called wrongly, word for word.
cd "$(dirname "$0")/../.." || exit
# shellcheck source=tests/lib/tap.sh
. tests/lib/tap.sh
# shellcheck source=tests/lib/need.sh
. tests/lib/need.sh
need cc gcc libc6-dev && need /usr/include/libmnl/libmnl.h libmnl-dev && need pkg-config pkg-config || exit
mkdir -p build/unit/ctl
flock build/unit/ctl.lock make -s -C tools/ipos-ctl O="$PWD/build/unit/ctl" || exit
PATH=$PWD/build/unit/ctl:$PATH

plan 149

# wrong TEXT WORD...: an error of the caller's
wrong() {
	local text=$1
	shift
	says "ipos-ctl $*" 1 "Error: $text" ipos-ctl "$@"
}

usage=$(cat <<'TEXT'
Usage: ipos-ctl [OPTIONS] OBJECT [COMMAND [ARGUMENTS]]
       ipos-ctl [OPTIONS] -batch FILE
       ipos-ctl help [OBJECT [COMMAND]]

Objects:
  app                    the Application Information Table: who listens, or may
  board                  this board: its settings and limits
  connect                the Forward-Connect Table: being handed over
  cookie                 the Cookie Map: which board has a session
  dev                    network devices and their roles
  forward                the Forward Table: other boards' endpoints
  listen                 the Listening Sockets Table: what listens where
  local                  the Local Table: endpoints with a socket here
  monitor                what happens, as it happens
  save                   everything configured, as commands for -batch
  server                 the Server State Table: other boards
  service                virtual services: what is taken over, and how
  stats                  what was done and dropped, by reason
  temporary              the Temporary Table: nobody's endpoints
  trace                  one connection's way over the boards
  url                    the URL Map: which boards may serve a URL

Options:
  -json, -j              show as JSON
  -pretty, -p            with -json: for the eye
  -netns, -n NAME        in another network namespace; monitor, trace: any number
  -timestamp, -t         monitor, trace: with the time of day
  -batch, -b FILE        a command per line, of a file or - for standard input
  -force                 with -batch: go on after errors
  -help, -h              this text
  -Version, -V           the version
TEXT
)
for words in help -h -help --help; do
	says "ipos-ctl $words" 0 "$usage" ipos-ctl "$words"
done
says "no word is an error, and the usage" 1 "$usage" ipos-ctl
is "the usage is then no output" "$(ipos-ctl 2>/dev/null)" ""
like "-V tells the version" "$(ipos-ctl -V)" '^ipos-ctl [0-9.]+$'
is "--Version too" "$(ipos-ctl --Version)" "$(ipos-ctl -V)"

server_help=$(cat <<'TEXT'
Usage: ipos-ctl server [show] [ADDRESS]
       ipos-ctl server add ADDRESS lladdr MAC [dev DEVICE] [state up|drain|down]
                           [connections NUMBER] [cpu NUMBER] [memory NUMBER]
                           [bandwidth NUMBER] [weight NUMBER]
       ipos-ctl server set ADDRESS [state up|drain|down] [connections NUMBER]
                           [cpu NUMBER] [memory NUMBER] [bandwidth NUMBER]
                           [weight NUMBER]
       ipos-ctl server del ADDRESS

server: the Server State Table: other boards.

Commands:
  show                   show the other boards, or one (the default)
  add                    make another board known
  set                    say what state and load it is in
  del                    forget a board

Arguments:
  ADDRESS                the board's Server IP
  lladdr                 its MAC on the fabric
  dev                    fabric device that reaches it; not needed where there is one only
  state                  drain: gets nothing new; down: out of order
  connections            established TCP connections
  cpu                    CPU utilization, per mille
  memory                 available memory, KiB
  bandwidth              available bandwidth, kbit/s
  weight                 its share, 100 is ordinary; 0: as it says itself
TEXT
)
says "server help" 0 "$server_help" ipos-ctl server help
says "help server" 0 "$server_help" ipos-ctl help server

service_add_help=$(cat <<'TEXT'
Usage: ipos-ctl service add tcp|udp ADDRESS:PORT [inspect none|http|tls]
                            [policy local-first|least-conn|least-load|hash]
                            [target-port PORT] [cookie NAME] [timeout NUMBER]
                            [one-packet] [foreign]

service add: take over new connections to an address.

Arguments:
  tcp|udp                protocol of the service
  ADDRESS:PORT           what clients talk to
  inspect                what of a request is read first; none where the server speaks first
  policy                 who gets what no map decides
  target-port            port the applications listen on; the same when not given
  cookie                 name of the cookie by which sessions go; "": none
  timeout                of udp: seconds without a datagram that end a flow; 30 when not given
  one-packet             of udp: a board is chosen for each datagram
  foreign                the address need not be this host's
TEXT
)
for words in "service add help" "service help add" "help service add"; do
	# shellcheck disable=SC2086
	says "$words" 0 "$service_add_help" ipos-ctl $words
done
says "stats help" 0 "Usage: ipos-ctl stats [show] [NAME ...] [nonzero]

stats: what was done and dropped, by reason.

Commands:
  show                   show counters, and rows of each table with their limit (the default)

Arguments:
  NAME                   only these
  nonzero                only what is not 0" ipos-ctl stats help

# The rest is made from the same tables: that each is there, and its usage fits a terminal.
helped() {
	local text
	text=$(ipos-ctl help "$@") || return
	[[ $text == "Usage: ipos-ctl $1 "* && $text == *$'\n\n'"$*: "*.* ]] || return
	! sed '/^$/q' <<<"$text" | grep -E '^.{81}'
}
while read -r object _; do
	ok "help $object" helped "$object"
	while read -r command _; do
		ok "help $object $command" helped "$object" "$command"
	done < <(ipos-ctl help "$object" | sed -n '/^Commands:/,/^$/s/^  //p')
done < <(ipos-ctl help | sed -n '/^Objects:/,/^$/s/^  //p')

wrong 'object "boar" is unknown, try "ipos-ctl help".' boar
wrong 'object "boar" is unknown, try "ipos-ctl help".' help boar
wrong 'command "ad" is unknown, try "ipos-ctl server help".' server ad
wrong 'command "ad" is unknown, try "ipos-ctl server help".' server ad help
wrong 'command "flush" is unknown, try "ipos-ctl forward help".' forward flush
wrong 'argument "more" is one too many.' help server add more
wrong 'option "-x" is unknown, try "ipos-ctl help".' -x board show
wrong 'option "-batch" needs a value.' -batch
wrong 'argument "x" is unknown, try "ipos-ctl board help".' board show x
wrong 'argument "ip" is missing: an IPv4 address.' server add
wrong 'argument "10.0.0" is wrong: ip takes an IPv4 address.' server add 10.0.0
wrong 'argument "lladdr" is missing: a MAC address.' server add 10.0.0.2
wrong 'argument "lladdr" is wrong: its value is missing: a MAC address.' server add 10.0.0.2 lladdr
for mac in 02:00 02:00:00:00:00:0 02:00:00:00:00:00:00 02-00-00-00-00-00 0g:00:00:00:00:00 ""; do
	wrong "argument \"$mac\" is wrong: lladdr takes a MAC address." server add 10.0.0.2 lladdr "$mac"
done
wrong 'argument "cpu" is wrong: it was given before.' server set 10.0.0.2 cpu 1 cpu 2
wrong 'argument "hot" is wrong: state takes up, drain or down.' server set 10.0.0.2 state hot
wrong 'nothing to set, try "ipos-ctl server help".' server set 10.0.0.2
wrong 'nothing to set, try "ipos-ctl board help".' board set
for number in -1 +1 1x 0x10 4294967296 "" " 1"; do
	wrong "argument \"$number\" is wrong: cpu takes a number below 2^32." server set 10.0.0.2 cpu "$number"
done
wrong 'argument "18446744073709551616" is wrong: memory takes a number below 2^64.' \
	server set 10.0.0.2 memory 18446744073709551616
wrong 'argument "maybe" is wrong: drain takes no or yes.' board set drain maybe
wrong 'argument "0x10000" is wrong: ethertype takes a type such as 0x88b5.' board set ethertype 0x10000
wrong 'argument "nodev" is wrong: dev takes the name of a device that exists.' dev add nodev role client
wrong 'argument "role" is missing: client, fabric or both.' dev add lo
wrong 'argument "none" is wrong: role takes client, fabric or both.' dev add lo role none
wrong 'argument "sctp" is wrong: proto takes tcp or udp.' service add sctp 192.0.2.1:80
for endpoint in 192.0.2.1 192.0.2.1: :80 192.0.2.1:65536 192.0.2:80 192.0.2.1:http '[::1]:80' 1192.0.2.100.255:80; do
	wrong "argument \"$endpoint\" is wrong: endpoint takes ADDRESS:PORT, as 192.0.2.1:80." \
		service add tcp "$endpoint"
done
wrong 'argument "quic" is wrong: inspect takes none, http or tls.' service add tcp 192.0.2.1:80 inspect quic
wrong 'argument "server" is missing: an IPv4 address.' url add example.org
long=example.org/$(printf '%0760d' 0)
wrong "argument \"$long\" is wrong: url takes HOST[/PATH-PREFIX] of at most 766 bytes." url add "$long" server 10.0.0.2
wrong 'argument "forward" is wrong: state takes local or closed.' local show state forward
wrong 'argument "local" is wrong: state takes forward-connect or reserved.' connect show state local
wrong 'argument "/" is wrong: -netns takes a name of "ip netns".' -n / board show
wrong '-netns can be given once for "board show".' -n one -n two board
wrong 'argument "nobody" is wrong: flow takes a client'"'s ADDRESS:PORT, or the id of a hand-off." trace nobody
wrong 'argument "taken" is wrong: no step of a hand-off.' monitor handoff taken
wrong 'argument "forward" is wrong: no object that is configured.' monitor config forward
wrong 'argument "here" is wrong: no event of the cluster.' monitor cluster here
wrong 'cannot open network namespace "no-such": No such file or directory.' -n no-such board show

# batch NAME STATUS TEXT [OPTION...] <FILE
batch() {
	local name=$1 status=$2 text=$3
	shift 3
	cat >"$tmp/batch"
	says "batch: $name" "$status" "${text//FILE/$tmp/batch}" ipos-ctl "$@" -b "$tmp/batch"
}

batch "an empty file does nothing" 0 "" </dev/null
batch "comments and empty lines do nothing" 0 "" <<'LINES'
# first

   	# blanks before it
LINES
batch "the first error ends it, and tells the line" 1 'Error: object "one" is unknown, try "ipos-ctl help".
Command failed FILE:2' <<'LINES'
# comment
one
two
LINES
batch "-force goes on" 1 'Error: object "one" is unknown, try "ipos-ctl help".
Command failed FILE:1
Error: object "two" is unknown, try "ipos-ctl help".
Command failed FILE:3' -force <<'LINES'
one

two # comment
LINES
batch "quotes hold blanks and # together" 1 'Error: object "a b#c" is unknown, try "ipos-ctl help".
Command failed FILE:1' <<'LINES'
"a b#c"
LINES
batch "quotes within a word" 1 'Error: object "a bc d" is unknown, try "ipos-ctl help".
Command failed FILE:1' <<'LINES'
a" b"c' 'd
LINES
batch "a backslash keeps the next character" 1 'Error: object "a b"" is unknown, try "ipos-ctl help".
Command failed FILE:1' <<'LINES'
a\ b\"
LINES
batch "a # within a word is no comment" 1 'Error: object "a#b" is unknown, try "ipos-ctl help".
Command failed FILE:1' <<'LINES'
a#b
LINES
batch "a quote that is not closed" 1 'Error: a quote is not closed.
Command failed FILE:2' <<'LINES'

server add 'x
LINES
batch "empty words are words" 1 'Error: argument "" is wrong: ip takes an IPv4 address.
Command failed FILE:1' <<'LINES'
server add ''
LINES
batch "a last line without an end" 1 'Error: object "x" is unknown, try "ipos-ctl help".
Command failed FILE:1' < <(printf x)
batch "more words than there can be" 1 'Error: the line has more than 256 words.
Command failed FILE:1' < <(printf 'x %.0s' {1..257})
is "- is standard input" "$(echo one | ipos-ctl -b - 2>&1)" 'Error: object "one" is unknown, try "ipos-ctl help".
Command failed -:1'
wrong "cannot open \"$tmp/none\": No such file or directory." -b "$tmp/none"
wrong "cannot read \"$tmp\": Is a directory." -b "$tmp"
wrong 'argument "board" is one too many with -batch.' -b "$tmp/batch" board show

full() { ipos-ctl help >/dev/full; }
says "a full disk is told" 1 "Error: cannot write: No space left on device." full

if [ -e /sys/module/ipos ]; then
	skip "a missing module is told" "the module is there"
else
	says "a missing module is told" 2 "Error: the kernel module ipos is not loaded." ipos-ctl board show
	says "JSON shows nothing then" 2 "Error: the kernel module ipos is not loaded." ipos-ctl -j server show
	batch "a missing module ends it" 2 "Error: the kernel module ipos is not loaded.
Command failed FILE:1" <<-'LINES'
		board show
		board show
	LINES
fi
missing() { make -s -C tools/ipos-ctl O="$tmp" PKG_CONFIG="$1" 2>&1 | sed 's/^Makefile:[0-9]*: //; /Entering\|Leaving/d'; }
is "a build without pkg-config names the package" "$(missing /none)" \
	"*** /none is missing: install the package pkg-config.  Stop."
# shellcheck disable=SC2016
printf '#!/bin/sh\n[ "$1" = --version ] && echo 1\n' >"$tmp/pkg-config" && chmod +x "$tmp/pkg-config"
is "a build without libmnl names the package" "$(missing "$tmp/pkg-config")" \
	"*** libmnl is missing: install the package libmnl-dev.  Stop."
finish
