# Unique ids that are taken over from another server, and written down for one.
load ../lib/common
load ../lib/network

vectors=$BATS_TEST_DIRNAME/../corpus/uidl

# handler OPTION...: what it says goes to $output and $log.
handler() {
	local run

	words "$@"
	ended=0
	output=$(timeout -k 1 120 "${run[@]}" 2>"$log") || ended=$?
}

# import SOURCE [OPTION...]
import() {
	handler --import-uidl="$1" mrose "${@:2}"
	assert_ended 0
}

# assert_output TEXT: that stands in it as a line.
assert_output() {
	grep -qxF -- "$1" <<<"$output" || fail "'$1' is not in '$output'"
}

# Sets uids to the unique ids of all messages.
read_uids() {
	mapfile -t uids < <(list_uids)
}

list_uids() {
	transaction UIDL QUIT
	printf %s "${body[1]}" | cut -d ' ' -f 2
}

# assert_uids VECTOR [OWN]: ours are those, but that message OWN, if there is
# one, has an id of our own.
assert_uids() {
	local wanted n

	mapfile -t wanted < <(sed -n \
		's/^[0-9]* \([^ ]*\).*/\1/p;/^\.$/q' "$vectors/$1" | tr -d '\r')
	read_uids
	[ "${#wanted[@]}" -eq 5 ]
	for n in "${!wanted[@]}"; do
		if [ $((n + 1)) = "${2-}" ]; then
			assert_own "${uids[n]}"
		else
			assert_equal "${uids[n]}" "${wanted[n]}"
		fi
	done
	assert_equal "${#uids[@]}" 5
}

assert_own() {
	[[ $1 =~ ^[0-9a-f]{32}(-[0-9]+)?$ ]] || fail "not an id of ours: $1"
}

# computed SOURCE VECTOR: of five messages the fourth is a copy of the first.
computed() {
	new_work
	mailbox_is <"$vectors/five.mbox"
	import "$1"
	assert_output 'mrose: messages=5 imported=4 left=1 none=0 unfit=0 twice=1'
	assert_uids "$2" 4
}

two_ids() {
	mailbox_of 120 200
	sed -i 's/^Subject: \(.*\)/&\nX-UIDL: old-\1/' "$mailbox"
	import qpopper
	read_uids
	assert_equal "${uids[*]}" 'old-1 old-2'
}

# --- sources -----------------------------------------------------------------

@test "dovecot: the ids that Dovecot gave" {
	mailbox_is <"$vectors/dovecot.five.after.mbox"
	import dovecot
	assert_output 'mrose: messages=5 imported=5 left=0 none=0 unfit=0 twice=0'
	assert_uids dovecot.five.uidl
}

@test "dovecot: the same when messages went and one came" {
	mailbox_is <"$vectors/dovecot.later.mbox"
	import dovecot
	assert_uids dovecot.later.uidl
}

@test "dovecot: the one message of a mailbox that was empty before" {
	mailbox_is <"$vectors/dovecot.emptied-then-one.mbox"
	import dovecot
	read_uids
	assert_equal "${uids[*]}" 000000076b09794c
}

@test "dovecot: what Dovecot wrote over forged uids" {
	mailbox_is <"$vectors/cclient.dovecot.after.mbox"
	import dovecot
	assert_uids cclient.dovecot.uidl
}

@test "dovecot: forged uids that Dovecot has not seen make no difference to others" {
	mailbox_is <"$vectors/cclient.mbox"
	import dovecot
	read_uids
	assert_equal "${uids[0]} ${uids[2]}" '0000000769563790 0000002869563790'
	for uid in "${uids[1]}" "${uids[3]}" "${uids[4]}"; do
		assert_own "$uid"
	done
}

# base HEADER...: a mailbox whose first message has these headers.
base() {
	{ printf '%s\n' 'Subject: 1' "$@"; echo; echo body; } | deliver
	printf 'Subject: 2\nX-UID: 2\n\nbody\n' | deliver
}

# Each: what makes Dovecot believe no uid of the message.
no_uid() {
	new_work
	local IFS=+
	# shellcheck disable=SC2086 # headers
	base $1
	import dovecot
	read_uids
	assert_own "${uids[0]}"
}

