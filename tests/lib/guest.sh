# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# What tests/vm and tests/vms share: virtual machines that boot a kernel of build/kernel/ with this machine's files, are
# watched for what a sick kernel says, and leave nothing behind. Every guest has a name, a directory $work/NAME, and runs
# one command. The first guest's command is the run's: its output is passed through, its status is the run's.
#
# The caller sets the variables below, then calls guest_init, guest_prepare, guest_job and guest_boot for each guest,
# guest_watch.
# shellcheck disable=SC2034,SC2154 # they are the caller's

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
kernel=${IPOS_KERNEL:-6.1} memory=1024 cpus=2 limit=600 interactive='' count='' scratch='' control='' machines=''
# shellcheck source=tests/lib/need.sh
. "$top/tests/lib/need.sh"

# What a healthy kernel never says.
reports='WARNING:|BUG:|\[ cut here \]|Call Trace:|Oops|Kernel panic|general protection fault|KASAN|KCSAN|UBSAN'
reports+='|suspicious RCU|rcu.*(stall|self-detected)|possible .* deadlock|possible .* locking|inconsistent lock state'
reports+='|blocked for more than|unregister_netdevice: waiting|soft lockup|hard LOCKUP|DEBUG_LOCKS_WARN|refcount_t:'
reports+='|list_(add|del) corruption|while atomic|invalid context|held lock freed|still has locks held'
reports+='|kmemleak: [0-9]+ new|Attempted to kill init|BUG [a-z]|ref_tracker: |INFO: (lockdep|trying to register)'

# By guest's name: its qemu, and when it was started. By process: all that is to end with the run.
declare -A guest_qemu=() guest_since=() guest_boots=() guest_options=() guest_pids=()
guest_first=

# guest_init PROGRAM: who speaks. Makes $work, which ends with the run.
guest_init() {
	guest_program=$1
	if [ "$(id -u)" != 0 ]; then
		echo "$guest_program: must be root, to share the file system" >&2
		exit 2
	fi
	boot=$top/build/kernel/$kernel
	patience=1 boot_limit=90
	if [ "$kernel" = debug ]; then
		# Its checks take time, and memory: but each page that is in use is looked at for leaks.
		patience=6 boot_limit=180 memory=$((memory < 768 ? 768 : memory)) limit=$((limit * patience))
	elif [ "$kernel" = kcsan ]; then
		# It lets accesses wait, to see who comes meanwhile.
		patience=3 limit=$((limit * patience))
	fi
	mkdir -p "$top/build/vm"
	work=$(mktemp -d "$top/build/vm/XXXXXX")
	trap guest_cleanup EXIT
	trap 'exit 130' INT
	trap 'exit 143' TERM HUP
}

guest_cleanup() {
	trap '' INT TERM HUP
	kill "${!guest_pids[@]}" 2>/dev/null || :
	wait
	if [ "${IPOS_VM_LOG-}" ] && [ -s "$work/$guest_first/console" ]; then
		cp "$work/$guest_first/console" "$IPOS_VM_LOG"
	fi
	rm -rf "$work"
}

# guest_prepare FILE: the kernel, what the test FILE needs, the module and the tools. Two runs started at once must not
# install, unpack and build the same things.
guest_prepare() (
	flock 9
	need qemu-system-x86_64 qemu-system-x86
	need /usr/lib/qemu/virtiofsd qemu-system-common
	need ip iproute2
	"$top/tests/lib/kernel" "$kernel" 9>&-
	release=$(cat "$boot/release")
	# What a test needs, it names: the guest cannot install anything.
	need_of "$1"
	"$top/tests/lib/tree" "$1"

	cp -al "$boot/lib/modules/$release" "$work/modules"
	ln -s "$(realpath "$boot/build")" "$work/modules/build"
	mkdir "$work/bin"
	need make make
	need gcc gcc libc6-dev
	# A make that runs this has a jobserver and variables of its own.
	unset MAKEFLAGS MFLAGS MAKELEVEL
	make -s -C "$top" vm-tools >&2 9>&-
	cp "$top/build/bin/vms-exec" "$work/bin/"
	if [ "${IPOS_VM_BARE-}" ]; then
		return
	fi
	need pkg-config pkg-config
	need /usr/include/libmnl/libmnl.h libmnl-dev
	# The module's compiler is to count what runs, or tell it, where the kernel can.
	export GCOV_PROFILE=y KCOV_INSTRUMENT=y
	make -s -j "$(nproc)" -C "$top" module KVER="$release" KDIR="$boot/build" >&2 9>&-
	make -s -C "$top" ipos-ctl ipos-agent >&2 9>&-
	cp "$top/build/bin/ipos-ctl" "$top/build/bin/ipos-agent" "$work/bin/"
	install -D "$top/build/$release/ipos.ko" "$work/modules/extra/ipos.ko"
	if grep -qs '^CONFIG_KUNIT=' "$boot/build/.config"; then
		make -s -j "$(nproc)" -C "$top" kunit faults KVER="$release" KDIR="$boot/build" >&2 9>&-
		install -D -t "$work/modules/extra" "$top/build/$release/ipos_kunit.ko" "$top/build/$release/ipos_faults.ko"
	fi
	mkdir -p "$work/depmod/lib/modules"
	ln -s "$work/modules" "$work/depmod/lib/modules/$release"
	depmod -b "$work/depmod" "$release"
) 9>"$top/build/lock"

