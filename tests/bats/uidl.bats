# UIDL: unique ids that stay, whatever others do to the mailbox.
load ../lib/common

# Sets uids[n] to the unique id of message n.
read_uids() {
	local _ line uid

	uids=()
	session 'USER mrose' 'PASS secret' UIDL QUIT
	while read -r line uid; do
		uids[line]=$uid
	done < <(printf %s "${body[3]}")
}

assert_distinct() {
	assert_equal "$(printf '%s\n' "${uids[@]}" | sort | uniq -d)" ''
}

# Three copies, equal to the last octet, between two others.
copies() {
	message 120 first | deliver
	message 200 copy | deliver
	message 200 copy | deliver
	message 200 copy | deliver
	message 120 last | deliver
}

@test "UIDL of one message is what UIDL of all says (RFC 1939 section 7)" {
	mailbox_of 120 200
	transaction UIDL 'UIDL 1' 'UIDL 2'
	assert_reply 1 '+OK'
	assert_body 1 "${reply[2]#+OK }" "${reply[3]#+OK }"
}

@test "a unique id has 1 to 70 octets in 0x21 to 0x7e (RFC 1939 section 7)" {
	local uid

	copies
	printf 'X-UIDL: \xff\xfe %080d\n\nbody\n' 0 | deliver
	read_uids
	[ "${#uids[@]}" -eq 6 ]
	for uid in "${uids[@]}"; do
		[[ $uid =~ ^[!-~]{1,70}$ ]]
	done
}

@test "the unique ids of identical copies are distinct (RFC 1939 section 7)" {
	copies
	read_uids
	[ "${#uids[@]}" -eq 5 ]
	assert_distinct
}

@test "messages that differ in one octet have distinct ids (RFC 1939 section 7)" {
	printf 'Subject: x\n\nbody\n' | deliver
	printf 'Subject: x\n\nbodz\n' | deliver
	printf 'Subject: y\n\nbody\n' | deliver
	printf 'Subject: x\n\nbody\n\n' | deliver
	read_uids
	assert_distinct
}

@test "unique ids are the same in the next session (RFC 1939 section 7)" {
	local before

	copies
	read_uids
	before="${uids[*]}"
	read_uids
	assert_equal "${uids[*]}" "$before"
}

@test "unique ids are the same without the state directory, while nothing was deleted" {
	local before

	copies
	read_uids
	before="${uids[*]}"
	rm -r "$work/state"
	read_uids
	assert_equal "${uids[*]}" "$before"
}

@test "deleting others does not change a unique id (RFC 1939 section 7)" {
	local before

	copies
	read_uids
	before=("${uids[@]}")
	transaction 'DELE 1' UIDL QUIT
	assert_body 2 "2 ${before[1]}" "3 ${before[2]}" "4 ${before[3]}" \
		"5 ${before[4]}"
	read_uids
	assert_equal "${uids[*]}" "${before[*]:1}"
}

@test "deleting the first of identical copies does not change the ids of the others (RFC 1939 section 7)" {
	local before

	copies
	read_uids
	before=("${uids[@]}")
	transaction 'DELE 2' QUIT
	read_uids
	assert_equal "${uids[*]}" \
		"${before[0]} ${before[2]} ${before[3]} ${before[4]}"
	transaction 'DELE 2' QUIT
	read_uids
	assert_equal "${uids[*]}" "${before[0]} ${before[3]} ${before[4]}"
}

@test "deleting a copy in the middle does not change the ids of the others (RFC 1939 section 7)" {
	local before

	copies
	read_uids
	before=("${uids[@]}")
	transaction 'DELE 3' QUIT
	read_uids
	assert_equal "${uids[*]}" \
		"${before[0]} ${before[1]} ${before[3]} ${before[4]}"
}

@test "the id of a deleted copy is not given to one that comes while copies are left (RFC 1939 section 7)" {
	local before

	copies
	read_uids
	before=("${uids[@]}")
	transaction 'DELE 2' 'DELE 3' QUIT
	message 200 copy | deliver
	read_uids
	assert_equal "${uids[1]} ${uids[2]} ${uids[3]}" \
		"${before[0]} ${before[3]} ${before[4]}"
	[[ " ${before[*]} " != *" ${uids[4]} "* ]]
}

