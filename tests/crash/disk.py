"""What a power cut can leave of files that were being written.

A model of a file on a disk: what was synced is there. Of what was not, any
subset of 512-octet sectors may be there, each as it was at any time since; the
size may be any that the file had since, in order. A truncation drops whole
blocks with the size, but may have zeroed the rest of its last block before.
After a sync that failed, what it should have written may be there or not, and
no later sync brings it, until it is written again.
"""
SECTOR = 512
BLOCK = 4096


def up(offset, unit):
    return -(-offset // unit) * unit


class File:
    def __init__(self, content=b""):
        self.restart(content)

    def restart(self, content):
        """This, and nothing else, is on the disk."""
        self.now = bytearray(content)
        self.durable = bytes(content)
        self.sizes = [len(content)]
        self.pending = {}       # sector -> its later versions
        self.stuck = {}         # the same, and no sync will write them
        self.turn = 0           # of the versions

    def copy(self):
        other = File.__new__(File)
        other.now = bytearray(self.now)
        other.durable = self.durable
        other.sizes = list(self.sizes)
        other.pending = {k: list(v) for k, v in self.pending.items()}
        other.stuck = {k: list(v) for k, v in self.stuck.items()}
        other.turn = self.turn
        return other

    def _sector(self, number, octets):
        at = number * SECTOR
        return bytes(octets[at:at + SECTOR]).ljust(SECTOR, b"\0")

    def _note(self, start, end):
        """The sectors of this range have a new version."""
        self.turn += 1
        for number in range(start // SECTOR, up(end, SECTOR) // SECTOR):
            self.pending.setdefault(number, []).append(
                (self.turn, len(self.sizes) - 1,
                 self._sector(number, self.now)))

    def _soil(self, start, end):
        """A page that is written again is no longer stuck."""
        if not self.stuck:
            return
        for number in range(start // BLOCK * (BLOCK // SECTOR),
                            up(end, BLOCK) // SECTOR):
            if number in self.stuck:
                versions = self.stuck.pop(number)
                self.pending[number] = versions + self.pending.get(number, [])
                self.pending[number].append(
                    (self.turn, len(self.sizes) - 1,
                     self._sector(number, self.now)))

    def write(self, offset, data):
        end = offset + len(data)
        if end > len(self.now):
            self.now.extend(bytes(end - len(self.now)))
            self.sizes.append(end)
        self.now[offset:end] = data
        self._note(offset, end)
        self._soil(offset, end)

    def truncate(self, size):
        if size == len(self.now):
            return
        if size > len(self.now):
            self.now.extend(bytes(size - len(self.now)))
            self.sizes.append(size)
            return
        end = min(up(size, BLOCK), len(self.now))
        self.now[size:end] = bytes(end - size)
        if size < end:
            self._note(size, end)
        self.sizes.append(size)
        del self.now[size:]

    def allocate(self, offset, length):
        if offset + length > len(self.now):
            self.truncate(offset + length)

    def sync(self, worked=True):
        if not worked:
            for number, versions in self.pending.items():
                self.stuck[number] = self.stuck.get(number, []) + versions
            self.pending = {}
            return
        durable = bytearray(self.now)
        for number in self.stuck:
            at = number * SECTOR
            if at < len(durable):
                old = self._sector(number, self.durable)
                end = min(at + SECTOR, len(durable))
                durable[at:end] = old[:end - at]
        self.durable = bytes(durable)
        self.pending = {}
        self.sizes = [len(self.now)]
        # their base may have lost what the sizes told of them
        self.stuck = {k: [(t, 0, s) for t, _, s in v]
                      for k, v in self.stuck.items()}

    def is_clean(self):
        return not self.pending and not self.stuck and len(self.sizes) == 1

    # --- cuts

    def _dropped(self, upto, sector):
        """The last truncation of those up to `upto` that took the sector."""
        for index in range(upto, 0, -1):
            if self.sizes[index] < self.sizes[index - 1] and \
                    up(self.sizes[index], BLOCK) <= sector * SECTOR:
                return index
        return 0

    def cut(self, size_index, choose):
        """What is left: of the sizes this one; of each sector what `choose`
        returns of its versions, which are (turn, content), the first from
        before."""
        size = self.sizes[size_index]
        left = bytearray(self.durable[:size].ljust(size, b"\0"))
        shrinks = any(b < a for a, b in zip(self.sizes, self.sizes[1:]))
        if size_index > 0 and shrinks:
            for number in range(up(size, SECTOR) // SECTOR):
                if self._dropped(size_index, number):
                    at = number * SECTOR
                    end = min(at + SECTOR, size)
                    left[at:end] = bytes(end - at)
        numbers = set(self.pending) | set(self.stuck)
        for number in sorted(numbers):
            at = number * SECTOR
            if at >= size:
                continue
            since = self._dropped(size_index, number)
            base = bytes(SECTOR) if since else \
                self._sector(number, self.durable)
            versions = [(0, base)] + [
                (turn, content) for turn, index, content in
                self.stuck.get(number, []) + self.pending.get(number, [])
                if index >= since]
            content = choose(versions)
            end = min(at + SECTOR, size)
            left[at:end] = content[:end - at]
        return bytes(left)

    def cut_all(self):
        return bytes(self.now)

    def cut_none(self):
        return self.cut(0, lambda versions: versions[0][1])

    def cut_unsized(self):
        """All data, but no change of the size."""
        return self.cut(0, lambda versions: versions[-1][1])

    def cut_random(self, rng):
        last = len(self.sizes) - 1
        size_index = rng.choice((0, last, rng.randint(0, last)))
        part = rng.choice((0.02, 0.1, 0.5, 0.5, 0.9, 0.98))
        if rng.random() < 0.4:
            # whole writes are there or not
            turns = {t for t in range(1, self.turn + 1)
                     if rng.random() < part}
            return self.cut(size_index, lambda versions: [
                v for v in versions if v[0] == 0 or v[0] in turns][-1][1])
        return self.cut(size_index, lambda versions:
                        versions[-1][1] if rng.random() < part
                        else rng.choice(versions)[1])


NAMED_CUTS = 8      # seeds below this are the corners


def cut(files, seed, rng):
    """The contents of the files after a cut, by name."""
    def both(spool, redo_log):
        return {name: getattr(file, spool if name == "s" else redo_log)()
                for name, file in files.items()}

    corners = (
        ("cut_all", "cut_all"), ("cut_none", "cut_none"),
        ("cut_all", "cut_none"), ("cut_none", "cut_all"),
        ("cut_unsized", "cut_all"), ("cut_unsized", "cut_unsized"),
        ("cut_all", "cut_unsized"), ("cut_unsized", "cut_none"))
    if seed < NAMED_CUTS:
        return both(*corners[seed])
    style = rng.randrange(4)
    left = {}
    for name in sorted(files):
        file = files[name]
        if style == 1 and name == "s":
            left[name] = file.cut_all()
        elif style == 2 and name == "j":
            left[name] = file.cut_all()
        elif style == 3 and name == "j":
            left[name] = file.cut_none()
        else:
            left[name] = file.cut_random(rng)
    return left