# guest_job NAME COMMAND...: what tests/lib/vm-run reads there. scratch is a directory that guests share and may change,
# control the guest's address on the network of their own, machines all of these: for tests/vms, else empty.
guest_job() {
	local name=$1 cwd=$PWD tty='' release variable
	shift
	local command=("$@")
	release=$(cat "$boot/release")
	if [ "$interactive" ] && [ "$name" = "$guest_first" ]; then
		tty=$(stty size 2>/dev/null) || tty='24 80'
		tty="rows ${tty% *} cols ${tty#* }"
	fi
	mkdir -p "$work/$name"
	{
		declare -p name cwd command tty release scratch control machines
		HOME=/root TAP_WAIT=$((30 * patience))
		for variable in HOME TAP_WAIT TERM LANG LC_ALL "${!IPOS_@}"; do
			[ -z "${!variable+x}" ] || echo "export $variable=${!variable@Q}"
		done
	} >"$work/$name/job"
}

# guest_share DIR NAME COMMAND...: a virtiofsd whose socket is DIR/NAME
guest_share() {
	local socket=$1/$2 pid
	shift 2
	rm -f "$socket"
	"$@" >"$socket.log" 2>&1 </dev/null 8>&- &
	pid=$!
	guest_pids[$pid]=1
	until [ -S "$socket" ]; do
		if ! kill -0 "$pid" 2>/dev/null; then
			cat "$socket.log" >&2
			return 1
		fi
		sleep 0.02
	done
}

# guest_ports DIR NAME: stdout, stderr and the end of a guest's command; the first guest's are passed through.
guest_ports() {
	local port
	: >"$1/console"
	if [ "$2" != "$guest_first" ]; then
		truncate -s 0 "$1/out" "$1/err" "$1/end"
		return
	fi
	for port in out err end; do
		[ -p "$1/$port" ] || mkfifo "$1/$port"
	done
	cat "$1/out" &
	guest_out=$!
	cat "$1/err" >&2 &
	guest_err=$!
	guest_pids[$guest_out]=1 guest_pids[$guest_err]=1
	exec 8<>"$1/end"
}

# guest_append DIR: the kernel's command line
guest_append() {
	local append khz=1000000
	append="console=ttyS0 loglevel=5 panic=-1 oops=panic panic_on_warn=1 softlockup_panic=1 mitigations=off"
	# The emulator keeps translated code by address, so the same address for the same library halves a program's start;
	# and the emulated TSC is good, though the kernel cannot tell, while each reading of the HPET stops the other CPUs.
	# Where the host is busy the timer may not tick as soon as the kernel's check of it wants.
	append+=" norandmaps tsc=reliable no_timer_check"
	append+=" sysctl.kernel.hung_task_panic=1 sysctl.kernel.hung_task_timeout_secs=$((60 * patience))"
	# What is given as sysctl holds only when the kernel has booted, which may take long by itself.
	# Twice the kernel's own patience and more: the host may have other things to do.
	append+=" watchdog_thresh=$((patience > 2 ? 60 : 20 * patience))"
	append+=" rcupdate.rcu_cpu_stall_timeout=$((50 * patience))"
	append+=" random.trust_cpu=on"
	append+=" ipos_top=\"$top\" ipos_work=\"$1\" ipos_cwd=\"$PWD\""
	# An idle guest that counts skips to its next timer: a wait for the host may take it minutes.
	[ -z "$count" ] || append+=" sysctl.kernel.hung_task_timeout_secs=0 clearcpuid=cx16"
	# Measured by the guest, it may be anything on a busy host.
	[ "$count" ] || khz=$("$top/build/bin/tsc-khz")
	append+=" tsc_early_khz=$khz"
	echo "$append"
}

