# The index: what a session found is found by the next without a scan; without
# it, or with a damaged one, all is as before.
load ../lib/common

index_path() {
	local all=("$work"/state/*mrose%index)

	echo "${all[0]}"
}

# The times of the mailbox prove something once they are some ticks old.
settle() {
	sleep 0.1
}

# many COUNT: messages of 120 octets, 102 of which fill a page of the index.
many() {
	local n

	for ((n = 1; n <= $1; n++)); do
		printf '%s\nSubject: %03d\n\n%0102d\n\n' "$from_line" "$n" 0
	done >>"$mailbox"
	own "$mailbox"
}

# A mailbox that was seen before, under a stamp that proves.
seen_before() {
	settle
	transaction STAT QUIT
}

# A mailbox that was seen before, under a stamp that proves nothing.
seen_too_early() {
	settle
	build_preload slow_clock
	words
	printf '%s\r\n' 'USER mrose' 'PASS secret' QUIT |
		env LD_PRELOAD="$work/slow_clock.so" "${run[@]}" >"$replies" \
		2>"$log"
}

# answers FILE: all that a session of now says of all messages.
answers() {
	local count login='USER mrose\r\nPASS secret\r\n'

	converse < <(printf "${login}QUIT\r\n")
	count=$(sed -n 's/.* has \([0-9]*\) message.*/\1/p' "$replies")
	converse < <(
		printf "${login}STAT\r\nLIST\r\nUIDL\r\n"
		seq "$count" | sed $'s/.*/RETR &\r/'
		printf 'QUIT\r\n'
	)
	cp "$replies" "$work/$1"
}

# assert_as_without: all that is said is what is said without the index.
assert_as_without() {
	answers with
	cp "$(index_path)" "$work/index"
	: >"$(index_path)"
	answers without
	cat "$work/index" >"$(index_path)"
	cmp "$work/with" "$work/without" >&2 ||
		fail 'the index makes a difference'
}

# traced COMMAND...: a session; $work/looks has the places of the mailbox that
# were looked at, "OFFSET LENGTH" each.
traced() {
	words
	printf '%s\r\n' 'USER mrose' 'PASS secret' "$@" QUIT |
		strace -y -o "$work/calls" \
		-e trace=mmap,read,readv,pread64,preadv,preadv2 "${run[@]}" \
		>"$replies" 2>"$log"
	grep -F "<$mailbox>" "$work/calls" | python3 -c '
import re, sys
for line in sys.stdin:
    read = re.match(r"pread64\(.*, \d+, (\d+)\) += (\d+)", line)
    if not read:
        sys.exit(line)
    print(*read.groups())
' >"$work/looks"
}

# edit FROM TO: another program changes the mailbox in place. Both are of the
# same length.
edit() {
	python3 - "$mailbox" "$@" <<-'END'
		import sys
		path, before, after = sys.argv[1:]
		with open(path, "r+b") as file:
		    at = file.read().index(before.encode())
		    file.seek(at)
		    file.write(after.encode())
	END
}

size() {
	stat -c %s "$mailbox"
}

# --- what it spares ------------------------------------------------------------

@test "a mailbox that was seen before is not read again" {
	product_only
	mailbox_of 20000 30000 40000
	settle
	traced LIST UIDL
	grep -q '^0 ' "$work/looks"
	mv "$replies" "$work/first"
	traced LIST UIDL
	cmp "$work/first" "$replies"
	assert_equal "$(cat "$work/looks")" ''
}

@test "RETR reads its message of a mailbox that was seen before, and nothing else" {
	local start

	product_only
	mailbox_of 20000
	start=$(size)
	mailbox_of 30000 40000
	seen_before
	traced 'RETR 2'
	grep -q '^+OK 30000 octets' "$replies"
	assert_equal "$(cut -d' ' -f1 "$work/looks")" "$start"
}

@test "after a delivery the last message and the new one are looked at, and nothing else" {
	local start

	product_only
	mailbox_of 200000 300000
	start=$(size)
	mailbox_of 20000
	seen_before
	mailbox_of 10000
	traced LIST
	grep -q '^4 10000' "$replies"
	assert_equal "$(cat "$work/looks")" "$start $(($(size) - start))"
}

@test "after the delivery of a copy the mailbox is not read again" {
	product_only
	mailbox_of 120 200000 200000
	seen_before
	message 120 1 | deliver
	settle
	transaction STAT QUIT
	traced UIDL
	grep -q '^4 .*-2' "$replies"
	assert_equal "$(cat "$work/looks")" ''
}

@test "after QUIT has removed messages nothing is looked at" {
	product_only
	mailbox_of 200000 300000 20000
	seen_before
	transaction 'DELE 1' QUIT
	settle
	traced LIST
	grep -q '^2 20000' "$replies"
	assert_equal "$(cat "$work/looks")" ''
}

# reads COMMAND...: how many octets of the mailbox a session reads.
reads() {
	traced "$@"
	awk '{ octets += $2 } END { print octets + 0 }' "$work/looks"
}

@test "once a delivery was seen the mailbox is neither locked nor read again" {
	product_only
	mailbox_of 200000 300000
	seen_before
	mailbox_of 10000
	seen_before
	# somebody else holds the lock as long as he likes
	echo 1 >"$mailbox.lock"
	traced LIST UIDL
	grep -q '^3 10000' "$replies"
	assert_equal "$(cat "$work/looks")" ''
}

@test "a message that was delivered since is read once by RETR; one from before twice, and once from then on" {
	product_only
	mailbox_of 20000 30000
	seen_before
	message 10000 new | deliver
	seen_before
	[ "$(reads 'RETR 3')" -lt 11000 ]
	[ "$(reads 'RETR 1')" -gt 40000 ]
	[ "$(reads 'RETR 1')" -lt 21000 ]
	transaction 'DELE 3' QUIT
	settle
	[ "$(reads 'RETR 2')" -gt 60000 ]
	[ "$(reads 'RETR 2')" -lt 31000 ]
	assert_as_without
}

# --- what it is worth ------------------------------------------------------------

@test "what was found while the times of the mailbox proved nothing is looked for again" {
	product_only
	mailbox_of 120 200
	seen_too_early
	traced LIST
	grep -q '^0 ' "$work/looks"
	traced LIST
	assert_equal "$(cat "$work/looks")" ''
}

@test "a delivery to a mailbox whose times proved nothing costs no scan of the whole" {
	local start

	product_only
	mailbox_of 200000
	start=$(size)
	mailbox_of 20000
	seen_too_early
	mailbox_of 10000
	traced LIST
	grep -q '^3 10000' "$replies"
	assert_equal "$(cat "$work/looks")" "$start $(($(size) - start))"
	traced 'RETR 1' 'RETR 3'
	grep -q '^+OK 200000 octets' "$replies"
	grep -q '^0 ' "$work/looks"
}

@test "mail of the same size in the place of the last is another" {
	many 3
	seen_before
	# another program removes the first, and two are delivered
	many 5 && tail -n +6 "$mailbox" >"$work/new"
	cat "$work/new" >"$mailbox"
	settle
	transaction 'RETR 1' QUIT
	[[ ${body[1]} == 'Subject: 002'* ]]
	assert_as_without
}

@test "what was seen in another boot is looked for again: a power cut may have kept the times and lost the data" {
	local boot=/proc/sys/kernel/random/boot_id

	root_only
	product_only
	mailbox_of 20000 30000
	seen_before
	echo 01234567-89ab-cdef-0123-456789abcdef >"$work/boot"
	as_reader=(unshare -m sh -c "mount --bind '$work/boot' $boot"' && exec "$@"'
		sh "${as_reader[@]}")
	traced LIST
	grep -q '^0 ' "$work/looks"
	traced LIST
	assert_equal "$(cat "$work/looks")" ''
}

@test "where nothing tells which boot this is, the mailbox is looked at each time" {
	root_only
	product_only
	mailbox_of 20000 30000
	as_reader=(unshare -m sh -c 'mount -t tmpfs none /proc/sys && exec "$@"' sh
		"${as_reader[@]}")
	seen_before
	traced LIST
	grep -q '^0 ' "$work/looks"
	as_reader=(env BOOT_ID=0123456789abcdef0123456789abcdef "${as_reader[@]}")
	seen_before
	traced LIST
	assert_equal "$(cat "$work/looks")" ''
}

@test "QUIT removes nothing where the times say that message 2 still is, and it is not" {
	local between=$'\n\n'"$from_line"$'\nSubject: 2\n\n'

	mailbox_of 120 200 99
	words
	# message 1 becomes longer by an octet, and message 2 shorter
	python3 "$hostile/mmap_writer_between_sessions.py" "$mailbox" "$between"xx "x$between"x \
		"${run[@]}" >"$replies" 2>"$log"
	grep -q '^-ERR \[SYS/TEMP\] some deleted messages not removed' "$replies"
	assert_logged '.*changed by another program since the login: nothing removed'
	transaction STAT QUIT
	assert_reply 1 '+OK 3 419'
}

@test "an index in which an octet differs, that is cut, or another's, makes no difference" {
	printf 'Subject: 1\nContent-Length: 5\n\ntext\n' | deliver
	message 120 copy | deliver
	message 120 copy | deliver
	message 300 4 | deliver "$work/mail/jdoe"
	cat "$work/mail/jdoe" >>"$mailbox"
	account jdoe
	mkdir "$work/others"
	seen_before
	session 'USER jdoe' 'PASS secret' QUIT
	cp "$work"/state/*jdoe%index "$work/others/jdoe"
	transaction --uidl=popa3d QUIT
	words --uidl=popa3d
	printf '%s\r\n' 'USER mrose' 'PASS secret' QUIT |
		"${run[@]}" >"$replies" 2>"$log"
	cp "$(index_path)" "$work/others/popa3d"
	words
	python3 "$hostile/corrupt_index.py" "$(index_path)" "$work/others" \
		"${run[@]}"
}

@test "an index of popa3d's ids that is damaged makes no difference" {
	mailbox_of 120 200 300
	mkdir "$work/others"
	seen_before
	cp "$(index_path)" "$work/others/content"
	words --uidl=popa3d
	python3 "$hostile/corrupt_index.py" "$(index_path)" "$work/others" \
		"${run[@]}"
}

@test "an index that cannot be opened is a line in the log, and nothing else" {
	mailbox_of 120 200
	seen_before
	rm "$(index_path)"
	mkdir "$work/state/x"
	mv "$work/state/x" "$work/state/$(cd "$work/state" &&
		echo *%journal | sed 's/%journal$/%index/')"
	transaction LIST 'DELE 1' QUIT
	assert_body 1 '1 120' '2 200'
	assert_logged 'cannot open index .*%index: Is a directory; going on without it'
	transaction LIST QUIT
	assert_body 1 '1 200'
	rmdir "$(index_path)"
	transaction LIST QUIT
	assert_body 1 '1 200'
	[ -f "$(index_path)" ]
}

@test "an index that cannot be written is a line in the log, and nothing else" {
	many 150
	settle
	words
	# of an index of 6192 octets
	run=(prlimit --fsize=6000 "${run[@]}")
	mapfile -t listed < <(seq -f '%g 120' 150)
	for _ in 1 2; do
		printf '%s\r\n' 'USER mrose' 'PASS secret' LIST 'RETR 2' LIST QUIT |
			"${run[@]}" >"$replies" 2>"$log"
		sort_replies 'USER mrose' 'PASS secret' LIST 'RETR 2' LIST QUIT
		assert_body 3 "${listed[@]}"
		assert_body 5 "${listed[@]}"
		assert_reply 6 '+OK dewey POP3 server signing off (150 messages left)'
		assert_logged 'cannot write the index: File too large; the next login reads the whole mailbox'
	done
}

@test "an index that cannot be written any more is not used, and the list that came from it is" {
	many 150
	seen_before
	message 200 new | deliver
	words
	printf '%s\r\n' 'USER mrose' 'PASS secret' LIST 'RETR 2' QUIT |
		prlimit --fsize=6200 "${run[@]}" >"$replies" 2>"$log"
	sort_replies 'USER mrose' 'PASS secret' LIST 'RETR 2' QUIT
	assert_logged 'cannot write the index: File too large; the next login reads the whole mailbox'
	assert_equal "$(grep -c . <<<"${body[3]}")" 151
	assert_reply 5 '+OK dewey POP3 server signing off (151 messages left)'
	assert_as_without
}

@test "deliveries let the list grow beyond that of the index" {
	many 101
	seen_before
	many 5
	seen_before
	assert_equal "${reply[1]}" "+OK 106 $((120 * 106))"
	many 300
	seen_before
	assert_equal "${reply[1]}" "+OK 406 $((120 * 406))"
	assert_as_without
}

# --- ordinals --------------------------------------------------------------------

uids() {
	transaction UIDL QUIT
	cut -d' ' -f2 <<<"${body[1]%$'\n'}"
}

@test "equal copies keep their ids whatever comes and goes, with the index and without" {
	local known now

	message 200 copy | deliver
	message 120 other | deliver
	settle
	known=$(uids)
	message 200 copy | deliver
	settle
	now=$(uids)
	assert_equal "$(head -n 2 <<<"$now")" "$known"
	assert_equal "$(tail -n 1 <<<"$now")" "$(head -n 1 <<<"$known")-2"
	assert_as_without
	# the first goes; the flag of the one that was alone is in its record
	transaction 'DELE 1' QUIT
	settle
	assert_equal "$(uids)" "$(tail -n 2 <<<"$now")"
	assert_as_without
	message 200 copy | deliver
	settle
	assert_equal "$(uids)" "$(tail -n 2 <<<"$now")
$(head -n 1 <<<"$known")-3"
	assert_as_without
	transaction 'DELE 2' QUIT
	settle
	assert_as_without
	assert_equal "$(uids | tail -n 1)" "$(head -n 1 <<<"$known")-3"
}

@test "ids that were written down are those of later copies, with the index and without" {
	local id

	message 120 other | deliver
	message 200 copy | deliver
	message 200 copy | deliver
	settle
	id=$(uids | sed -n 2p)
	transaction 'DELE 2' QUIT
	# another program removes the copy that is left
	message 120 other | { echo "$from_line"; cat; echo; } >"$mailbox"
	settle
	uids
	message 200 copy | deliver
	settle
	assert_equal "$(uids | tail -n 1)" "$id-2"
	assert_as_without
}

# --- other programs ----------------------------------------------------------------

# A mailbox that was seen before; then the first message is changed in place,
# and one is delivered.
changed_in_place() {
	many 150
	seen_before
	edit 'Subject: 001' 'Subject: X01'
	message 200 new | deliver
	settle
}

@test "a message that was changed in place before a delivery is refused, once; the session goes on" {
	changed_in_place
	transaction STAT 'RETR 1' 'RETR 2' 'LIST 150' 'RETR 151' 'UIDL 150' QUIT
	assert_reply 1 '+OK 151 18200'
	assert_reply 2 '-ERR [SYS/TEMP] maildrop changed by another program, please log in again'
	assert_reply 3 '+OK 120 octets'
	assert_reply 4 '+OK 150 120'
	assert_reply 5 '+OK 200 octets'
	assert_accepted 6 7
	assert_ended 0
	transaction 'RETR 1' QUIT
	[[ ${body[1]} == 'Subject: X'* ]]
	assert_as_without
}

@test "QUIT does not remove a message that was changed in place before a delivery" {
	changed_in_place
	remember_mailbox
	transaction 'DELE 1' 'DELE 2' QUIT
	assert_refused 3
	assert_logged '.*changed by another program since the login: nothing removed'
	assert_mailbox_untouched
	transaction 'RETR 1' 'DELE 1' QUIT
	[[ ${body[1]} == 'Subject: X'* ]]
	assert_reply 3 '+OK dewey POP3 server signing off (150 messages left)'
	assert_as_without
}

@test "QUIT removes others than the one that was changed in place before a delivery" {
	changed_in_place
	transaction 'DELE 2' QUIT
	assert_reply 2 '+OK dewey POP3 server signing off (150 messages left)'
	transaction 'RETR 1' QUIT
	transaction 'RETR 1' 'RETR 2' QUIT
	[[ ${body[1]} == 'Subject: X'* ]]
	[[ ${body[2]} == 'Subject: 003'* ]]
}

@test "QUIT finds messages again that have moved, and the next session, too" {
	many 150
	seen_before
	open_transaction
	ask 'DELE 2' '+OK message 2 deleted'
	sed '0,/^Subject: 001$/s//&\nStatus: RO/' "$mailbox" >"$work/new"
	cat "$work/new" >"$mailbox"
	ask QUIT '+OK dewey POP3 server signing off (149 messages left)'
	hang_up
	refute grep -q '^Subject: 002$' "$mailbox"
	assert_as_without
}

@test "a change in place without a delivery is seen at once" {
	mailbox_of 120 200 300
	seen_before
	edit 'Subject: 1' 'Subject: X'
	settle
	transaction 'RETR 1' QUIT
	[[ ${body[1]} == 'Subject: X'* ]]
	assert_as_without
}

# cut_while_read WHAT: a session of a mailbox, or index, that another program
# cuts meanwhile.
cut_while_read() {
	build_preload truncated_file
	words
	ended=0
	printf '%s\r\n' 'USER mrose' 'PASS secret' LIST QUIT |
		env LD_PRELOAD="$work/truncated_file.so" CUT="$1" "${run[@]}" \
		>"$replies" 2>"$log" || ended=$?
}

@test "a mailbox that is cut while it is scanned is [SYS/TEMP], and no dead process" {
	product_only
	mailbox_of 200000 1300000
	cut_while_read mailbox
	assert_ended 112
	grep -q '^-ERR \[SYS/TEMP\] ' "$replies"
	refute grep -q '^1 ' "$replies"
	assert_logged '.*/mrose was changed by another program while it was scanned'
	[ ! -e "$mailbox.lock" ]
}

@test "an index that is cut while it is read makes no difference" {
	product_only
	many 150
	seen_before
	cut_while_read index
	assert_ended 0
	grep -q '^150 120' "$replies"
	assert_as_without
}

# --- what a delivery can change of old messages --------------------------------

@test "a Content-Length that a delivery makes true is seen, also after a session that removed something" {
	local second

	message 120 0 | deliver
	second="$from_line"$'\n\n'"second"$'\n\n'
	# leads over the second and the third, to the fourth
	printf 'Content-Length: %d\n\ntext\n' $((6 + 2 * ${#second})) | deliver
	printf '%s' "$second" >>"$mailbox"
	seen_before
	transaction 'DELE 1' QUIT
	seen_before
	printf '%s%s' "$second" "$second" >>"$mailbox"
	settle
	assert_as_without
	transaction STAT QUIT
	[[ ${reply[1]} == '+OK 2 '* ]]
}

@test "a Content-Length that leads elsewhere once others are removed makes no difference" {
	local second="$from_line"$'\n\nsecond\n\n'

	# into the third now, and to its end without the second
	printf 'Content-Length: %d\n\ntext\n' $((6 + ${#second})) | deliver
	printf '%s' "$second" >>"$mailbox"
	message 120 3 | deliver
	printf '%s' "$second" >>"$mailbox"
	python3 - "$mailbox" <<-'END'
		import re, sys
		octets = open(sys.argv[1], "rb").read()
		starts = [m.start() for m in re.finditer(b"From ", octets)]
		body = octets.index(b"\n\n") + 2
		length = b"%d" % (starts[3] - body - (starts[2] - starts[1]))
		print(re.sub(rb"(?<=Content-Length: )\d+", length, octets).decode(),
		      end="", file=open(sys.argv[1], "w"))
	END
	seen_before
	transaction STAT 'DELE 2' QUIT
	[[ ${reply[1]} == '+OK 4 '* ]]
	assert_as_without
	transaction STAT QUIT
	[[ ${reply[1]} == '+OK 2 '* ]]
}

@test "mail that looks like c-client's own makes no difference once it is the first" {
	message 120 1 | deliver
	{
		echo 'From MAILER-DAEMON Mon Jan  1 00:00:00 2024'
		echo "Subject: DON'T DELETE THIS MESSAGE -- FOLDER INTERNAL DATA"
		printf 'X-IMAP: 1 2\n\ntext\n\n'
	} >>"$mailbox"
	message 120 3 | deliver
	seen_before
	transaction STAT 'DELE 1' QUIT
	[[ ${reply[1]} == '+OK 3 '* ]]
	assert_as_without
}

@test "on a long walk of deliveries, changes and deletions an index makes no difference" {
	words
	run=("${run[@]/#--state=*/--state}")
	python3 "$walks/index_walk.py" 4 150 "$mailbox" "$work/state" \
		"${run[@]/%--state/--state=STATE}"
}
