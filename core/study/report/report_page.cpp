#include "core/study/report/report_page.h"

#include <fmt/format.h>

#include "core/study/report/chart.h"

namespace eq::study {
namespace {

// Of the window's themes, so that a report looks like what it reports.
constexpr const char* kStyle = R"(
:root { color-scheme: light dark; --ground: #fff; --text: #1f2328; --faint: #57606a; --edge: #d5d9de;
  --shade: #f3f4f6; --alarm: #c4122f; --link: #005f96; }
@media (prefers-color-scheme: dark) { :root { --ground: #1b1d20; --text: #e6e8eb; --faint: #aab2bb;
  --edge: #3d4249; --shade: #2b2d31; --alarm: #ff6b7d; --link: #6fb9ec; } }
body { margin: 0 auto; max-width: 1400px; padding: 24px 32px 64px; background: var(--ground);
  color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 26px; line-height: 1.2; margin: 0; overflow-wrap: anywhere; }
h2 { font-size: 19px; margin: 40px 0 10px; padding-bottom: 5px; border-bottom: 1px solid var(--edge); }
h3 { font-size: 14px; margin: 14px 0 4px; overflow-wrap: anywhere; }
header p, figcaption { color: var(--faint); margin: 3px 0; font-size: 13px; }
p { max-width: 80ch; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: 13px; }
th, td { padding: 4px 14px 4px 8px; text-align: left; vertical-align: top;
  border-bottom: 1px solid var(--edge); max-width: 46ch; overflow-wrap: anywhere; }
th { white-space: nowrap; background: var(--shade); overflow-wrap: normal; }
th button { all: unset; cursor: pointer; font-weight: 600; }
th button:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
th button::after { content: "\2195"; color: var(--faint); margin-left: 4px; font-weight: 400; }
th[aria-sort=ascending] button::after { content: "\2191"; }
th[aria-sort=descending] button::after { content: "\2193"; }
td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
.figures { display: flex; flex-wrap: wrap; gap: 12px 28px; }
figure { margin: 0; break-inside: avoid; position: relative; max-width: 100%; }
svg { display: block; max-width: 100%; height: auto; }
svg .text { fill: var(--text); } svg .faint { fill: var(--faint); }
svg .grid { stroke: var(--edge); } svg .faintline { stroke: var(--faint); }
svg .alarm { fill: var(--alarm); }
pre { background: var(--shade); padding: 10px 12px; margin: 4px 0 10px; overflow-x: auto;
  font: 12.5px/1.45 ui-monospace, monospace; white-space: pre-wrap; overflow-wrap: anywhere; }
summary { cursor: pointer; color: var(--link); }
#tip { position: fixed; pointer-events: none; display: none; background: var(--ground); color: var(--text);
  border: 1px solid var(--faint); border-radius: 4px; padding: 4px 8px; font-size: 12px; z-index: 1;
  white-space: pre; font-variant-numeric: tabular-nums; max-width: 90vw; }
@media print { body { max-width: none; padding: 0; font-size: 11px; } h2 { break-after: avoid; }
  h3 { break-after: avoid; } tr { break-inside: avoid; } .wide { overflow: visible; } table { font-size: 9px; } th { white-space: normal; } th, td { padding-right: 6px; }
  th button::after { content: ""; } figure { width: 48%; } }
)";

constexpr const char* kScript = R"(
const byValue = (a, b) => {
  const x = parseFloat(a.dataset.v), y = parseFloat(b.dataset.v);
  if (!isNaN(x) && !isNaN(y)) return x - y;
  if (isNaN(x) !== isNaN(y)) return isNaN(x) ? 1 : -1;
  return a.textContent.localeCompare(b.textContent, undefined, { numeric: true });
};
document.querySelectorAll('th button').forEach(button => button.addEventListener('click', () => {
  const head = button.parentElement, body = head.closest('table').tBodies[0];
  const up = head.getAttribute('aria-sort') !== 'ascending', column = head.cellIndex;
  for (const other of head.parentElement.cells) other.removeAttribute('aria-sort');
  head.setAttribute('aria-sort', up ? 'ascending' : 'descending');
  [...body.rows].sort((a, b) => (up ? 1 : -1) * byValue(a.cells[column], b.cells[column]))
    .forEach(row => body.append(row));
}));
const tip = document.body.appendChild(Object.assign(document.createElement('div'), { id: 'tip' }));
const numbers = text => text ? text.split(' ').map(Number) : [];
document.querySelectorAll('svg.chart').forEach(chart => {
  const d = chart.dataset, lines = [...chart.querySelectorAll('path[data-x]')].map(path => ({
    name: path.querySelector('title').textContent, x: numbers(path.dataset.x), y: path.dataset.y.split(' ') }));
  chart.querySelectorAll('path[data-x] title').forEach(title => title.remove());
  const line = document.createElementNS('http://www.w3.org/2000/svg', 'line');
  line.setAttribute('class', 'grid');
  line.setAttribute('y1', d.top); line.setAttribute('y2', d.bottom); line.setAttribute('visibility', 'hidden');
  chart.append(line);
  const hide = () => { tip.style.display = 'none'; line.setAttribute('visibility', 'hidden'); };
  chart.addEventListener('pointerleave', hide);
  chart.addEventListener('pointermove', event => {
    const at = new DOMPoint(event.clientX, event.clientY).matrixTransform(chart.getScreenCTM().inverse());
    const wanted = +d.low + (at.x - d.left) / (d.right - d.left) * (d.high - d.low);
    let best = null;
    for (const one of lines) for (const x of one.x)
      if (best === null || Math.abs(x - wanted) < Math.abs(best - wanted)) best = x;
    if (best === null || at.x < d.left - 8 || at.x > +d.right + 8) return hide();
    const here = +d.left + (best - d.low) / (d.high - d.low) * (d.right - d.left);
    line.setAttribute('x1', here); line.setAttribute('x2', here); line.setAttribute('visibility', 'visible');
    const rows = lines.flatMap(one => {
      let i = 0;
      one.x.forEach((x, j) => { if (Math.abs(x - best) < Math.abs(one.x[i] - best)) i = j; });
      if (!one.x.length || Math.abs(one.x[i] - best) > (d.high - d.low) / 60) return [];
      return [one.y[i] + (one.x[i] === best ? '' : ' at ' + one.x[i]) + '  ' + one.name];
    });
    tip.textContent = d.unit + ' ' + best + '\n' + rows.join('\n');
    tip.style.display = 'block';
    tip.style.left = Math.max(0, Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 8)) + 'px';
    tip.style.top = Math.max(0, Math.min(event.clientY + 14, innerHeight - tip.offsetHeight - 8)) + 'px';
  });
});
)";

/// Strokes and areas of the curves on both grounds.
std::string curveStyle(bool dark) {
  std::string style;
  for (int i = 0; i < kChartColours; ++i)
    style += fmt::format("svg .c{0} {{ stroke: {1}; }} svg .f{0} {{ fill: {1}; }}\n", i,
                         chartColour(i, dark));
  return style;
}

}  // namespace

std::string pageBegin(const std::string& title) {
  std::string out =
      "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; "
      "style-src 'unsafe-inline'; script-src 'unsafe-inline'\">\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>";
  out += title;
  out += "</title>\n<style>";
  out += kStyle;
  out += curveStyle(false);
  out += "@media (prefers-color-scheme: dark) {\n";
  out += curveStyle(true);
  out += "}\n</style></head>\n<body>\n";
  return out;
}

std::string pageEnd() {
  std::string out = "<script>";
  out += kScript;
  out += "</script>\n</body></html>\n";
  return out;
}

}  // namespace eq::study