# guest_boot NAME [QEMU-OPTION...]
guest_boot() {
	local name=$1 dir=$work/$1 console=(-chardev "null,id=tty") accel=(-accel "tcg,thread=multi") cpu=max,-la57,-cx16
	shift
	guest_options[$name]=${*@Q}
	guest_ports "$dir" "$name"
	guest_share "$dir" fs unshare -m "$top/tests/lib/vm-share" "$dir" "$top" "$PWD"
	if [ "$scratch" ]; then
		guest_share "$dir" scratch /usr/lib/qemu/virtiofsd --socket-path="$dir/scratch" -o source="$scratch" \
			-o sandbox=chroot -o cache=auto -o timeout=0
		set -- "$@" -chardev "socket,id=scratch,path=$dir/scratch" \
			-device vhost-user-fs-pci,chardev=scratch,tag=scratch
	fi
	exec 7>"$dir/qemu.log"
	if [ "$interactive" ] && [ "$name" = "$guest_first" ]; then
		console=(-chardev "stdio,id=tty,signal=off")
		exec 7>&1
	fi
	# A guest that counts has it for programs that want it; its kernel is told to leave it alone.
	[ -z "$count" ] || accel=(-accel "tcg,thread=single" -icount "shift=0,sleep=off") cpu=max,-la57
	# -cx16: qemu 7.2's emulation of cmpxchg16b crashes newer kernels. -la57: while a kernel looks at its boot CPU anew it
	# forgets for a moment that this has five levels of page tables, and then KASAN takes each address for a wild one.
	# Never KVM: where it is nested it may hang.
	qemu-system-x86_64 -nodefaults -no-user-config -display none -no-reboot \
		"${accel[@]}" -cpu "$cpu" -smp "${count:-$cpus}" -m "$memory" \
		-object memory-backend-memfd,id=mem,share=on,size="${memory}M" -machine q35,memory-backend=mem \
		-kernel "$boot/vmlinuz" -initrd "$boot/initrd" -append "$(guest_append "$dir")" -serial "file:$dir/console" \
		-chardev "socket,id=fs,path=$dir/fs" -device vhost-user-fs-pci,chardev=fs,tag=host \
		-device virtio-serial-pci "${console[@]}" -device virtconsole,nr=0,chardev=tty \
		-chardev "file,id=out,path=$dir/out" -device virtserialport,nr=1,chardev=out \
		-chardev "file,id=err,path=$dir/err" -device virtserialport,nr=2,chardev=err \
		-chardev "file,id=end,path=$dir/end" -device virtserialport,nr=3,chardev=end \
		"$@" <&0 >&7 2>"$dir/qemu.log" 8>&- &
	guest_qemu[$name]=$! guest_since[$name]=$SECONDS guest_pids[$!]=1
	exec 7>&-
}

# guest_end NAME [SIGNAL]: its power goes
guest_end() {
	kill -s "${2:-TERM}" "${guest_qemu[$1]}" 2>/dev/null || :
	wait "${guest_qemu[$1]}" || :
	unset "guest_pids[${guest_qemu[$1]}]" "guest_qemu[$1]"
}

# guest_why NAME: what its kernel first reported, in one line
guest_why() {
	tr -d '\r' <"$work/$1/console" | sed -nE "/$reports/,\$ { s/^\\[ *[0-9.]+\\](\\[[^]]*\\])? //; / \\? /d; p }" |
		head -n 60 | paste -sd '|' | cut -c 1-1500
}

