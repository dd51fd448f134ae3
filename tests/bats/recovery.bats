# What the crash sweep does not look at: redo logs that are not finished.
load ../lib/common

redo_log_name() {
	echo "$work/state/${mailbox//\//!}%journal"
}

# A redo log that was set aside, with something to tell it by.
redo_log_aside() {
	{ printf 'pop3-handler set aside\n\0'; echo "$1"; } \
		>"$(redo_log_name)"
	own "$(redo_log_name)"
}

setup_state() {
	mailbox_of 120 200
	transaction QUIT
}

@test "a redo log that was set aside is kept beside, and the mailbox is served" {
	setup_state
	redo_log_aside first
	transaction QUIT
	assert_reply 0 "+OK mrose's maildrop has 2 messages (320 octets)"
	assert_logged '.* its redo log is kept as .*%aside'
	grep -qa first "$work"/state/*%aside
}

@test "a second redo log that was set aside does not push the first one out" {
	setup_state
	redo_log_aside first
	transaction QUIT
	redo_log_aside second
	session 'USER mrose' 'PASS secret' QUIT
	assert_refused 2
	assert_logged '.* its redo log cannot be kept as .*%aside: File exists'
	grep -qa first "$work"/state/*%aside
	grep -qa second "$(redo_log_name)"
}

@test "a torn redo log is none, and --recover gives its disk space back" {
	setup_state
	printf 'pop3-handler journal 1\n' >"$(redo_log_name)"
	own "$(redo_log_name)"
	converse --recover </dev/null
	assert_ended 0
	[ ! -s "$(redo_log_name)" ]
}

@test "--recover says nothing, and writes nothing, where nothing was interrupted" {
	product_only
	setup_state
	touch "$mailbox.lock"
	own "$mailbox.lock"
	options_of_run=(--recover)
	handler_with_fault FAULT_ARM=start FAULT_KINDS=ws FAULT_AT=1 \
		FAULT_DO=kill </dev/null
	assert_equal "$(cat "$log")" ''
}

# handler_with_fault FAULT... : the handler with what tests/crash/faults.c is
# told; its input is ours.
handler_with_fault() {
	local run

	[ -e "$work/faults.so" ] || "${CC:-cc}" -O2 -shared -fPIC \
		-o "$work/faults.so" "$BATS_TEST_DIRNAME/../crash/faults.c"
	chmod 755 "$work/faults.so"
	words "${options_of_run[@]}"
	env LD_PRELOAD="$work/faults.so" FAULT_SPOOL="$mailbox" \
		FAULT_STATE="$work/state" "$@" "${run[@]}" >"$replies" 2>"$log"
}

interrupted_update() {
	options_of_run=("$@")
	mailbox_of 3000 5000 4000
	printf '%s\r\n' 'USER mrose' 'PASS secret' 'DELE 1' QUIT |
		handler_with_fault FAULT_ARM=quit FAULT_KINDS=w FAULT_AT=10 \
		FAULT_DO=tear-half || :
	find "$work/state" -name '*%journal' -size +0 | grep -q .
}

# As version 0.1 would have left it, which named the state for the path that it
# was told: state_of_before PATH.
state_of_before() {
	local file old=$work/state/${1//\//!}

	for file in "$work/state/${mailbox//\//!}"*; do
		mv "$file" "$old${file#"$work/state/${mailbox//\//!}"}"
	done
}

assert_recovered() {
	transaction STAT QUIT
	assert_reply 1 '+OK 2 9000'
}

@test "a redo log that cannot be read is not taken for none" {
	product_only
	for at in 1 2 3 4 5 6; do
		new_work
		interrupted_update
		options_of_run=(--recover)
		handler_with_fault FAULT_ARM=start FAULT_KINDS=r FAULT_DO=5 \
			FAULT_AT="$at" </dev/null || :
		grep -q 'Input/output error' "$log"
		transaction STAT QUIT
		assert_reply 1 '+OK 2 9000'
	done
}

@test "a redo log that was set aside and cannot be read is kept" {
	product_only
	setup_state
	redo_log_aside first
	options_of_run=()
	printf '%s\r\n' 'USER mrose' 'PASS secret' QUIT |
		handler_with_fault FAULT_ARM=start FAULT_KINDS=r FAULT_AT=1 \
		FAULT_DO=5 || :
	grep -qa first "$(redo_log_name)"
}

@test "an interrupted update waits for a mailbox that is not there" {
	product_only
	interrupted_update
	mv "$mailbox" "$work/elsewhere"
	converse --recover </dev/null
	assert_ended 111
	session 'USER mrose' 'PASS secret' QUIT
	assert_reply 2 '-ERR [SYS/TEMP] maildrop cannot be opened now'
	mv "$work/elsewhere" "$mailbox"
	transaction STAT QUIT
	assert_reply 1 '+OK 2 9000'
}

@test "--recover becomes nobody but who is noted as the mailbox's owner" {
	product_only
	interrupted_update
	ln -sfn 4242 "$work/state/${mailbox//\//!}%owner"
	remember_mailbox
	converse --recover </dev/null
	assert_ended 111
	assert_logged 'the update of .* is left to the next login of its owner: whose it is was not noted'
	assert_mailbox_untouched
	transaction STAT QUIT
	assert_reply 1 '+OK 2 9000'
}

@test "--recover says why where the owner is none who is served" {
	product_only
	interrupted_update
	remember_mailbox
	converse --recover --min-uid=4000000000 </dev/null
	assert_ended 111
	assert_logged 'the update of .*mrose is not finished: uid [0-9]* is below 4000000000, the lowest that is served .--min-uid.'
	assert_mailbox_untouched
	assert_recovered
}

@test "--recover gives a mailbox up that does not come to an end" {
	product_only
	build_preload fast_clock
	interrupted_update
	options_of_run=(--recover)
	ended=0
	handler_with_fault FAULT_ARM=start FAULT_KINDS=w FAULT_AT=1 \
		FAULT_DO=stop LD_PRELOAD="$work/faults.so:$work/fast_clock.so" \
		</dev/null || ended=$?
	assert_ended 111
	assert_logged 'gave up on .*mrose after 300 s: the next login goes on'
	options_of_run=()
	assert_recovered
}

# --- several paths, and long ones --------------------------------------------

@test "an update that was interrupted by one path is finished by the other" {
	product_only
	ln -s mail "$work/link"
	interrupted_update --maildrop="$work/link/%u"
	assert_recovered
}

@test "what version 0.1 interrupted is finished by the next login on that path" {
	product_only
	ln -s mail "$work/link"
	interrupted_update --maildrop="$work/link/%u"
	state_of_before "$work/link/mrose"
	options=(--maildrop="$work/link/%u")
	assert_recovered
	assert_equal "$(find "$work/state" -name '*link*')" ''
	options=()
	assert_recovered
}

@test "what version 0.1 interrupted is finished by --recover" {
	product_only
	ln -s mail "$work/link"
	interrupted_update --maildrop="$work/link/%u"
	state_of_before "$work/link/mrose"
	converse --recover </dev/null
	assert_ended 0
	assert_equal "$(find "$work/state" -name '*%journal' -size +0)" ''
	assert_recovered
}

@test "a state of version 0.1 that cannot be taken over is left for the next login" {
	local at

	product_only
	ln -s mail "$work/link"
	interrupted_update --maildrop="$work/link/%u"
	state_of_before "$work/link/mrose"
	for at in 1 2 3; do
		printf '%s\r\n' 'USER mrose' 'PASS secret' QUIT |
			handler_with_fault FAULT_ARM=start FAULT_KINDS=n \
			FAULT_AT="$at" FAULT_DO=5 || :
		printf '%s\r\n' 'USER mrose' 'PASS secret' QUIT |
			handler_with_fault FAULT_ARM=start FAULT_KINDS=n \
			FAULT_AT="$at" FAULT_DO=kill || :
	done
	options=(--maildrop="$work/link/%u")
	assert_recovered
}

@test "what version 0.1 knew of copies stays known" {
	local known

	ln -s mail "$work/link"
	for _ in 1 2 3; do
		message 120 x | deliver
	done
	transaction 'DELE 1' QUIT
	transaction UIDL QUIT
	known=${body[1]}
	state_of_before "$work/link/mrose"
	rm "$work"/state/*%index
	options=(--maildrop="$work/link/%u")
	transaction UIDL QUIT
	assert_equal "${body[1]}" "$known"
}

@test "a session of version 0.1 that still goes on has the lock" {
	mailbox_of 120
	ln -s mail "$work/link"
	transaction QUIT
	open_transaction
	state_of_before "$work/link/mrose"
	options=(--maildrop="$work/link/%u")
	session 'USER mrose' 'PASS secret' QUIT
	assert_reply 2 '-ERR [IN-USE] another mail program is reading this mailbox; please try again in a minute'
	hang_up
	transaction QUIT
}

@test "--recover finds a mailbox with a long path" {
	local long

	product_only
	printf -v long '/%060d' 1 2 3 4 5 6
	mkdir -p "$work/mail$long"
	own "$work/mail$long"
	mailbox=$work/mail$long/mrose
	options=(--maildrop="$work/mail$long/%u")
	interrupted_update
	converse --recover </dev/null
	assert_ended 0
	assert_equal "$(find "$work/state" -name '*%journal' -size +0)" ''
	assert_recovered
}

@test "a name of a long path that is another's is not used" {
	local long link

	printf -v long '/%060d' 1 2 3 4 5 6
	mkdir -p "$work/mail$long"
	own "$work/mail$long"
	mailbox=$work/mail$long/mrose
	options=(--maildrop="$work/mail$long/%u")
	mailbox_of 120
	transaction QUIT
	link=$(find "$work/state" -name '*%path')
	ln -sfn /another "$link"
	session 'USER mrose' 'PASS secret' QUIT
	assert_reply 2 '-ERR [SYS/PERM] maildrop cannot be used, please tell the postmaster'
	assert_logged "cannot serve mailbox $mailbox: its note ${link##*/} is of another mailbox"
}