@test "dovecot: uids that Dovecot does not believe are none" {
	local headers

	for headers in 'X-UID: 1+X-IMAPbase: 5 9' 'X-IMAPbase: 0 9+X-UID: 1' \
		'X-IMAPbase: 5 9+X-UID: 1x' 'X-IMAPbase: 5 9+X-UID:' \
		'X-IMAPbase: 5 9+X-UID: 1 2' 'X-IMAPbase: x+X-UID: 1' \
		'X-IMAPbase: 5 9+X-UID: 11' 'X-IMAPbase: 5 9+X-UID: 0' \
		'X-IMAPbase: 5 9+X-UID: 99999999999+X-UID: 1'; do
		no_uid "$headers"
	done
	new_work
	base 'X-IMAPbase: 5 9 keyword' 'x-uid: 1  '
	import dovecot
	read_uids
	assert_equal "${uids[*]}" '0000000100000005 0000000200000005'
}

@test "dovecot: a base in a later message is none" {
	printf 'Subject: 1\nX-UID: 1\n\nbody\n' | deliver
	printf 'Subject: 2\nX-IMAPbase: 5 9\nX-UID: 2\n\nbody\n' | deliver
	import dovecot
	assert_output 'mrose: messages=2 imported=0 left=2 none=2 unfit=0 twice=0'
}

@test "dovecot: other formats" {
	mailbox_is <"$vectors/dovecot.five.after.mbox"
	import dovecot:%v-%u
	read_uids
	assert_equal "${uids[1]}" 1795782988-2
	import 'dovecot:%08Xv%08Xu' --again
	read_uids
	assert_equal "${uids[1]}" 6b09794c00000002
	import 'dovecot:a%%%u.%Xv' --again
	read_uids
	assert_equal "${uids[1]}" a%2.6b09794c
}

@test "dovecot: formats that Dovecot or we do not know are refused" {
	local format

	for format in '' %f %q %8u %0u %X % 'a b' %00u %021u %04000000400u %X%; do
		handler --import-uidl="dovecot:$format" mrose
		assert_ended 100
	done
}

@test "dovecot: digests of a few headers, or of all" {
	computed dovecot:%m five.dovecot-md5-apop3d.uidl
	computed dovecot-md5-all five.dovecot-md5-all.uidl
}

@test "dovecot: digests are the same after Dovecot wrote its headers" {
	mailbox_is <"$vectors/dovecot.five.after.mbox"
	import dovecot-md5-all
	assert_uids five.dovecot-md5-all.uidl 4
}

@test "uw: the validity first, and uids above the last are believed" {
	mailbox_is <"$vectors/cclient.mbox"
	import uw
	read_uids
	assert_equal "${uids[0]} ${uids[2]} ${uids[3]}" \
		'6956379000000007 6956379000000028 6956379000000063'
}

@test "qpopper: what X-UIDL says, and what cannot be an id is counted" {
	mailbox_is <"$vectors/five.mbox"
	printf 'X-UIDL: two words\n\nbody\n' | deliver
	printf 'X-UIDL: %071d\n\nbody\n' 0 | deliver
	printf 'X-UIDL: %0400d\n\nbody\n' 0 | deliver
	printf 'X-UIDL: x-own\n\nbody\n' | deliver
	printf 'X-UIDL: abcdefghijklmnopqrstuvwxyz\n\nbody\n' | deliver
	printf 'Subject: y\n\nX-UIDL: body\n' | deliver
	printf 'x-uidl:\tok \nX-UIDL: second\n\nbody\n' | deliver
	import qpopper
	assert_output 'mrose: messages=12 imported=2 left=10 none=5 unfit=4 twice=1'
	read_uids
	assert_equal "${uids[4]} ${uids[11]}" 'abcdefghijklmnopqrstuvwxyz ok'
	assert_equal "$(printf '%s\n' "${uids[@]}" | sort -u | wc -l)" 12
}

@test "qpopper-old and qpopper-readonly: X-UIDL, or else what can be computed" {
	computed qpopper-old five.qpopper-old.uidl
	computed qpopper-readonly five.qpopper-readonly.uidl
}

@test "solid, tpop3d: what they compute" {
	computed solid five.solid.uidl
	computed tpop3d five.tpop3d.uidl
}

@test "popa3d: as --uidl=popa3d" {
	local wanted

	mailbox_is <"$corpus/exim4.mbox"
	options+=(--uidl=popa3d)
	wanted=$(list_uids)
	options=("${options[@]::${#options[@]}-1}")
	import popa3d
	assert_equal "$(list_uids)" "$wanted"
}

