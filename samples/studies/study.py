"""What the scripts beside it share: asking the program, means with intervals, and figures of them.
EQUIPOISE_CLI names the program, else build/app/equipoise-cli."""

import json
import math
import os
import pathlib
import statistics
import subprocess
import sys
from xml.sax.saxutils import escape

ROOT = pathlib.Path(__file__).resolve().parents[2]
CLI = os.environ.get("EQUIPOISE_CLI", str(ROOT / "build/app/equipoise-cli"))
COLOURS = ["#1b6ca8", "#c1272d", "#2e8b57", "#8e44ad", "#d98200"]
LETTER = 6.7  # width of one at 12 pixels


def ask(*arguments, given=None):
    """What the program answers in JSON; ends with its message where it refuses."""
    done = subprocess.run([CLI, *map(str, arguments)], capture_output=True, text=True, input=given)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, arguments))}: {done.stderr.strip()}")
    return json.loads(done.stdout)


def runs_of(folder):
    """The runs in a folder, each with its experiment."""
    runs = [path.parent for path in sorted(pathlib.Path(folder).glob("*/run.sqlite"))]
    return [(run, json.loads((run / "experiment.json").read_text())) for run in runs]


def quantile(count):
    """Of Student's t, 97.5 %, by its expansion in the normal one: to 0.02 from five values on."""
    z, v = statistics.NormalDist().inv_cdf(0.975), count - 1
    return (z + (z**3 + z) / (4 * v) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * v**2)
            + (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / (384 * v**3))


def interval(values):
    """Mean, and half of its 95 % interval; nan for one value."""
    half = quantile(len(values)) * statistics.stdev(values) / math.sqrt(len(values)) if len(values) > 1 else math.nan
    return statistics.mean(values), half


def ticks_of(low, high):
    """Round numbers from below low to above high, four to nine of them."""
    step = 10 ** math.floor(math.log10(max(high - low, 1e-9) / 2))
    factors = [2, 2.5, 2]
    while (high - low) / step > 5:
        step *= factors[0]
        factors = factors[1:] + factors[:1]
    return [k * step for k in range(math.floor(low / step), math.ceil(high / step) + 1)]


def panel(title, points, left, width, top, bottom, height_of):
    """Dots with their intervals on an axis of their own. points: (row, setting, mean, half)."""
    ends = [mean + sign * (0 if math.isnan(half) else half) for _, _, mean, half in points for sign in (-1, 1)]
    ticks = ticks_of(min(ends), max(ends))
    at = lambda value: left + width * (value - ticks[0]) / (ticks[-1] - ticks[0])
    parts = []
    for tick in ticks:
        x = f"{at(tick):.1f}"
        parts.append(f'<line x1="{x}" x2="{x}" y1="{top}" y2="{bottom}" stroke="#dddddd"/>')
        parts.append(f'<text x="{x}" y="{bottom + 16}" text-anchor="middle">{0 if abs(tick) < 1e-12 else tick:.4g}</text>')
    for row, setting, mean, half in points:
        y, colour = f"{height_of(row, setting):.1f}", COLOURS[setting % len(COLOURS)]
        if not math.isnan(half):
            parts.append(f'<line x1="{at(mean - half):.1f}" x2="{at(mean + half):.1f}" y1="{y}" y2="{y}" stroke="{colour}" stroke-width="2"/>')
        parts.append(f'<circle cx="{at(mean):.1f}" cy="{y}" r="4" fill="{colour}"/>')
    parts.append(f'<text x="{left + width / 2:.1f}" y="{bottom + 36}" text-anchor="middle">{escape(title)}</text>')
    return parts


def figure(rows, settings, panels):
    """SVG of means with 95 % intervals: a line a row, a colour a setting, panels side by side.
    panels: (title, {(row, setting): values}), rows and settings by their names."""
    names = max(len(row) for row in rows) * LETTER + 24
    line, gap = 14 + 10 * len(settings), 36
    wide = 470 if len(panels) == 1 else 240
    top = 10 if len(settings) == 1 else 34
    bottom = top + line * len(rows) + 6
    width, height = names + len(panels) * (wide + gap), bottom + 50
    height_of = lambda row, setting: top + line * (row + 0.5) + 10 * (setting - (len(settings) - 1) / 2)
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:.0f}" height="{height}" font-family="sans-serif" font-size="12">',
             f'<rect width="{width:.0f}" height="{height}" fill="white"/>']
    x = names
    for i, setting in enumerate(settings if len(settings) > 1 else []):
        parts.append(f'<circle cx="{x:.1f}" cy="16" r="4" fill="{COLOURS[i % len(COLOURS)]}"/>')
        parts.append(f'<text x="{x + 9:.1f}" y="20">{escape(setting)}</text>')
        x += len(setting) * LETTER + 34
    for i, row in enumerate(rows):
        parts.append(f'<text x="{names - 14:.1f}" y="{top + line * (i + 0.5) + 4:.1f}" text-anchor="end">{escape(row)}</text>')
    for i, (title, values) in enumerate(panels):
        points = [(r, s, *interval(values[row, setting])) for r, row in enumerate(rows)
                  for s, setting in enumerate(settings) if values.get((row, setting))]
        parts += panel(title, points, names + i * (wide + gap), wide, top, bottom, height_of)
    return "\n".join(parts + ["</svg>", ""])