# guest_fail STATUS NAME WORDS...: ends the run, and shows what the guest's kernel said; in $GUEST_WHY, if that is a file,
# in short.
guest_fail() {
	local status=$1 name=$2 kept speaker=$guest_program
	shift 2
	[ "$name" = vm ] || speaker+=": $name"
	find "$top/build/vm" -name 'failed-*.log' -mtime +1 -delete
	kept=$top/build/vm/failed-${work##*/}.log
	cp "$work/$name/console" "$kept"
	[ -z "${GUEST_WHY-}" ] || echo "$speaker: $*: $(guest_why "$name")" >"$GUEST_WHY"
	{
		echo "$speaker: $*: $command_line"
		sed "s/^/$speaker: | /" "$work/$name/console" | tail -n 150
		sed "/terminating on signal/d; s/^/$speaker: qemu: /" "$work/$name/qemu.log"
		echo "$speaker: the whole log is in $kept"
	} >&2
	exit "$status"
}

guest_reports() { grep -qaE "$reports" "$work/$1/console"; }

# guest_stuck NAME: all that its kernel reports is a CPU that stands still, and that is the emulator's doing. Either it stands
# at an instruction that the kernel rewrites while it runs (a jump label: no operation, breakpoint or jump): the emulator
# keeps what it has translated, and if that was the breakpoint of a rewriting that is over, the CPU takes it for ever. Or
# no CPU is anywhere near the module: then the machine had no time for its guest.
guest_stuck() {
	local said=$work/$1/console
	grep -aE "$reports" "$said" | head -n 1 | grep -qE 'rcu.*stall|soft lockup' || return
	grep -am 1 ' Code: ' "$said" | grep -qE '<(66> 90|0f> 1f 44 00|cc> |eb> |e9> )' ||
		! sed -nE "/$reports/,\$ p" "$said" | grep -qa '\[ipos'
}

# guest_again NAME: the emulator now and then leaves a kernel hanging before its first program. Nothing of the run has
# happened by then, so it may begin anew; a kernel that never boots is a failure all the same.
guest_again() {
	local name=$1 options
	if [ $((SECONDS - guest_since[$name])) -lt "$boot_limit" ] || [ "${guest_boots[$name]-1}" -ge 3 ] ||
		grep -qa 'ipos-vm: booted' "$work/$name/console"; then
		return
	fi
	echo "$guest_program: $name: no boot after $boot_limit s, once more" >&2
	guest_boots[$name]=$((${guest_boots[$name]-1} + 1))
	guest_end "$name"
	[ "$name" != "$guest_first" ] || wait "$guest_out" "$guest_err" || :
	eval "options=(${guest_options[$name]})"
	guest_boot "$name" "${options[@]}"
}

# guest_died: the name of a guest that has ended without being told to.
guest_died() {
	local name
	for name in "${!guest_qemu[@]}"; do
		kill -0 "${guest_qemu[$name]}" 2>/dev/null || { echo "$name" && return; }
	done
	return 1
}

# guest_sick: the name of a guest whose kernel has reported.
guest_sick() {
	local name
	for name in "${!guest_since[@]}"; do
		! guest_reports "$name" || { echo "$name" && return; }
	done
	return 1
}

# guest_line SECONDS: the next whole line of the first guest in $line, empty if there is none yet; what came of one is kept.
guest_part=
guest_line() {
	local part
	line=
	if read -rt "$1" -u 8 part; then
		line=$guest_part$part guest_part=
	else
		guest_part+=$part
	fi
}

# guest_mark SECONDS: $mark, if the end comes by then
guest_mark() {
	local line
	guest_line "$1"
	[[ $line != end\ * ]] || mark=$line
}

# guest_watch: until the first guest's command has ended, some kernel reports, or the time is over; $mark is then what
# the first guest said of its end, if it did. guest_asked gets each line that asks for something.
guest_watch() {
	local name line sick=
	mark=
	while [ -z "$mark" ]; do
		guest_line 1
		case $line in
		end\ *) mark=$line ;;
		?*) guest_asked "$line" ;;
		esac
		if [ "$limit" != 0 ] && [ "$SECONDS" -ge "$limit" ] && [ -z "$mark" ]; then
			guest_end "$guest_first"
			guest_fail 124 "$guest_first" "no end after $limit s"
		fi
		# Nobody reads the output any more, as with | head; but a qemu that is about to end has closed its side first.
		if [ -z "$mark" ] && ! kill -0 "$guest_out" 2>/dev/null; then
			guest_mark 1
			[ "$mark" ] || ! kill -0 "${guest_qemu[$guest_first]}" 2>/dev/null || exit 141
		fi
		# Not every report panics, and some would be followed by a hang.
		if sick=$(guest_sick); then
			[ "$mark" ] || guest_mark 2
			break
		fi
		! guest_died >/dev/null || break
		for name in "${!guest_qemu[@]}"; do
			guest_again "$name"
		done
	done
	[ "$mark" ] || guest_mark 0.1
}

# guest_finish: after guest_watch: exits with the run's status.
guest_finish() {
	local name status taint dead ended=0
	# The guest resets itself now: what its kernel still says at that counts too.
	for _ in {1..10}; do
		kill -0 "${guest_qemu[$guest_first]}" 2>/dev/null || break
		sleep 0.1
	done
	if dead=$(guest_died); then
		wait "${guest_qemu[$dead]}" || ended=$?
	else
		dead=$guest_first
	fi
	guest_end "$guest_first"
	wait "$guest_out" "$guest_err" || :
	if name=$(guest_sick); then
		! guest_stuck "$name" || guest_fail 98 "$name" "a CPU stands still, not by the module"
		guest_fail 99 "$name" "the kernel reports"
	fi
	if [ -z "$mark" ]; then
		[ "$ended" -le 128 ] || guest_fail 98 "$dead" "the emulator died of signal $((ended - 128))"
		guest_fail 99 "$dead" "the guest ended without the command's end"
	fi
	read -r _ status taint <<<"$mark"
	# Died, bad page, warned, locked up: even if the log was silenced.
	if [ $((taint & (1 << 5 | 1 << 7 | 1 << 9 | 1 << 14))) != 0 ]; then
		guest_fail 99 "$guest_first" "the kernel is tainted ($taint)"
	fi
	exit "$status"
}
