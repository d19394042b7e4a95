"""A bar chart as SVG; a few rectangles need no library."""

from collections.abc import Mapping, Sequence
from html import escape

from benchmarks.server import SERVICE, TITLES

WIDTH, LABEL, BAR, GAP = 720, 190, 20, 26
GROUPS = ("GET by id", "GET list of 100", "POST create")
COLOURS = ("#2f6f4f", "#5b8db8", "#c8a45c")
STYLE = (
    "text{font:13px system-ui,sans-serif;fill:#24292f}"
    ".own{font-weight:bold}"
    "@media(prefers-color-scheme:dark){text{fill:#e6edf3}}"
)


def bars(shares: Mapping[str, Sequence[float]]) -> str:
    """Return a chart of each server's speed, relative to the server with 1 everywhere."""
    scale = (WIDTH - LABEL - 50) / max(max(values) for values in shares.values())
    parts = [*_legend(), f"<style>{STYLE}</style>"]
    y = 48
    for name, values in shares.items():
        label = escape(TITLES[name].strip("*"))
        own = ' class="own"' if name == SERVICE else ""
        parts.append(f'<text x="0" y="{y + BAR * 2 - 4}"{own}>{label}</text>')
        for colour, value in zip(COLOURS, values, strict=True):
            width = value * scale
            size = f'width="{width:.0f}" height="{BAR - 2}"'
            parts.append(
                f'<rect x="{LABEL}" y="{y}" {size} fill="{colour}"/>'
                f'<text x="{LABEL + width + 6:.0f}" y="{y + BAR - 6}">{value:.2f}</text>'
            )
            y += BAR
        y += GAP
    size = f'width="{WIDTH}" height="{y}" viewBox="0 0 {WIDTH} {y}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size}>\n' + "\n".join(parts) + "\n</svg>\n"


def _legend() -> list[str]:
    return [
        f'<rect x="{LABEL + 150 * i}" y="8" width="12" height="12" fill="{colour}"/>'
        f'<text x="{LABEL + 150 * i + 18}" y="19">{title}</text>'
        for i, (title, colour) in enumerate(zip(GROUPS, COLOURS, strict=True))
    ]