@test "headers that others cut anywhere do no harm to a source" {
	local source size

	head -c 700 "$vectors/cclient.dovecot.after.mbox" >"$work/whole"
	for source in dovecot dovecot:%m uw qpopper-readonly solid tpop3d \
		popa3d; do
		for size in 60 300 480 520 690; do
			head -c "$size" "$work/whole" | mailbox_is
			import "$source" --again
		done
	done
}

@test "a header of more than 1 MiB: its message keeps an id of ours" {
	{ printf 'X-UIDL: early\n'; yes 'X: y' | head -n 300000; echo; } |
		deliver
	{ printf 'X-UIDL: fine\nX: %0900000d\n\nbody\n' 0; } | deliver
	import qpopper
	assert_output 'mrose: messages=2 imported=1 left=1 none=1 unfit=0 twice=0'
	read_uids
	assert_equal "${uids[1]}" fine
}

# --- file: -------------------------------------------------------------------

# captured [VECTOR]: what it reads, or that, is what the old server answered.
captured() {
	mkdir -p "$work/old"
	cat "${1:--}" >"$work/old/mrose"
	own "$work/old" "$work/old/mrose"
}

@test "file: what the old server answered to UIDL and LIST" {
	mailbox_is <"$vectors/five.mbox"
	captured "$vectors/dovecot.five.uidl"
	import "file:$work/old"
	assert_output 'mrose: messages=5 imported=5 left=0 none=0 unfit=0 twice=0'
	assert_uids dovecot.five.uidl
}

@test "file: a message has the id of its number only if it has those octets" {
	mailbox_of 120 200 300 300
	captured <<-'END'
		+OK
		1 gone
		2 a
		3 b
		4 c
		.
		+OK
		1 150
		2 120
		3 200
		4 300
		.
		+OK bye
	END
	import "file:$work/old"
	read_uids
	assert_equal "${uids[0]} ${uids[1]} ${uids[3]}" 'a b c'
	assert_own "${uids[2]}"
}

@test "file: among messages of as many octets nothing is guessed" {
	mailbox_of 200 120 120
	captured <<-'END'
		1 a
		2 b
		+OK
		1 120
		2 300
	END
	import "file:$work/old"
	assert_output 'mrose: messages=3 imported=0 left=3 none=3 unfit=0 twice=0'
}

@test "file: answers without LIST, or of nothing, import nothing" {
	mailbox_of 120 200
	printf '1 a\r\n2 b\r\n' | captured
	import "file:$work/old"
	assert_output 'mrose: messages=2 imported=0 left=2 none=2 unfit=0 twice=0'
	captured </dev/null
	import "file:$work/old"
	head -c 3000 /dev/urandom | captured
	import "file:$work/old"
}

@test "file: without the user's file nothing is done" {
	mailbox_of 120
	handler --import-uidl="file:$work/none" mrose
	assert_ended 111
	assert_logged "cannot read $work/none/mrose: No such file or directory"
	assert_logged 'nothing done for mrose'
}

# --- what holds afterwards ---------------------------------------------------

@test "mail that comes later has ids of ours, whatever its headers say" {
	mailbox_is <"$vectors/dovecot.five.after.mbox"
	import dovecot
	read_uids
	before="${uids[*]}"
	printf 'X-IMAPbase: 1795782988 7\nX-UID: 6\nX-UIDL: 000000016b09794c\n\nx\n' |
		deliver
	sed -i '0,/X-UID: 1 /s//X-UID: 9 /; 0,/1795782988/s//1999999999/' \
		"$mailbox"
	read_uids
	assert_equal "${uids[*]:0:5}" "$before"
	assert_own "${uids[5]}"
}

@test "imported ids stay when the index, and the session file, are lost" {
	mailbox_is <"$vectors/dovecot.five.after.mbox"
	import dovecot
	find "$work/state" -type f ! -name '*%uids' -delete
	assert_uids dovecot.five.uidl
}

@test "imported ids stay when mailbox and state directory are copied" {
	mailbox_is <"$vectors/dovecot.five.after.mbox"
	import dovecot
	cp -a "$work/state" "$work/copied"
	cp "$mailbox" "$work/mailbox"
	rm -r "$work/state" "$mailbox"
	mv "$work/mailbox" "$mailbox"
	mv "$work/copied" "$work/state"
	own "$mailbox"
	assert_uids dovecot.five.uidl
}