@test "a sync of the state directory that failed is made again before the file is used" {
	local at

	product_only
	for at in 1 2 3; do
		new_work
		mailbox_of 120
		options_of_run=()
		printf '%s\r\n' 'USER mrose' 'PASS secret' QUIT |
			handler_with_fault FAULT_ARM=start FAULT_KINDS=s \
			FAULT_AT="$at" FAULT_DO=5 || :
		grep -q 'Input/output error' "$log"
		touch "$work/records"
		own "$work/records"
		printf '%s\r\n' 'USER mrose' 'PASS secret' QUIT |
			handler_with_fault FAULT_ARM=start FAULT_RECORDS=s \
			FAULT_RECORD="$work/records"
		# the failed one, and those that were not reached
		python3 - "$work/records" $((4 - at)) <<-'END'
		import struct, sys
		data = open(sys.argv[1], "rb").read()
		synced = [r for r in struct.iter_unpack("=ccHiQQQ", data)
		          if r[1] == b"d" and r[3] == 0]
		sys.exit(len(synced) < int(sys.argv[2]))
		END
	done
}

# --- full disks --------------------------------------------------------------

# session_with_fault COMMAND... FAULT...: the commands end at the word "with";
# reply[0] is PASS's.
session_with_fault() {
	local commands=('USER mrose' 'PASS secret')

	while [ "$1" != with ]; do
		commands+=("$1")
		shift
	done
	shift
	options_of_run=()
	printf '%s\r\n' "${commands[@]}" | handler_with_fault "$@" || :
	sort_replies "${commands[@]}"
	reply=("${reply[@]:2}")
}

