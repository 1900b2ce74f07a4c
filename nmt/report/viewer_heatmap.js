"use strict";
// Draws a heat map: rows are target tokens, columns are source tokens. Text becomes text nodes only.
const heatmaps = (() => {
  const MOST_CELLS = 20000, LABEL = 140;
  const SVG = "http://www.w3.org/2000/svg";
  const CELLS = [[12, 30], [24, 25], [36, 21], [48, 18], [Infinity, 16]];

  function draw(name, attributes, ...children) {
    const element = document.createElementNS(SVG, name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
    element.append(...children);
    return element;
  }

  const ruler = document.createElement("canvas").getContext("2d");
  ruler.font = "13px system-ui, sans-serif";

  function shortened(token) {
    const letters = Array.from(token.trim() ? token.slice(0, 80) : "\u2423");
    let cut = letters.length < Array.from(token.slice(0, 81)).length;
    while (letters.length > 1 && ruler.measureText(letters.join("")).width > LABEL) {
      letters.pop();
      cut = true;
    }
    return letters.join("") + (cut ? "\u2026" : "");
  }

  function heatmap(pair) {
    const columns = pair.columns, rows = pair.rows.length;
    const labels = (tokens, size) => [...tokens.map(shortened), ...Array(size - tokens.length).fill("EOS")];
    const source = labels(pair.src, columns), target = labels(pair.tgt, rows);
    const widest = (texts) => texts.reduce((most, text) => Math.max(most, ruler.measureText(text).width), 0);
    const cell = CELLS.find(([most]) => Math.max(rows, columns) <= most)[1];
    const left = Math.ceil(widest(target)) + 14, top = Math.ceil(widest(source) * 0.866) + 18;
    const width = Math.ceil(Math.max(left + columns * cell, left + (columns - 0.5) * cell + widest(source) * 0.5 + 18)) + 4;
    const height = top + rows * cell + 6;
    const size = { x: left, y: top, width: columns * cell, height: rows * cell };
    const parts = [draw("rect", { class: "plate", ...size })];
    source.forEach((label, column) => {
      const x = left + (column + 0.5) * cell + 4, y = top - 8;
      const look = column < pair.src.length ? "ink" : "muted eos";
      parts.push(draw("text", { class: `${look} column`, x, y, transform: `rotate(-60 ${x} ${y})` }, label));
    });
    target.forEach((label, row) => {
      const look = row < pair.tgt.length ? "ink" : "muted eos";
      const place = { x: left - 8, y: top + (row + 0.5) * cell + 4.5, "text-anchor": "end" };
      parts.push(draw("text", { class: `${look} row`, ...place }, label));
    });
    const at = (column, row) => ({ x: left + column * cell + 0.5, y: top + row * cell + 0.5 });
    const side = { width: cell - 1, height: cell - 1 };
    for (const [weight, row, column] of strongest(pair.rows)) {
      const shade = Math.pow(weight / 1000, 0.75).toFixed(3);
      parts.push(draw("rect", { class: "heat", "fill-opacity": shade, ...at(column, row), ...side }));
    }
    for (const [src, tgt] of pair.links) {
      const { x, y } = at(src + 0.5, tgt + 0.5);
      parts.push(draw("circle", { class: "links", cx: x - 0.5, cy: y - 0.5, r: cell / 6 + 0.5 }));
    }
    parts.push(draw("rect", { class: "band across" }), draw("rect", { class: "band along" }));
    parts.push(draw("rect", { class: "catch", ...size }));
    const name = `Attention, ${rows} target and ${columns} source tokens`;
    const box = { class: "map", width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": name };
    return Object.assign(draw("svg", box, ...parts), { grid: { left, top, cell, columns, rows } });
  }

  function strongest(rows) {
    const cells = [];
    rows.forEach((row, tgt) => row.forEach((weight, src) => weight >= 5 && cells.push([weight, tgt, src])));
    if (cells.length <= MOST_CELLS) return cells;
    return cells.sort((a, b) => b[0] - a[0]).slice(0, MOST_CELLS);
  }

  return { heatmap, shortened };
})();
