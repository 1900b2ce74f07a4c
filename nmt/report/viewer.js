"use strict";
// Shows the sentence pairs that stand as JSON in the page, a page of them at a time. Text becomes text nodes only.
(() => {
  const { heatmap, shortened } = heatmaps;
  const PAGE = 20, BIG = 40000, KEPT_CHUNKS = 40;
  const RTL = /[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]/g;

  const byId = (id) => document.getElementById(id);
  const read = (script) => JSON.parse(script.textContent);
  const fold = (text) => text.normalize("NFC").toLowerCase();
  const number = (value, digits) => (value === null ? "\u2013" : value.toFixed(digits).replace("-", "\u2212"));

  function make(name, className, ...children) {
    const element = document.createElement(name);
    if (className) element.className = className;
    element.append(...children);
    return element;
  }

  // The data: what search and sorting need is read at once, tokens and weights when a sentence is shown.

  const { systems, chunk } = read(byId("meta"));
  const items = [];
  for (const script of document.querySelectorAll("script.facts")) {
    items.push(...read(script));
    script.remove();
  }
  items.forEach((item, index) => {
    item.index = index;
    item.text = fold([item.src, ...item.systems.flat().map((found) => found.tgt)].join("\n"));
  });
  const maps = document.querySelectorAll("script.maps");
  const opened = new Map();

  function pairsOf(item) {
    const place = Math.floor(item.index / chunk);
    if (!opened.has(place)) {
      if (opened.size >= KEPT_CHUNKS) opened.delete(opened.keys().next().value);
      opened.set(place, read(maps[place]));
    }
    return opened.get(place)[item.index % chunk];
  }

  const best = (item) => item.systems[0][0];
  const KEYS = {
    number: ["number", (item) => item.number],
    score: ["log-probability", (item) => best(item).score],
    token_score: ["log-probability a token", (item) => {
      const { score, tgt_length } = best(item);
      return score === null ? null : score / (tgt_length + 1);
    }],
    src_length: ["source length", (item) => best(item).src_length],
    tgt_length: ["target length", (item) => best(item).tgt_length],
    entropy: ["entropy", (item) => best(item).entropy],
    eos: ["weight on EOS", (item) => best(item).eos_mass],
    tau: ["monotonicity", (item) => best(item).kendall_tau],
    untranslated: ["untranslated words", (item) => best(item).untranslated.length],
    repeated: ["repeated words", (item) => best(item).repeated.length],
  };
  if (systems.length > 1) {
    KEYS.difference = ["difference in log-probability", (item) => {
      const second = item.systems[1][0];
      return second.score === null || best(item).score === null ? null : second.score - best(item).score;
    }];
  }

  const state = { q: "", sort: "number", down: false, page: 1 };
  let shown = items;

  function restore() {
    const given = new URLSearchParams(location.hash.slice(1));
    state.q = given.get("q") || "";
    state.sort = KEYS[given.get("sort")] ? given.get("sort") : "number";
    state.down = given.get("down") === "1";
    state.page = parseInt(given.get("page"), 10) || 1;
  }

  function choose() {
    const query = fold(state.q.trim());
    const line = /^#(\d+)$/.exec(query);
    shown = items.filter((item) => (line ? item.number === Number(line[1]) : item.text.includes(query)));
    const key = KEYS[state.sort][1], sign = state.down ? -1 : 1;
    const keyed = shown.map((item) => [key(item), item]);
    keyed.sort(([a, first], [b, second]) => {
      if (a === null || b === null) return (a === null) - (b === null) || first.index - second.index;
      return sign * (a - b) || first.index - second.index;
    });
    shown = keyed.map(([, item]) => item);
  }

  function show() {
    dim();
    const pages = Math.max(1, Math.ceil(shown.length / PAGE));
    state.page = Math.min(Math.max(1, state.page), pages);
    const start = (state.page - 1) * PAGE;
    const cards = shown.slice(start, start + PAGE).map(card);
    byId("list").replaceChildren(...(cards.length ? cards : [make("p", "nothing", "No sentence has this text.")]));
    byId("count").textContent = `${shown.length.toLocaleString("en")} of ${items.length.toLocaleString("en")} sentences`;
    byId("search").value = state.q;
    byId("sort").value = state.sort;
    byId("down").textContent = state.down ? "\u2193 falling" : "\u2191 rising";
    for (const pager of document.querySelectorAll(".pager")) {
      const [first, before, place, after, last] = pager.children;
      place.textContent = `page ${state.page.toLocaleString("en")} of ${pages.toLocaleString("en")}`;
      first.disabled = before.disabled = state.page === 1;
      after.disabled = last.disabled = state.page === pages;
    }
    const given = { q: state.q, sort: state.sort, down: state.down ? "1" : "", page: String(state.page) };
    const plain = { q: "", sort: "number", down: "", page: "1" };
    const changed = Object.entries(given).filter(([name, value]) => value !== plain[name]);
    history.replaceState(null, "", "#" + new URLSearchParams(changed));
  }

  function again(changes) {
    Object.assign(state, { page: 1 }, changes);
    choose();
    show();
  }

  // A sentence: for each system a panel with its tokens, its facts and its heat map.

  function card(item) {
    const pairs = pairsOf(item);
    const panels = item.systems.map((found, system) => panel(item, pairs, system, 0));
    const heading = make("h2", "", `Sentence ${item.number}`);
    return make("article", `card item${panels.length > 1 ? " several" : ""}`, heading, make("div", "panels", ...panels));
  }

  function panel(item, pairs, system, rank) {
    const found = item.systems[system], facts = found[rank], pair = pairs[system][rank];
    const head = make("div", "head");
    if (systems.length > 1) {
      const name = make("h3", "", systems[system]);
      name.dir = "auto";
      head.append(name);
    }
    if (found.length > 1) head.append(ranks(item, pairs, system, rank));
    head.append(factsLine(facts));
    const source = line("source", pair.src, pair.columns, facts), target = line("target", pair.tgt, pair.rows.length);
    const wide = pair.columns >= 20 || systems.length > 1;
    const element = make("section", `panel${wide ? " wide" : ""}`, make("div", "text", head, source, target), picture(pair));
    const links = new Set(pair.links.map(([src, tgt]) => `${src} ${tgt}`));
    Object.assign(element, { pair, links, source: source.lastChild.children, target: target.lastChild.children });
    return element;
  }

  function ranks(item, pairs, system, chosen) {
    const buttons = item.systems[system].map((_, rank) => {
      const button = make("button", "", String(rank + 1));
      button.setAttribute("aria-pressed", String(rank === chosen));
      button.addEventListener("click", () => {
        const fresh = panel(item, pairs, system, rank);
        button.closest(".panel").replaceWith(fresh);
        fresh.querySelectorAll(".ranks button")[rank].focus();
      });
      return button;
    });
    return make("span", "ranks", "n-best ", ...buttons);
  }

  function factsLine(facts) {
    const named = [
      ["log-probability", number(facts.score, 3)],
      ["words", `${facts.src_length} \u2192 ${facts.tgt_length}`],
      ["entropy", number(facts.entropy, 2)],
      ["on EOS", number(facts.eos_mass, 2)],
      ["tau", number(facts.kendall_tau, 2)],
    ];
    return make("p", "measures", ...named.map(([name, value]) => make("span", "", `${name} `, make("b", "", value))));
  }

  function line(side, tokens, size, facts = { untranslated: [], repeated: [] }) {
    const text = make("p", "tokens");
    const hits = fold(state.q.trim());
    tokens.forEach((token, index) => {
      const span = make("span", "token", token || "\u2423");
      if (hits && fold(token).includes(hits)) span.classList.add("hit");
      if (facts.untranslated.includes(index)) span.classList.add("untranslated");
      if (facts.repeated.includes(index)) span.classList.add("repeated");
      text.append(span, " ");
    });
    if (size > tokens.length) text.append(make("span", "token eos", "EOS"));
    const joined = tokens.join("").slice(0, 10000);
    const letters = (joined.match(/\p{L}/gu) || []).length;
    text.dir = 2 * (joined.match(RTL) || []).length > letters ? "rtl" : "ltr";
    text.tabIndex = 0;
    text.setAttribute("aria-label", `${side}; arrow keys go from word to word`);
    return make("div", `line ${side}`, make("span", "side", side), text);
  }

  function picture(pair) {
    const box = make("div", "scroll");
    if (!pair.rows.length || !pair.columns) return box;
    if (pair.rows.length * pair.columns <= BIG) {
      box.append(heatmap(pair));
      return box;
    }
    const button = make("button", "", `Show the heat map, ${pair.columns} \u00d7 ${pair.rows.length}`);
    button.addEventListener("click", () => button.replaceWith(heatmap(pair)));
    box.append(button);
    return box;
  }

  // What lights up: of a token the tokens it is linked to or attends to, of a cell both of its tokens.

  let lit = null;

  function dim() {
    if (!lit) return;
    for (const token of [...lit.source, ...lit.target]) token.classList.remove("on", "linked", "near");
    for (const band of lit.querySelectorAll(".band")) band.removeAttribute("width");
    lit = null;
    byId("tip").hidden = true;
  }

  function light(element, src, tgt) {
    if (lit) dim();
    lit = element;
    const { pair, links, source, target } = element;
    if (src !== null) source[src].classList.add("on");
    if (tgt !== null) target[tgt].classList.add("on");
    const others = src === null ? source : tgt === null ? target : [];
    Array.from(others).forEach((token, index) => {
      const [column, row] = src === null ? [index, tgt] : [src, index];
      if (links.has(`${column} ${row}`)) token.classList.add("linked");
      const weight = pair.rows[row] ? pair.rows[row][column] : 0;
      if (weight >= 50) {
        token.classList.add("near");
        token.style.setProperty("--weight", `${Math.round(10 + weight * 0.055)}%`);
      }
    });
    const svg = element.querySelector("svg.map");
    if (svg) bands(svg, src, tgt);
  }

  function bands(svg, src, tgt) {
    const { left, top, cell, columns, rows } = svg.grid;
    const place = (band, box) => Object.entries(box).forEach(([name, value]) => band.setAttribute(name, value));
    const across = { x: left, y: top + tgt * cell, width: columns * cell, height: cell };
    const along = { x: left + src * cell, y: top, width: cell, height: rows * cell };
    if (tgt !== null) place(svg.querySelector(".across"), across);
    if (src !== null) place(svg.querySelector(".along"), along);
  }

  function pointed(event) {
    const token = event.target.closest(".token");
    if (token) return lightToken(token);
    if (event.target.classList.contains("catch")) return lightCell(event);
    return dim();
  }

  function lightToken(token) {
    const element = token.closest(".panel");
    const index = Array.from(token.parentNode.children).indexOf(token);
    const isSource = token.closest(".line").classList.contains("source");
    light(element, isSource ? index : null, isSource ? null : index);
  }

  function lightCell(event) {
    const element = event.target.closest(".panel"), { pair } = element;
    const box = event.target.getBoundingClientRect();
    const within = (share, size) => Math.min(size - 1, Math.max(0, Math.floor(share * size)));
    const src = within((event.clientX - box.left) / box.width, pair.columns);
    const tgt = within((event.clientY - box.top) / box.height, pair.rows.length);
    light(element, src, tgt);
    const name = (tokens, index) => (index < tokens.length ? shortened(tokens[index]) : "EOS");
    const tip = byId("tip"), weight = (pair.rows[tgt][src] / 1000).toFixed(3);
    const isolated = (text) => make("bdi", "", text);
    tip.replaceChildren(isolated(name(pair.src, src)), " \u2192 ", isolated(name(pair.tgt, tgt)), ` ${weight}`);
    tip.hidden = false;
    tip.style.left = `${Math.min(event.clientX + 14, innerWidth - tip.offsetWidth - 8)}px`;
    tip.style.top = `${Math.min(event.clientY + 16, innerHeight - tip.offsetHeight - 8)}px`;
  }

  function walk(event) {
    const text = event.target;
    if (!text.classList.contains("tokens")) return;
    const steps = { ArrowRight: text.dir === "rtl" ? -1 : 1, ArrowLeft: text.dir === "rtl" ? 1 : -1 };
    if (event.key === "Escape") dim();
    if (!steps[event.key] || !text.children.length) return;
    event.preventDefault();
    const now = Array.from(text.children).findIndex((token) => token.classList.contains("on"));
    const next = now < 0 ? 0 : Math.min(text.children.length - 1, Math.max(0, now + steps[event.key]));
    lightToken(text.children[next]);
    text.children[next].scrollIntoView({ block: "nearest" });
  }

  // The controls.

  function turn(event) {
    const step = event.target.dataset.step;
    if (!step) return;
    const pages = Math.ceil(shown.length / PAGE);
    state.page = { first: 1, before: state.page - 1, after: state.page + 1, last: pages }[step];
    show();
    byId("list").scrollIntoView({ block: "start" });
  }

  let waiting = 0;
  byId("search").addEventListener("input", (event) => {
    clearTimeout(waiting);
    waiting = setTimeout(() => again({ q: event.target.value }), 150);
  });
  for (const [key, [name]] of Object.entries(KEYS)) byId("sort").append(Object.assign(make("option", "", name), { value: key }));
  byId("sort").addEventListener("change", (event) => again({ sort: event.target.value }));
  byId("down").addEventListener("click", () => again({ down: !state.down }));
  for (const pager of document.querySelectorAll(".pager")) pager.addEventListener("click", turn);
  byId("list").addEventListener("pointerover", pointed);
  byId("list").addEventListener("pointermove", (event) => event.target.classList.contains("catch") && lightCell(event));
  byId("list").addEventListener("pointerleave", dim);
  byId("list").addEventListener("keydown", walk);
  byId("list").addEventListener("focusout", dim);
  addEventListener("hashchange", () => {
    restore();
    choose();
    show();
  });
  restore();
  choose();
  show();
})();