@test "a session that is dropped does not change the ids of copies (RFC 1939 section 7)" {
	local before

	copies
	read_uids
	before="${uids[*]}"
	transaction 'DELE 2'
	read_uids
	assert_equal "${uids[*]}" "$before"
}

@test "delivery does not change a unique id (RFC 1939 section 7)" {
	local before

	copies
	read_uids
	before="${uids[*]}"
	message 200 copy | deliver
	message 99 new | deliver
	read_uids
	assert_equal "${uids[*]:0:5}" "$before"
	[ "${#uids[@]}" -eq 7 ]
	assert_distinct
}

@test "Status headers do not change a unique id (RFC 1939 section 7)" {
	local before

	copies
	read_uids
	before="${uids[*]}"
	sed '/^Subject/a\
Status: RO\
X-Status: A\
X-Keywords: $Label1\
X-UID: 17\
Content-Length: 5' "$mailbox" >"$work/new"
	mailbox_is <"$work/new"
	grep -q '^X-UID: 17$' "$mailbox"
	read_uids
	assert_equal "${uids[*]}" "$before"
}

# The sizes and unique ids of all messages, a line each.
show_messages() {
	transaction LIST UIDL QUIT
	paste -d ' ' <(cut -d ' ' -f 2 <<<"${body[1]}") \
		<(cut -d ' ' -f 2 <<<"${body[2]}") | grep '[^ ]'
}

@test "what mail readers write changes neither a unique id nor a size (RFC 1939 section 7)" {
	local file before left

	mailbox_is <"$corpus/readers/before.mbox"
	before=$(show_messages)
	for file in "$corpus"/readers/*.mbox; do
		mailbox_is <"$file"
		# some readers were told to remove one
		left=$(grep -o '^Subject: .*' "$file" |
			sed 's/.*first/1p/; s/.*second/2p/; s/.*third/3p/
				s/.*fourth/4p/; s/.*fifth/5p/')
		assert_equal "$(show_messages)" "$(sed -n "$left" <<<"$before")"
		fetch
	done
}

@test "headers of other mail readers do not change a unique id (RFC 1939 section 7)" {
	local before

	copies
	before=$(show_messages)
	sed '/^Subject/i\
Lines: 3\
X-Label: work\
X-Evolution: 00000001-0010\
X-Mozilla-Status: 0001\
X-Mozilla-Status2: 00000000\
X-Mozilla-Keys: $label1\
X-Length: 1307\
X-KMail-EncryptionState: N\
X-KMail-SignatureState: N\
X-KMail-MDN-Sent:  \
X-LibEtPan-UID: 3\
X-RMAIL-ATTRIBUTES: --------\
X-RMAIL-KEYWORDS: work\
X-VM-v5-Data: ([nil nil nil]\
\t["2093" "Monday" "1"])\
X-Gnus-Newsgroup: nnfolder:mail\
X-Gnus-Article-Number: 3   Mon Jan  1 00:00:00 2024' "$mailbox" >"$work/new"
	mailbox_is <"$work/new"
	grep -q '^X-VM-v5-Data' "$mailbox"
	assert_equal "$(show_messages)" "$before"
}

@test "headers of other servers and of delivery are part of a unique id" {
	local header before

	message 120 x | deliver
	before=$(show_messages)
	for header in 'X-UIDL: 3' 'X-Delivery-ID: 3' 'Xref: a:3' 'X-VM: 3' \
		'X-Mozilla-Draft-Info: 3' 'Line: 3' 'X-Lines: 3' 'Lines'; do
		rm "$mailbox"
		message 120 x | sed "1i$header" | deliver
		[ "$(show_messages)" != "$before" ]
	done
}

@test "c-client's own message does not change a unique id (RFC 1939 section 7)" {
	local before

	copies
	read_uids
	before="${uids[*]}"
	{
		echo 'From MAILER-DAEMON Mon Jan  1 00:00:00 2024'
		echo "Subject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA"
		printf 'X-IMAP: 1404 0000000002\n\nThis text is part.\n\n'
		cat "$mailbox"
	} >"$work/new"
	mailbox_is <"$work/new"
	read_uids
	assert_equal "${uids[*]}" "$before"
}

@test "a changed From_ line does not change a unique id (RFC 1939 section 7)" {
	local before

	copies
	read_uids
	before="${uids[*]}"
	sed 's/^From alice.*/From bob@example.org Tue Feb  6 10:20:30 2024/' \
		"$mailbox" >"$work/new"
	mailbox_is <"$work/new"
	read_uids
	assert_equal "${uids[*]}" "$before"
}

