# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# What guest tests do in the standard cluster, in namespaces or on machines of their own (machines.sh). Needs tap.sh, and in the test's head the lines
# '# need ...' of what it uses. What is started here leaves its process id in $pid and ends with: stop PID.
# shellcheck disable=SC2034,SC2154 # pid is the test's to use, tmp is tap.sh's

# shellcheck source=tests/lib/need.sh
. "$(dirname "${BASH_SOURCE[0]}")/need.sh"
# shellcheck source=tests/lib/machines.sh
. "$(dirname "${BASH_SOURCE[0]}")/machines.sh"

# Boards made known by hand and silent serve for ever, however slow the machine is. Who tests their silence sets it before.
export IPOS_ADVERTISE_MS=${IPOS_ADVERTISE_MS-0}

# on NAME COMMAND...: on that board or client
on() { "${enter[@]}" "$@"; }

# start NAME LOG COMMAND...: in the background
start() {
	local name=$1 log=$2
	shift 2
	# Here and now: who waits for a word in it must not find one of a former command's.
	: >"$log"
	"${enter[@]}" "$name" "$@" >"$log" 2>&1 </dev/null &
	pid=$!
}

# stop PID [SIGNAL]: and what it was is gone when this returns; a capture has read what was there to be read
stop() {
	# shellcheck disable=SC2086 # two words
	[ -z "${captures[$1]-}" ] || wait_for drained ${captures[$1]}
	unset "captures[$1]"
	kill -s "${2:-TERM}" "$1" && wait "$1" 2>/dev/null
	return 0
}

# listening NAME PORT: it does, and if that board advertises, board 1 has heard of it
listening() { on "$1" ss -Hltn "sport = :$2" | grep -q . && heard "$1" "$2"; }

# heard NAME PORT
# shellcheck disable=SC2317 # called by wait_for
heard() {
	[[ $1 == board* && $1 != board1 ]] || return 0
	# shellcheck disable=SC2016 # awk's
	on board1 awk -v ip="10.0.0.${1#board}" -v port="$2" '
		$1 == ip && $11 == "fresh" { tells = 1 }
		$1 == ip && $2 == port && $7 == "listening" { told = 1 }
		END { exit tells && !told }
	' /sys/kernel/ipos/{server_state,listening_sockets}/entries 2>/dev/null || [ $? = 2 ]
}

# nginx_start BOARD ROOT [DIRECTIVES [MAIN]]: nginx on port 80 that serves ROOT; DIRECTIVES stand in its server block,
# MAIN outside of all blocks. Its logs are $tmp/nginx-BOARD/access.log (with the client's address and port) and error.log.
nginx_start() {
	local dir=$tmp/nginx-$1
	need nginx nginx || return 1
	mkdir -p "$dir"
	# One user: root's temporary directory is nobody else's to read.
	cat >"$dir/nginx.conf" <<-CONF
		daemon off;
		user root;
		pid $dir/pid;
		error_log $dir/error.log;
		${4-}
		events {}
		http {
			log_format ports '\$remote_addr:\$remote_port "\$request" \$status \$body_bytes_sent \$connection_requests';
			access_log $dir/access.log ports;
			client_body_temp_path $dir/body;
			proxy_temp_path $dir/proxy;
			fastcgi_temp_path $dir/fastcgi;
			uwsgi_temp_path $dir/uwsgi;
			scgi_temp_path $dir/scgi;
			# A third of a full send buffer, read by a slow client on a slow machine
			send_timeout 1h;
			server {
				listen 80;
				root $2;
				${3-}
			}
		}
	CONF
	start "$1" "$dir/output" nginx -e "$dir/error.log" -c "$dir/nginx.conf"
	wait_for listening "$1" 80 || { diag "$(cat "$dir/output" "$dir/error.log")" && return 1; }
}

# http_start BOARD DIRECTORY [PORT]: Python's own server, on [::]
http_start() {
	start "$1" "$tmp/http-$1" /usr/bin/python3 -m http.server --bind :: --directory "$2" "${3:-80}"
	wait_for listening "$1" "${3:-80}"
}

# capture NAME DEVICE FILE [FILTER [TCPDUMP-OPTION...]]: to be stopped before FILE is read
declare -A captures=()
capture() {
	need tcpdump tcpdump || return 1
	# shellcheck disable=SC2016 # expands there
	start "$1" "$3.log" sh -c 'echo $$ >"$0" && exec "$@"' "$3.pid" tcpdump -i "$2" -n -U --immediate-mode -s 0 -w "$3" "${@:5}" "${4-}"
	captures[$pid]="$1 $3.pid"
	wait_for grep -q '^tcpdump: listening' "$3.log" || { diag "$(cat "$3.log")" && return 1; }
}
# drained NAME PIDFILE: that tcpdump waits in poll() for more packets, or has ended. A signal ends it at once, however
# many it still has to read.
drained() {
	# shellcheck disable=SC2016 # expands there
	on "$1" sh -c 'read -r pid <"$0" && { [ ! -e "/proc/$pid" ] || grep -q "^7 " "/proc/$pid/syscall"; }' "$2"
}

# frames FILE [FILTER]: how many of them; 'ether[12:2] = 7' are ipOS frames
frames() { tcpdump -n -r "$1" "${2-}" 2>/dev/null | wc -l; }

# resets FILE: TCP RSTs on the wire itself, not those inside ipOS frames
resets() { frames "$1" 'ip and tcp[tcpflags] & tcp-rst != 0'; }

# fetch NAME URL [CURL-OPTION...]: the body on stdout
fetch() {
	local name=$1 url=$2
	need curl curl || return 1
	shift 2
	on "$name" curl -sS --fail --max-time "${TAP_WAIT:-30}" "$@" "$url"
}

# sshd_start BOARD PORT: for root, by a key of this test's
sshd_start() {
	need /usr/sbin/sshd openssh-server || return 1
	[ -e "$tmp/host" ] || ssh-keygen -q -t ed25519 -N '' -f "$tmp/host"
	[ -e "$tmp/user" ] || ssh-keygen -q -t ed25519 -N '' -f "$tmp/user"
	on "$1" mkdir -p /run/sshd
	# An account whose password is locked may not log in by key, either; this is the VM's own copy.
	on "$1" sed -i 's/^root:[^:]*:/root:*:/' /etc/shadow
	start "$1" "$tmp/sshd-$1" /usr/sbin/sshd -D -e -f /dev/null -p "$2" -h "$tmp/host" -o PidFile=none \
		-o UsePAM=no -o StrictModes=no -o AuthorizedKeysFile="$tmp/user.pub" -o PermitRootLogin=prohibit-password
	wait_for listening "$1" "$2"
}

# shell PORT COMMAND: from the client, by ssh to board 1's address
shell() {
	on client ssh -F none -i "$tmp/user" -o BatchMode=yes -o StrictHostKeyChecking=accept-new -o ConnectTimeout=60 \
		-o UserKnownHostsFile="$tmp/known" -o LogLevel=ERROR -p "$1" root@192.0.2.1 "$2"
}
