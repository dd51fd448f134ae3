"""The table that a run prints: two lines for each row."""

HEAD = ("", "", "ours", "other", "ratio", "goal", "")
UNRUN = ("", "", "", "", "not run")


def _cells(row, result):
    name = (row.number, row.title)
    if result is None:
        return name + UNRUN
    sign = ">=" if row.at_least else "<="
    return name + (result.ours, result.other, f"{result.ratio:.2f}",
                   f"{sign} {row.goal:.2f}",
                   "met" if row.is_met(result.ratio) else "NOT MET")


def _remark(row, result, reason):
    words = ["against " + row.against, result.note if result else reason]
    return "; ".join(filter(None, words))


def lines(outcomes):
    """Of (row, result or None, reason) in order."""
    rows = [HEAD] + [_cells(row, result) for row, result, _ in outcomes]
    widths = [max(len(cells[at]) for cells in rows) for at in range(6)]
    widths.append(0)
    for cells, outcome in zip(rows, [None, *outcomes]):
        yield "  ".join(
            cell.rjust(width) if at in range(2, 6) else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(cells, widths))).rstrip()
        if outcome:
            yield " " * (widths[0] + 4) + _remark(*outcome)