@test "a sender cannot choose the unique id with X-UIDL (RFC 1939 section 7)" {
	printf 'X-UIDL: chosen\nSubject: 1\n\nbody\n' | deliver
	printf 'X-UIDL: chosen\nSubject: 2\n\nbody\n' | deliver
	read_uids
	[[ "${uids[*]}" != *chosen* ]]
	assert_distinct
}

@test "a damaged control file costs no session" {
	local file

	copies
	transaction 'DELE 2' QUIT
	[ -n "$(find "$work/state" -type f -size +0)" ]
	for file in $(find "$work/state" -type f -size +0); do
		printf 'junk\xff\n' | dd of="$file" conv=notrunc status=none
	done
	read_uids
	[ "${#uids[@]}" -eq 4 ]
	assert_distinct
}

@test "control files full of other things cost no session" {
	local file

	copies
	transaction 'DELE 2' QUIT
	for file in "$work"/state/*; do
		yes '0123456789abcdef0123456789abcdef 4294967295' |
			head -n 1000 >"$file"
	done
	read_uids
	assert_distinct
}

# --- popa3d's ----------------------------------------------------------------

# Mail that shows which headers popa3d takes, and which not.
popa3d_mail() {
	deliver <<-'END'
		Delivered-To: mrose@example.org
		Received: from client
			by mail; Mon, 1 Jan 2024 10:01:00 +0000
		Received: from elsewhere
		Date: Mon, 1 Jan 2024 10:01:00 +0000
		Message-ID: <m1@example.org>
		Delivered-To: again

		Received: in the body
	END
	deliver <<-'END'
		date: Mon, 1 Jan 2024 10:01:00 +0000
		MESSAGE-ID: <m2@example.org>
		 continued
		X-Delivery-ID: 5
		x-delivery-id: 6
		received: from client
		Date: late
		Delivered-to : no

		body
	END
	deliver <<-'END'
		Subject: nothing that counts

		body
	END
}

@test "--uidl=popa3d gives popa3d's ids, by its rule" {
	popa3d_mail
	python3 "$reference/popa3d_uidl.py" "$mailbox" >"$work/expected"
	[ "$(wc -l <"$work/expected")" -eq 3 ]
	fetch --uidl=popa3d
	diff "$work/expected" "$work/fetched/uidl"
}

@test "--uidl=popa3d gives popa3d's ids for a last line without an end" {
	printf '%s\nSubject: x\nDate: today' "$from_line" | mailbox_is
	python3 "$reference/popa3d_uidl.py" "$mailbox" >"$work/expected"
	fetch --uidl=popa3d
	diff "$work/expected" "$work/fetched/uidl"
}

@test "--uidl=popa3d gives popa3d's ids for the mail of real agents" {
	local file

	# not where Content-Length hides From_ lines: popa3d goes by those
	for file in exim4 maildrop mailutils-mda; do
		mailbox_is <"$corpus/$file.mbox"
		python3 "$reference/popa3d_uidl.py" "$mailbox" >"$work/expected"
		[ "$(wc -l <"$work/expected")" -eq 7 ]
		fetch --uidl=popa3d
		diff "$work/expected" "$work/fetched/uidl"
	done
}

@test "--uidl=popa3d gives the ids that popa3d itself gives (as root)" {
	local status=0

	root_only
	popa3d_mail
	cat "$corpus/exim4.mbox" >>"$mailbox"
	"$reference/popa3d-uidl" "$mailbox" >"$work/expected" || status=$?
	[ "$status" -ne 77 ] || skip 'popa3d cannot be run here'
	[ "$status" -eq 0 ]
	fetch --uidl=popa3d
	diff "$work/expected" "$work/fetched/uidl"
}
