#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# page.sh TOOL VERSION DATE: the manual page on stdout. What can be said and asked comes from the tool's own tables, what
# it is for from the files beside this one: one for each object, with an example.
set -eu
tool=$1 version=$2 date=$3
cd "$(dirname "$0")"

# text FILE: without its first line, the licence, which the page has once
text() { sed 1d "$1.roff"; }

head -n 1 head.roff
echo ".TH IPOS\\-CTL 8 \"$date\" \"ipOS $version\" \"System Administration\""
text head
echo ".SH OBJECTS"
"$tool" help --objects | while read -r object help; do
	echo ".SS $object"
	echo "$help." | sed 's/^./\U&/'
	if [ -e "$object.roff" ]; then
		text "$object"
	fi
	"$tool" help --man "$object"
done
text tail