@test "UPDATE drops the rows of what it removes, and the others stay" {
	mailbox_is <"$vectors/dovecot.five.after.mbox"
	import dovecot
	transaction 'DELE 1' 'DELE 3' QUIT
	assert_equal "$(grep -c '[^ ]' "$work"/state/*%uids)" 3
	read_uids
	assert_equal "${uids[*]}" \
		'000000026b09794c 000000046b09794c 000000056b09794c'
	transaction 'DELE 1' 'DELE 2' 'DELE 3' QUIT
	[ ! -s "$work"/state/*%uids ]
	refute grep -q cannot "$log"
}

@test "a session that removes nothing leaves the table as it is" {
	two_ids
	cp "$work"/state/*%uids "$work/table"
	transaction 'DELE 1' RSET QUIT
	transaction 'DELE 1'
	cmp "$work/table" "$work"/state/*%uids
}

@test "a row that is damaged costs its own message an id, and no other" {
	mailbox_is <"$vectors/dovecot.five.after.mbox"
	import dovecot
	sed -i '2s/ 1 0/ 1 1/; 4s/\(.*\)./\1/' "$work"/state/*%uids
	read_uids
	assert_equal "$(printf '%s\n' "${uids[@]}" | grep -c '^0000000.6b09794c$')" 3
	assert_equal "$(printf '%s\n' "${uids[@]}" | sort -u | wc -l)" 5
}

@test "a table of other things costs no session" {
	mailbox_of 120 200
	read_uids
	before="${uids[*]}"
	two=$(find "$work/state" -name '*%index')
	for text in '' x "$(head -c 2000 /dev/zero | tr '\0' x)" \
		"$(printf '\n%.0s' {1..2000})"; do
		printf '%s\n' "$text" >"${two%\%index}%uids"
		own "${two%\%index}%uids"
		read_uids
		assert_equal "${uids[*]}" "$before"
		transaction QUIT
	done
	rm "${two%\%index}%uids"
	read_uids
	assert_equal "${uids[*]}" "$before"
}

@test "a table that is older than the mailbox costs downloads, and no more" {
	two_ids
	cp -p "$work"/state/*%uids "$work/old"
	transaction 'DELE 1' QUIT
	message 150 3 | deliver
	read_uids
	cp -p "$work/old" "$work"/state/*%uids
	before="${uids[*]}"
	read_uids
	assert_equal "${uids[*]}" "$before"
}

@test "where an imported id is one of ours, ours gets another" {
	message 120 a | deliver
	read_uids
	own_id=${uids[0]}
	printf 'X-UIDL: %s\n\nbody\n' "$own_id" >"$work/forged"
	: >"$mailbox"
	deliver <"$work/forged"
	import qpopper
	message 120 a | deliver
	read_uids
	assert_equal "${uids[*]}" "$own_id $own_id-own"
	transaction UIDL 'UIDL 2' QUIT
	assert_reply 2 "+OK 2 $own_id-own"
}

@test "copies have the ids that they were given, also when one goes" {
	mailbox_is <"$vectors/dovecot.five.after.mbox"
	import dovecot
	transaction 'DELE 1' QUIT
	read_uids
	assert_equal "${uids[2]}" 000000046b09794c
}

# --- the command -------------------------------------------------------------

@test "a table is replaced only by --again" {
	two_ids
	cp "$work"/state/*%uids "$work/table"
	handler --import-uidl=solid mrose
	assert_ended 1
	assert_logged 'mrose has imported ids already: --again replaces them'
	assert_output 'mailboxes=1 not_all=1 failed=0'
	cmp "$work/table" "$work"/state/*%uids
	import solid --again
	refute cmp -s "$work/table" "$work"/state/*%uids
	find "$work/state" -name '*%newuids' | refute grep .
}

@test "--dry-run tells and writes nothing" {
	mailbox_is <"$vectors/dovecot.five.after.mbox"
	import dovecot --dry-run
	assert_output 'mrose: messages=5 imported=5 left=0 none=0 unfit=0 twice=0'
	find "$work/state" -name '*uids' | refute grep .
}

@test "an import changes no octet of a mailbox" {
	mailbox_is <"$vectors/dovecot.five.after.mbox"
	remember_mailbox
	import dovecot
	assert_mailbox_untouched
	[ ! "$work/remembered" -nt "$mailbox" ]
	find "$work/mail" -name '*.lock*' | refute grep .
}

@test "where there is nothing to import there is no table" {
	mailbox_of 120
	import dovecot
	: >"$mailbox"
	import dovecot
	rm "$mailbox"
	import dovecot
	assert_output 'mrose: messages=0 imported=0 left=0 none=0 unfit=0 twice=0'
	find "$work/state" -name '*uids' | refute grep .
}

@test "--all: every account that has a mailbox, and no other file" {
	account jmyers
	cp "$vectors/dovecot.five.after.mbox" "$work/mail/jmyers"
	cp "$vectors/dovecot.later.mbox" "$mailbox"
	cp "$mailbox" "$work/mail/nobody.here"
	mkdir "$work/mail/directory"
	account directory
	account absent
	own "$work"/mail/*
	handler --import-uidl=dovecot --all
	assert_ended 0
	assert_equal "$output" \
"jmyers: messages=5 imported=5 left=0 none=0 unfit=0 twice=0
mrose: messages=5 imported=5 left=0 none=0 unfit=0 twice=0
mailboxes=2 not_all=0 failed=0"
}

@test "--all: other templates" {
	mkdir "$work/mail/box-mrose.d"
	cp "$vectors/dovecot.five.after.mbox" "$work/mail/box-mrose.d/inbox"
	own "$work/mail/box-mrose.d" "$work/mail/box-mrose.d/inbox"
	mailbox_of 120
	handler --import-uidl=dovecot --all \
		--maildrop="$work/mail/box-%u.d/inbox"
	assert_output 'mrose: messages=5 imported=5 left=0 none=0 unfit=0 twice=0'
	for template in %h/mbox "$work/mail/%u/%u" "$work/mail/%%%u"; do
		handler --import-uidl=dovecot --all --maildrop="$template"
		assert_ended 111
	done
}

@test "one mailbox that fails keeps no other, and the status says so" {
	account jmyers
	cp "$vectors/dovecot.five.after.mbox" "$mailbox"
	echo 'no mbox' >"$work/mail/jmyers"
	own "$work"/mail/*
	handler --import-uidl=dovecot jmyers unknown root mrose
	assert_ended 111
	assert_logged 'nothing done for jmyers'
	assert_logged 'there is no account unknown that is served'
	assert_logged 'there is no account root that is served'
	assert_output 'mrose: messages=5 imported=5 left=0 none=0 unfit=0 twice=0'
	assert_output 'mailboxes=4 not_all=0 failed=3'
}

@test "a mailbox in use is left alone" {
	mailbox_of 120
	open_transaction
	handler --import-uidl=solid mrose
	assert_ended 111
	assert_logged "$mailbox is in use"
	hang_up
	import solid
}

@test "options that do not go together are refused" {
	local words

	for words in mrose --again --all '--import-uidl=solid' \
		'--import-uidl=solid --all mrose' \
		'--import-uidl=solid --export-uidl=file:/x mrose' \
		'--import-uidl=file mrose' '--import-uidl=solid:x mrose' \
		'--export-uidl=dir mrose' '--export-uidl=file: mrose' \
		'--export-uidl=x-uidl: mrose'; do
		# shellcheck disable=SC2086 # words
		handler $words
		assert_ended 100
	done
}

# --- comparing and exporting -------------------------------------------------

@test "--compare tells which ids clients will miss" {
	mailbox_is <"$vectors/five.mbox"
	captured "$vectors/dovecot.five.uidl"
	handler --import-uidl="file:$work/old" --compare mrose
	assert_ended 1
	assert_output 'mrose: missing 000000016b09794c'
	assert_output 'mrose: messages=5 missing=5'
	import "file:$work/old"
	handler --import-uidl="file:$work/old" --compare mrose
	assert_ended 0
	assert_output 'mrose: messages=5 missing=0'
	transaction 'DELE 2' QUIT
	handler --import-uidl="file:$work/old" --compare mrose
	assert_ended 1
	assert_output 'mrose: missing 000000026b09794c'
	assert_output 'mrose: messages=4 missing=1'
}

@test "--compare: also of what is computed" {
	mailbox_is <"$vectors/five.mbox"
	handler --import-uidl=solid --compare mrose
	assert_ended 1
	import solid
	handler --import-uidl=solid --compare mrose
	assert_ended 0
}

@test "--export-uidl: what another state directory can take" {
	mailbox_is <"$vectors/dovecot.five.after.mbox"
	import dovecot
	message 140 new | deliver
	read_uids
	before="${uids[*]}"
	mkdir "$work/export"
	own "$work/export"
	handler --export-uidl="file:$work/export" mrose
	assert_ended 0
	assert_equal "$(ls "$work/export")" mrose
	rm -r "$work/state"
	import "file:$work/export"
	read_uids
	assert_equal "${uids[*]}" "$before"
	handler --import-uidl="file:$work/export" --compare mrose
	assert_ended 0
}

@test "--export-uidl: a directory that cannot be written" {
	mailbox_of 120
	handler --export-uidl="file:$work/none" mrose
	assert_ended 111
	assert_logged "cannot make $work/none/mrose.new: No such file or directory"
}

# --- killed in the middle ----------------------------------------------------

# stopped N DEED COMMAND...: runs it so that the N-th call that changes the disk
# is its last, or fails; $died says whether there was one.
stopped() {
	local n=$1 deed=$2

	shift 2
	: >"$work/died"
	own "$work/died"
	LD_PRELOAD=$work/faults.so FAULT_ARM=start FAULT_KINDS=wtscfkun \
		FAULT_AT=$n FAULT_DO=$deed FAULT_SPOOL=$mailbox \
		FAULT_STATE=$work/state FAULT_DIED=$work/died "$@" || :
}

build_faults() {
	product_only
	"${CC:-cc}" -O2 -shared -fPIC -o "$work/faults.so" \
		"$tests/crash/faults.c" -ldl
	chmod 755 "$work/faults.so"
}

import_again() {
	local run

	words --import-uidl=solid --again mrose
	timeout 60 "${run[@]}" >/dev/null 2>"$log"
}

@test "an import that is killed at any call leaves the old table or the new one" {
	local n new old

	build_faults
	two_ids
	old="${uids[*]}"
	import solid --again
	read_uids
	new="${uids[*]}"
	remember_mailbox
	for ((n = 1; n < 100; n++)); do
		import qpopper --again
		stopped "$n" kill import_again
		read_uids
		assert_mailbox_untouched
		[ "${uids[*]}" = "$old" ] || assert_equal "${uids[*]}" "$new"
		[ -s "$work/died" ] || break
	done
	[ "$n" -gt 5 ]
	assert_equal "${uids[*]}" "$new"
}

@test "an import for which the disk is full leaves the old table or the new one" {
	local n new old

	build_faults
	two_ids
	old="${uids[*]}"
	import solid --again
	read_uids
	new="${uids[*]}"
	for ((n = 1; n < 12; n++)); do
		import qpopper --again
		stopped "$n" 28 import_again
		read_uids
		[ "${uids[*]}" = "$old" ] || assert_equal "${uids[*]}" "$new"
	done
}

# Messages without a copy.
delete_two() {
	local run

	words
	printf '%s\r\n' 'USER mrose' 'PASS secret' 'DELE 2' 'DELE 3' QUIT |
		timeout 60 "${run[@]}" >/dev/null 2>"$log"
}

@test "whatever call of an UPDATE it is killed at, no imported id moves or is lost" {
	local n

	build_faults
	for ((n = 1; n < 100; n++)); do
		mailbox_is <"$vectors/dovecot.five.after.mbox"
		import dovecot --again
		stopped "$n" kill delete_two
		read_uids
		case ${#uids[@]} in
		5) assert_equal "${uids[*]}" "$(echo 0000000{1..5}6b09794c)" ;;
		3) assert_equal "${uids[*]}" "$(echo 0000000{1,4,5}6b09794c)" ;;
		*) fail "${#uids[@]} messages" ;;
		esac
		[ -s "$work/died" ] || break
	done
	[ "$n" -gt 10 ]
}

# --- locks -------------------------------------------------------------------

@test "an import waits for a delivery agent that has the mailbox" {
	local run

	mailbox_of 120 200
	sed -i 's/^Subject: \(.*\)/&\nX-UIDL: old-\1/' "$mailbox"
	"${as_reader[@]}" touch "$mailbox.lock"
	words --import-uidl=qpopper mrose
	"${run[@]}" >"$work/said" 2>"$log" 3>&- &
	sleep 1
	message 150 3 | deliver
	rm "$mailbox.lock"
	wait %%
	grep -qx 'mrose: messages=3 imported=2 left=1 none=1 unfit=0 twice=0' \
		"$work/said"
}

# --- as root -----------------------------------------------------------------

# imported_as_root MAILBOX: in a private system.
imported_as_root() {
	local state=/var/lib/pop3-handler import='--log=stderr --import-uidl=dovecot'

	printf '%s\n' "$1" | tee /var/mail/mrose /var/mail/jmyers \
		>/var/mail/locked
	chown 2002:8 /var/mail/jmyers /var/mail/locked
	# shellcheck disable=SC2086 # words
	set -- /run/test/pop3-handler $import
	if "$@" --all; then
		return 1
	fi
	"$@" --compare mrose jmyers
	[ "$(stat -c %U:%a "$state"/*mrose%uids)" = pop3-handler:600 ]
	[ "$(stat -c %u:%g /var/mail/mrose)" = 2001:8 ]
	[ ! -e "$state"/*locked%uids ]
	[ -z "$(find /var/mail "$state" -name '*.lock' -o -name '*new*')" ]
}

@test "as root: each mailbox is read as its owner, and another's is refused" {
	root_only
	in_private_system imported_as_root \
		"$(cat "$vectors/dovecot.five.after.mbox")"
}

# --- with the old servers themselves -----------------------------------------

# unpacked PACKAGE: where it is.
unpacked() {
	local status=0

	"$tools/unpacked" "$1" || status=$?
	[ "$status" -ne 77 ] || skip "cannot have $1"
	return "$status"
}

# dovecot_uids [SETTING...]: what Dovecot says of $mailbox, for which it needs no login.
dovecot_uids() {
	local status=0 core pop3d

	core=$(unpacked dovecot-core)
	pop3d=$(unpacked dovecot-pop3d)
	printf 'UIDL\r\nLIST\r\nQUIT\r\n' | "${as_reader[@]}" \
		"$reference/dovecot" "$core" "$pop3d" "$mailbox" "$@" \
		>"$work/answered" || status=$?
	[ "$status" -ne 77 ] || skip 'Dovecot 2.3 cannot be had'
	mapfile -t wanted < <(tr -d '\r' <"$work/answered" |
		sed -n 's/^[0-9]* //p;/^\.$/q')
}

same_as_dovecot() {
	import dovecot --again
	read_uids
	assert_equal "${uids[*]}" "${wanted[*]}"
}

@test "Dovecot 2.3: what it says is what we say after the move" {
	mailbox_is <"$vectors/five.mbox"
	dovecot_uids
	[ "${#wanted[@]}" -eq 5 ]
	same_as_dovecot
	captured "$work/answered"
	handler --import-uidl="file:$work/old" --compare mrose
	assert_ended 0
	import "file:$work/old" --again
	read_uids
	assert_equal "${uids[*]}" "${wanted[*]}"
}

@test "Dovecot 2.3: forged headers, as Dovecot reads them" {
	mailbox_is <"$vectors/five.mbox"
	dovecot_uids
	printf 'X-UID: 2\nSubject: x\n\nx\n' | deliver
	printf 'X-IMAPbase: 9 9\nX-UID: 7\n\nx\n' | deliver
	printf 'X-UID: 70\n\nx\n' | deliver
	printf 'Subject: y\n\nx\n' | deliver
	dovecot_uids
	[ "${#wanted[@]}" -eq 9 ]
	same_as_dovecot
}

@test "Dovecot 2.3: on mailboxes of other programs" {
	local file

	for file in cclient dovecot.later dovecot.emptied-then-one; do
		mailbox_is <"$vectors/$file.mbox"
		dovecot_uids
		same_as_dovecot
	done
	for file in exim4 maildrop mailutils-mda dovecot-lda; do
		mailbox_is <"$corpus/$file.mbox"
		dovecot_uids
		same_as_dovecot
	done
}

@test "Dovecot 2.3: what --export-uidl=x-uidl gives is what we say" {
	local before

	mailbox_is <"$vectors/five.mbox"
	import qpopper-readonly
	printf 'Subject: new\n\nnew\n' | deliver
	read_uids
	before="${uids[*]}"
	mkdir "$work/export"
	own "$work/export"
	remember_mailbox
	handler --export-uidl="x-uidl:$work/export" mrose
	assert_ended 0
	assert_mailbox_untouched
	mailbox_is <"$work/export/mrose"
	dovecot_uids 'pop3_reuse_xuidl = yes'
	assert_equal "${wanted[*]}" "$before"
	sed '1,/^X-UIDL/{/^X-UIDL/d}; /^From /,/^X-UIDL/{/^X-UIDL/d}' \
		"$work/export/mrose" | cmp - "$work/remembered"
	rm -r "$work/state"
	import qpopper
	read_uids
	assert_equal "${uids[*]}" "$before"
}

# old_server NAME: sets $old to the words that run it; in a private system.
old_server() {
	case $1 in
	dovecot)
		old=(setpriv --reuid 2001 --regid 8 --clear-groups python3
			"$reference/log_in_first.py" "$reference/dovecot"
			"${package%-*}-core" "$package" /var/mail/mrose)
		;;
	popa3d)
		mkdir -p /var/lib/popa3d
		echo 'popa3d:x:64001:64001::/var/lib/popa3d:/bin/false' \
			>>/etc/passwd
		echo 'popa3d:x:64001:' >>/etc/group
		old=("$package/usr/sbin/popa3d")
		;;
	solid-pop3d)
		echo 'spop3d:x:64005:64005::/nonexistent:/bin/false' \
			>>/etc/passwd
		echo 'spop3d:x:64005:' >>/etc/group
		old=("$package/usr/sbin/solid-pop3d")
		;;
	esac
	printf '%s required pam_permit.so\n' auth account >"/etc/pam.d/$1"
}

# poll COMMAND...: fetchmail, keeping all, asks a server on loopback.
poll() {
	local status=0

	rm -rf /run/test/port /run/test/got
	mkdir /run/test/got
	python3 "$tools/serve" /run/test/port "$@" &
	for _ in {1..100}; do
		[ ! -e /run/test/port ] || break
		sleep 0.1
	done
	cat >/run/test/fetchmailrc <<-END
		set invisible
		poll localhost protocol pop3 uidl port $(cat /run/test/port)
			username mrose password secret sslproto "" keep
			no rewrite mda "cat >\$(mktemp /run/test/got/XXXXXX)"
	END
	chmod 700 /run/test/fetchmailrc
	fetchmail -f /run/test/fetchmailrc --nosyslog --idfile /run/test/ids \
		--pidfile /run/test/pid >/run/test/said 2>&1 || status=$?
	kill %%
	wait %% || :
	# 1: there was nothing new
	[ "$status" -le 1 ] || { cat /run/test/said /run/test/log >&2; return 1; }
}

# got COUNT: so many messages came.
got() {
	[ "$(find /run/test/got -type f | wc -l)" -eq "$1" ] ||
		{ cat /run/test/said >&2; return 1; }
}

# moved SERVER SOURCE TOOLS REFERENCE PACKAGE MAILBOX COUNT: a client of that
# server fetches nothing from ours after the move, but mail that is new.
moved() {
	tools=$3 reference=$4 package=$5
	old_server "$1"
	cp "$6" /var/mail/mrose
	touch -d 2001-01-01 /var/mail/mrose	# popa3d waits for a new second
	poll "${old[@]}"
	got "$7"
	cp /run/test/ids /run/test/ids.before
	/run/test/pop3-handler --log=stderr --import-uidl="$2" --all
	poll /run/test/pop3-handler
	grep -q "^$7 messages ($7 seen) for mrose" /run/test/said
	got 0
	cmp <(sort /run/test/ids.before) <(sort /run/test/ids)
	printf '%s\nSubject: new\n\nnew\n\n' "$from_line" >>/var/mail/mrose
	poll /run/test/pop3-handler
	got 1
}

# move SERVER PACKAGE SOURCE MAILBOX COUNT
move() {
	local package

	root_only
	package=$(unpacked "$2")
	in_private_system moved "$1" "$3" "$(readlink -f "$tools")" \
		"$(readlink -f "$reference")" "$package" "$(readlink -f "$4")" "$5"
}

@test "from Dovecot 2.3: fetchmail downloads nothing again" {
	unpacked dovecot-core
	move dovecot dovecot-pop3d dovecot "$vectors/five.mbox" 5
}

@test "from popa3d: fetchmail downloads nothing again" {
	move popa3d popa3d popa3d "$corpus/exim4.mbox" 7
}

@test "from solid-pop3d: fetchmail downloads nothing again" {
	move solid-pop3d solid-pop3d solid "$corpus/exim4.mbox" 7
}
