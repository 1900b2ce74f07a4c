"""The style sheet of every page. The classes of pictures (`ink`, `plate`, `heat` ...) are given in the SVG modules."""

STYLE = """
:root { color-scheme: light dark;
  --ground: #f6f7f9; --paper: #ffffff; --ink: #1b1f27; --muted: #5b6472; --line: #e3e6ea; --plate: #f1f3f6;
  --accent: #2a5bd7; --link: #e8590c; --third: #0b8a6a; --fourth: #8a3ffc; --shadow: 0 1px 2px rgb(20 28 46 / 6%); }
@media (prefers-color-scheme: dark) { :root {
  --ground: #0f1115; --paper: #171a21; --ink: #e8eaee; --muted: #9ba4b3; --line: #2b303a; --plate: #20242d;
  --accent: #7fa6ff; --link: #ff9a52; --third: #45c9a3; --fourth: #bd95ff; --shadow: none; } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; }
body { margin: 0; background: var(--ground); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", "Helvetica Neue", Arial, sans-serif; }
main, header, footer { max-width: 1240px; margin: 0 auto; padding: 0 clamp(16px, 4vw, 40px); }
header { padding-top: clamp(28px, 5vw, 56px); }
footer { padding-top: 24px; padding-bottom: 48px; color: var(--muted); font-size: 13px; }
h1 { margin: 0; font-size: clamp(25px, 4vw, 36px); line-height: 1.15; letter-spacing: -.02em; text-wrap: balance;
  overflow-wrap: anywhere; }
h2 { margin: 48px 0 14px; font-size: 21px; letter-spacing: -.01em; scroll-margin-top: 16px; }
p { margin: 0; }
a { color: var(--accent); text-underline-offset: 3px; }
.lead { margin-top: 8px; color: var(--muted); max-width: 70ch; }
.note { color: var(--muted); font-size: 14px; margin-bottom: 14px; max-width: 75ch; }
nav { display: flex; flex-wrap: wrap; gap: 4px 18px; margin-top: 16px; font-size: 14px; }
nav a { text-decoration: none; }
nav a:hover { text-decoration: underline; }
.card { background: var(--paper); border: 1px solid var(--line); border-radius: 10px; box-shadow: var(--shadow); }
.pair:first-child { margin-top: 28px; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(150px, 1fr)); gap: 12px; margin: 28px 0 0; }
.facts div { padding: 12px 16px; }
.facts dt { color: var(--muted); font-size: 13px; }
.facts dd { margin: 2px 0 0; font-size: 18px; font-weight: 600; letter-spacing: -.01em; line-height: 1.3;
  font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 440px), 1fr)); gap: 14px; }
.charts figure { margin: 0; padding: 6px; overflow: hidden; }
.charts svg { display: block; width: 100%; height: auto; }
.curve { margin: 20px 0; padding: 6px; max-width: 760px; }
.curve svg { display: block; width: 100%; height: auto; }
.below { margin: 12px 2px; }
table { width: 100%; border-collapse: collapse; font-size: 15px; }
.scroll { overflow-x: auto; }
th { text-align: start; font-weight: 600; font-size: 13px; color: var(--muted); }
th, td { padding: 10px 16px; vertical-align: top; border-bottom: 1px solid var(--line); }
tbody tr:last-child > * { border-bottom: 0; }
tbody th { color: var(--ink); font-size: 15px; overflow-wrap: break-word; }
.scores tbody tr:nth-child(odd) > * { border-bottom: 0; padding-bottom: 2px; }
.scores .signatures { padding-top: 0; }
.score { text-align: end; white-space: nowrap; font-variant-numeric: tabular-nums; font-weight: 600; }
.signature { display: block; font: 12px/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace;
  color: var(--muted); overflow-wrap: anywhere; }
.signature + .signature { margin-top: 4px; }
.samples { table-layout: fixed; }
.samples td { overflow-wrap: anywhere; }
.samples p { unicode-bidi: plaintext; text-align: start; }
.samples td:last-child { font-weight: 500; }
.pair { display: flex; flex-wrap: wrap; gap: 10px 28px; padding: 18px 20px; margin-bottom: 14px;
  content-visibility: auto; contain-intrinsic-size: auto 560px; }
.pair > div { flex: 1 1 320px; min-width: 0; }
.pair > .scroll { flex: 2 1 640px; }
.wide > div, .wide > .scroll { flex-basis: 100%; }
.pair h3 { margin: 0 0 10px; display: flex; flex-wrap: wrap; gap: 2px 14px; font-size: 13px; font-weight: 600;
  color: var(--muted); font-variant-numeric: tabular-nums; }
.pair dl { margin: 0; max-width: 100ch; }
.pair dt { color: var(--muted); font-size: 13px; }
.pair dd { margin: 0 0 10px; overflow-wrap: anywhere; unicode-bidi: plaintext; text-align: start; }
.pair svg { display: block; }
pre { margin: 0; padding: 16px 20px; overflow-x: auto; tab-size: 2;
  font: 13.5px/1.6 ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace; }
details summary { cursor: pointer; padding: 12px 20px; font-weight: 600; }
details[open] summary { border-bottom: 1px solid var(--line); }
.paper { fill: var(--paper); } .ink { fill: var(--ink); } .muted { fill: var(--muted); }
.line { stroke: var(--line); } .axis { stroke: var(--muted); } .plate { fill: var(--plate); }
.heat, .key { fill: var(--accent); } .links { fill: var(--link); stroke: var(--paper); } .dot { fill: var(--link); }
.stroke0 { stroke: var(--accent); } .stroke1 { stroke: var(--link); }
.stroke2 { stroke: var(--third); } .stroke3 { stroke: var(--fourth); }
.fill0 { fill: var(--accent); } .fill1 { fill: var(--link); }
.fill2 { fill: var(--third); } .fill3 { fill: var(--fourth); }
.cell:hover { stroke: var(--ink); stroke-width: 1.5; } .row:hover > text { font-weight: 700; }
@media (max-width: 720px) {
  .samples thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
  .samples, .samples tbody, .samples tr, .samples td { display: block; }
  .samples tr { padding: 12px 16px; border-bottom: 1px solid var(--line); }
  .samples tr:last-child { border-bottom: 0; }
  .samples td { padding: 0 0 6px; border: 0; }
  .samples td::before { content: attr(data-label); display: block; color: var(--muted); font-size: 12px;
    font-weight: 400; }
  .pair { padding: 14px 16px; }
}
@media print { body { background: none; } .card { box-shadow: none; break-inside: avoid; } }
"""