@test "QUIT says that the disk is full, or the quota, and the mailbox is as it was" {
	product_only
	mailbox_of 3000 5000 4000
	remember_mailbox
	for error in 28 122; do
		session_with_fault 'DELE 1' QUIT with FAULT_ARM=quit \
			FAULT_KINDS=a FAULT_AT=1 FAULT_DO="$error"
		assert_reply 2 "-ERR [SYS/TEMP] some deleted messages not removed: the server's disk is full"
		assert_mailbox_untouched
	done
}

@test "a login that cannot make its control files on a full disk says so" {
	product_only
	mailbox_of 120
	# the state directory is there, and what is not of this mailbox
	mkdir -m 700 "$work/state"
	install -m 600 /dev/null "$work/state/hashing"
	own "$work/state" "$work/state/hashing"
	for at in 1 2; do
		session_with_fault QUIT with FAULT_ARM=start FAULT_KINDS=ck \
			FAULT_AT="$at" FAULT_DO=28
		assert_reply 0 "-ERR [SYS/TEMP] maildrop cannot be opened: the server's disk is full"
	done
	transaction STAT QUIT
	assert_reply 1 '+OK 1 120'
}

# small_disk KIND: a disk of that kind for the mailboxes, in $work/mail.
small_disk() {
	local image=$work/disk.$1

	case $1 in
	ext4)
		truncate -s 64M "$image"
		mkfs.ext4 -q "$image"
		;;
	btrfs)
		truncate -s 1G "$image"
		mkfs.btrfs -q -m single "$image" >/dev/null 2>&1
		;;
	xfs)
		truncate -s 400M "$image"
		mkfs.xfs -q -m reflink=1 "$image"
		;;
	esac || skip "no $1 here"
	mount -o loop "$image" "$work/mail" ||
		skip "cannot mount $1"
	disk=$work/mail
	own "$work/mail"
	[ "$1" != btrfs ] || btrfs_files
}

