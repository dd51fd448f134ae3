"""Draws the ratios against their goals, as an SVG."""
import math
from xml.sax.saxutils import escape

WIDTH, LINE, TOP = 940, 34, 64
LEFT, RIGHT = 430, 740          # of the bars
DECADES = 1.5                   # the goal is in the middle of twice as many
GOOD, BAD, GREY = "#2e8b57", "#c0392b", "#808080"
STYLE = ("text{font:13px sans-serif;fill:#404040}"
         ".s{font-size:11px;fill:#808080}.h{font-size:16px}.b{font-weight:bold}"
         "@media(prefers-color-scheme:dark){text{fill:#d0d0d0}}")


def _x(times_goal):
    """Where that many times the goal is, on a logarithmic scale."""
    place = math.log10(max(times_goal, 1e-9)) / DECADES
    middle = (LEFT + RIGHT) / 2
    return middle + max(-1, min(1, place)) * (RIGHT - LEFT) / 2


def _text(x, y, text, kind="", anchor="start"):
    return (f'<text x="{x:.0f}" y="{y:.0f}" class="{kind}" '
            f'text-anchor="{anchor}">{escape(text)}</text>')


def _bar(y, row, result):
    # as far left as it is better, whichever way the goal is meant
    times = result.ratio / row.goal
    if row.at_least:
        times = 1 / times if times else math.inf
    end = _x(times)
    color = GOOD if row.is_met(result.ratio) else BAD
    sign = "≥" if row.at_least else "≤"
    yield (f'<rect x="{LEFT}" y="{y - 11}" width="{max(end - LEFT, 2):.0f}" '
           f'height="16" rx="2" fill="{color}"/>')
    yield _text(max(end, LEFT + 2) + 6, y + 2, f"{result.ratio:.2f}")
    yield _text(WIDTH - 8, y - 3, f"goal {sign} {row.goal:g}", "s", "end")
    yield _text(WIDTH - 8, y + 11, f"{result.ours} : {result.other}", "s",
                "end")


def _line(y, row, result):
    yield _text(8, y - 3, f"{row.number}  {row.title}")
    yield _text(8, y + 11, "against " + row.against, "s")
    if result is None:
        yield _text(LEFT, y + 2, "not run", "s")
    else:
        yield from _bar(y, row, result)


def _group(y, heading, outcomes):
    yield _text(8, y + 2, heading, "b")
    for at, (row, result, _) in enumerate(outcomes, 1):
        yield from _line(y + at * LINE, row, result)


def _parts(groups, caption):
    lines = sum(1 + len(outcomes) for _, outcomes in groups)
    height = TOP + LINE * lines + 16
    goal = _x(1)
    yield (f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" '
           f'height="{height}" viewBox="0 0 {WIDTH} {height}">')
    yield f"<style>{STYLE}</style>"
    yield _text(8, 22, "pop3-handler: ratios to others, and their goals", "h")
    yield _text(8, 42, caption, "s")
    yield _text(goal, 56, "goal", "s", "middle")
    y = TOP + 16
    for heading, outcomes in groups:
        yield from _group(y, heading, outcomes)
        y += LINE * (1 + len(outcomes))
    yield (f'<line x1="{goal:.0f}" x2="{goal:.0f}" y1="{TOP}" '
           f'y2="{height - 12}" stroke="{GREY}" stroke-dasharray="3 3"/>')
    yield "</svg>"


def draw(path, groups, caption):
    """Groups are a heading and its outcomes."""
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(_parts(groups, caption)) + "\n")
