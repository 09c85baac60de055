# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# bash completion of ipos-ctl. The table at the end is made from the tool's own, when it is built.

# What there is just now, of that namespace. Rows may hold any character: nothing here is evaluated.
_ipos_ctl_ask() {
	local row='s/[][{}]*"proto":"\([a-z]*\)","addr":"\([^"]*\)","port":\([0-9]*\),.*/\2:\3/p'
	case $1 in
	device) (cd /sys/class/net && printf '%s\n' *) ;;
	netns) (cd /run/netns && printf '%s\n' *) ;;
	server) "$tool" "${ask[@]}" -j server show | grep -o '"ip":"[^"]*"' | cut -d '"' -f 4 ;;
	service) "$tool" "${ask[@]}" -j service show | sed 's/},{/\n/g' | sed -n "$row" ;;
	cookie) "$tool" "${ask[@]}" -j cookie show | grep -o '"id":"[^"]*"' | cut -d '"' -f 4 | sort -u ;;
	url) "$tool" "${ask[@]}" -j url show | grep -o '"url":"[^"]*"' | cut -d '"' -f 4 | sort -u ;;
	app) "$tool" "${ask[@]}" -j app show | grep -o '"app":"[^"]*"' | cut -d '"' -f 4 ;;
	counter) "$tool" "${ask[@]}" -j stats show | grep -o '"name":"[^"]*"' | cut -d '"' -f 4 ;;
	esac 2>/dev/null
}

# offer WORD...: those that go on with what is typed already, and can be typed as they are printed
_ipos_ctl_offer() {
	local word typed=${cur//\\/}
	for word; do
		[[ $word == "$typed"* && $word ]] || continue
		printf -v word %q "$word"
		# readline keeps what stands before the last colon.
		[[ $COMP_WORDBREAKS == *:* && $typed == *:* ]] && word=${word#"${typed%"${typed##*:}"}"}
		COMPREPLY+=("$word")
	done
}

# values VALUES: as the table has them
_ipos_ctl_values() {
	local words
	case $1 in
	@*) mapfile -t words < <(_ipos_ctl_ask "${1#@}") ;;
	-) words=() ;;
	*) IFS='|' read -ra words <<<"$1" ;;
	esac
	_ipos_ctl_offer "${words[@]}"
}

# arguments OBJECT COMMAND WORD...: what may follow these words
_ipos_ctl_arguments() {
	local object=$1 command=$2 hows=() names=() values=() how name value i n=0 given=" "
	shift 2
	while read -r how name value; do
		hows+=("$how") names+=("$name") values+=("$value")
	done < <(_ipos_ctl_table | sed -n "/^command $object $command\$/,/^command/{/^command/!p}")

	# Those known by their place.
	while [[ ${hows[n]-} == first || ${hows[n]-} == optional ]]; do
		if [[ $# -gt 0 && ${hows[n]} == optional && " ${names[*]:n+1} " == *" $1 "* ]]; then
			n=$((n + 1))
			continue
		fi
		if [ $# = 0 ]; then
			_ipos_ctl_values "${values[n]}"
			[ "${hows[n]}" = first ] && return
			n=$((n + 1))
			continue
		fi
		n=$((n + 1))
		shift
	done
	# Named ones, in any order, each once.
	while [ $# -gt 0 ]; do
		for ((i = n; i < ${#names[@]}; i++)); do
			[[ ${names[i]} == "$1" && ${hows[i]} != many ]] && break
		done
		given+="$1 "
		shift
		[[ ${hows[i]-} == key ]] || continue
		[ $# -gt 0 ] || { _ipos_ctl_values "${values[i]}" && return; }
		shift
	done
	for ((i = n; i < ${#names[@]}; i++)); do
		case ${hows[i]} in
		many) _ipos_ctl_values "${values[i]}" ;;
		*) [[ $given == *" ${names[i]} "* ]] || _ipos_ctl_offer "${names[i]}" ;;
		esac
	done
}

_ipos_ctl_objects() { _ipos_ctl_table | awk '$1 == "command" && !seen[$2]++ { print $2 }'; }
_ipos_ctl_commands() { _ipos_ctl_table | awk -v object="$1" '$1 == "command" && $2 == object { print $3 }'; }

_ipos_ctl() {
	local line=${COMP_LINE:0:COMP_POINT} tool=$1 words cur ask=() found
	COMPREPLY=()
	# By blanks alone: bash has cut at colons, too.
	read -ra words <<<"$line"
	[[ $line == *[[:blank:]] ]] && words+=("")
	cur=${words[-1]}
	unset 'words[-1]'
	set -- "${words[@]:1}"
	while [[ ${1-} == -?* ]]; do
		case $1 in
		-n | -netns | --netns)
			[ $# -gt 1 ] || { _ipos_ctl_values @netns && return; }
			ask=(-n "$2")
			shift
			;;
		-b | -batch | --batch)
			[ $# -gt 1 ] || { mapfile -t COMPREPLY < <(compgen -f -- "$cur") && return; }
			shift
			;;
		esac
		shift
	done
	if [ "${1-}" = help ]; then
		_ipos_ctl_help "${@:2}"
		return
	fi
	case $# in
	0)
		if [[ $cur == -* ]]; then
			_ipos_ctl_offer -json -pretty -netns -timestamp -batch -force -help -Version
		else
			mapfile -t found < <(_ipos_ctl_objects)
			_ipos_ctl_offer "${found[@]}" help
		fi
		;;
	1)
		mapfile -t found < <(_ipos_ctl_commands "$1")
		_ipos_ctl_offer "${found[@]}" help
		;;
	*)
		if [ "$2" = help ]; then
			[ $# -gt 2 ] || _ipos_ctl_help "$1"
		else
			_ipos_ctl_arguments "$@"
			[ $# -gt 2 ] || _ipos_ctl_offer help
		fi
		;;
	esac
}

# help [OBJECT]: what there is help for
_ipos_ctl_help() {
	local found
	case $# in
	0) mapfile -t found < <(_ipos_ctl_objects) ;;
	1) mapfile -t found < <(_ipos_ctl_commands "$1") ;;
	*) return ;;
	esac
	_ipos_ctl_offer "${found[@]}"
}

complete -F _ipos_ctl ipos-ctl