# Takes room for what btrfs writes about files, so that it is octets that there
# is no room for.
btrfs_files() {
	mkdir "$disk/small"
	(cd "$disk/small" && seq 20000 | split -l 1 -a 4 -)
	sync -f "$disk"
	rm -r "$disk/small"
}

teardown() {
	[ "${#pids[@]}" -eq 0 ] || kill -9 "${pids[@]}" 2>/dev/null || :
	[ -z "${disk-}" ] || umount "$disk"
}

# Leaves so many KiB on the disk.
fill_disk() {
	local free

	sync -f "$disk"
	free=$(df -k --output=avail "$disk" | tail -n 1)
	fallocate -l "$((free - $1))K" "$disk/fill"
	sync -f "$disk"
}

# A mailbox of eight MiB; and two of holes, if it is to have some.
big_mailbox() {
	python3 - "$mailbox" "$@" <<-'END'
	import sys
	with open(sys.argv[1], "wb") as f:
	    for n in range(64):
	        f.write(b"From a@example.org Mon Jan  1 00:00:00 2024\n"
	                b"Subject: %d\n\n" % n)
	        if sys.argv[2:] and n > 0 and n % 8 == 0:
	            f.seek(-f.tell() % 4096 + (256 << 10), 1)
	        f.write(b"\n" + (b"%07d\n" % n) * (16 << 10) + b"\n")
	END
	own "$mailbox"
}

# An update that the disk has no room for does not begin; then it has.
assert_no_update_on_full_disk() {
	remember_mailbox
	transaction 'DELE 1' QUIT
	assert_reply 2 "-ERR [SYS/TEMP] some deleted messages not removed: the server's disk is full"
	assert_mailbox_untouched
	assert_equal "$(find "$work/state" -name '*%journal' -size +0)" ''
	rm "$disk/fill"
	sync -f "$disk"
	transaction 'DELE 1' QUIT
	assert_accepted 2
}

@test "a mailbox with holes on a full disk is as it was" {
	root_only
	small_disk ext4
	big_mailbox with holes
	fill_disk 1024
	assert_no_update_on_full_disk
}

@test "a mailbox of which the disk keeps another copy is as it was when that is full (XFS)" {
	root_only
	small_disk xfs
	big_mailbox
	cp --reflink=always "$mailbox" "$disk/copy"
	fill_disk 4096
	assert_no_update_on_full_disk
}

@test "a mailbox on a full disk that writes nothing to its own place is as it was (btrfs)" {
	root_only
	small_disk btrfs
	big_mailbox
	fill_disk 4096
	assert_no_update_on_full_disk
}

@test "however full the disk is, no update begins that cannot be finished (btrfs)" {
	local free

	root_only
	small_disk btrfs
	big_mailbox
	cp --reflink=always "$mailbox" "$disk/copy"
	for free in 6000 7600 8000 8800 9300 9700 10500; do
		fill_disk "$free"
		transaction 'DELE 1' QUIT
		assert_equal "$(find "$work/state" -name '*%journal' \
			-size +0)" ''
		rm "$disk/fill"
	done
	assert_accepted 2
}

room_of_mailbox() {
	sync -f "$mailbox"
	stat -c %b "$mailbox"
}

# Kills an update that has taken its room and has no plan yet.
killed_before_plan() {
	options_of_run=()
	printf '%s\r\n' 'USER mrose' 'PASS secret' 'DELE 1' QUIT |
		handler_with_fault FAULT_ARM=quit FAULT_KINDS=f FAULT_AT=12 \
		FAULT_DO=kill || :
	[ "$(room_of_mailbox)" -gt "$1" ]
}

@test "room that a killed update has taken is given back by the next login, and by --recover (btrfs)" {
	local room

	product_only	# the sanitizers make calls of their own
	root_only
	small_disk btrfs
	big_mailbox
	room=$(room_of_mailbox)
	killed_before_plan "$room"
	transaction QUIT
	assert_equal "$(room_of_mailbox)" "$room"
	killed_before_plan "$room"
	converse --recover </dev/null
	assert_ended 0
	assert_equal "$(room_of_mailbox)" "$room"
}

@test "--recover leaves a mailbox in use to its session, and that is no failure" {
	setup_state
	open_transaction
	printf 'pop3-handler journal 1\n' >"$(redo_log_name)"
	converse --recover </dev/null
	assert_ended 0
	assert_logged ".*mrose is in use: left to its session"
	refute grep 'could not' "$log"
}
