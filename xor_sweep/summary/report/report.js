
"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const rows = [...byId("runs").tBodies[0].rows];
  const lines = JSON.parse(byId("lines").textContent);
  const numberOf = (cell) => parseFloat(cell.title || cell.textContent);
  const parts = (text) => text.toLowerCase().split(/(\d+(?:\.\d+)?(?:e[-+]?\d+)?)/);

  // Names are compared number by number: lr=0.1,seed=2 comes before lr=0.1,seed=10. Odd parts are numbers.
  function compare(a, b) {
    for (let place = 0; place < Math.min(a.length, b.length); place += 1) {
      const [x, y] = place % 2 ? [Number(a[place]), Number(b[place])] : [a[place], b[place]];
      if (x !== y) return x < y ? -1 : 1;
    }
    return a.length - b.length;
  }

  // Tables are sorted by their heads; what has no value stays last either way.
  function sortable(table) {
    const heads = [...table.tHead.rows[0].cells];
    const body = table.tBodies[0];
    const first = [...body.rows];
    const isEmpty = (cell, numeric) => cell.textContent === "" || (numeric && Number.isNaN(numberOf(cell)));
    heads.forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      const numeric = head.classList.contains("n");
      head.addEventListener("click", () => {
        const sign = head.getAttribute("aria-sort") === "ascending" ? -1 : 1;
        heads.forEach((each) => each.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", sign > 0 ? "ascending" : "descending");
        const full = first.filter((row) => !isEmpty(row.cells[column], numeric));
        const keys = new Map(full.map((row) => {
          const cell = row.cells[column];
          return [row, numeric ? numberOf(cell) : parts(cell.textContent)];
        }));
        full.sort((a, b) => {
          const [x, y] = [keys.get(a), keys.get(b)];
          return sign * (numeric ? x - y : compare(x, y));
        });
        body.append(...full, ...first.filter((row) => isEmpty(row.cells[column], numeric)));
      });
    });
  }
  document.querySelectorAll("table.sortable").forEach(sortable);

  // What is typed, the status and the brushes choose rows and lines together.
  const heads = [...byId("runs").tHead.rows[0].cells].map((head) => head.textContent);
  const status = heads.lastIndexOf("status");
  const texts = rows.map((row) => [...row.cells].map((c) => `${c.textContent} ${c.title}`).join(" ").toLowerCase());
  const brushes = new Map();
  let drawn = [];
  // A key's number is meant whole: seed=1 is not seed=13.
  function wholeNumber(word) {
    const letters = word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    return new RegExp(/=[-+.\de]*\d$/.test(word) ? `${letters}(?![.\\de])` : letters);
  }
  function choose() {
    const wanted = byId("filter").value.toLowerCase().split(/\s+/).filter(Boolean).map(wholeNumber);
    const ended = byId("status").value;
    let count = 0;
    rows.forEach((row, index) => {
      const crosses = ([axis, [low, high]]) => lines.axes[axis].at[index] >= low && lines.axes[axis].at[index] <= high;
      const shown = wanted.every((word) => word.test(texts[index]))
        && (!ended || row.cells[status]?.textContent === ended)
        && [...brushes].every(crosses);
      row.hidden = !shown;
      drawn[index]?.classList.toggle("out", !shown);
      count += shown;
    });
    byId("count").textContent = `${count.toLocaleString("en")} of ${rows.length.toLocaleString("en")}`;
  }
  document.querySelector(".controls").hidden = false;
  byId("filter").addEventListener("input", choose);
  byId("status").addEventListener("change", choose);
  rows[lines.best]?.classList.add("chosen");

  // Parallel coordinates: an axis a key, the objective on the right, the best on top.
  const nowhere = lines.axes.some((axis) => axis.at.includes(lines.nowhere));
  const TOP = 48, BOTTOM = nowhere ? 62 : 24, HEIGHT = 260 + TOP + BOTTOM, LEFT = 95, RIGHT = 95, APART = 105;
  const svg = document.querySelector("#parallel svg");
  function element(name, attributes, parent, text) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text !== undefined) made.textContent = text;
    parent.append(made);
    return made;
  }
  const y = (place) => TOP + (1 - place) * (HEIGHT - TOP - BOTTOM);
  const cut = (text, most) => (text.length > most ? `${text.slice(0, most - 1)}…` : text);
  function named(node, text) {
    element("title", {}, node, text);
  }
  function draw() {
    const gaps = Math.max(1, lines.axes.length - 1);
    const width = Math.max(svg.parentElement.clientWidth, LEFT + RIGHT + gaps * APART);
    const x = (axis) => LEFT + (axis * (width - LEFT - RIGHT)) / gaps;
    svg.replaceChildren();
    svg.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    svg.setAttribute("width", width);
    svg.setAttribute("height", HEIGHT);
    const many = rows.length > 500 ? "crowd" : rows.length > 100 ? "many" : rows.length > 20 ? "some" : "few";
    const all = element("g", { class: many }, svg);
    drawn = [];
    const line = (index) => {
      const points = lines.axes.map((axis, place) => `${x(place).toFixed(1)},${y(axis.at[index]).toFixed(1)}`);
      const chosen = index === lines.best ? " chosen" : "";
      drawn[index] = element("polyline", { points: points.join(" "), class: `f${lines.colours[index]}${chosen}` }, all);
      named(drawn[index], rows[index].cells[1].textContent);
    };
    for (let index = rows.length - 1; index >= 0; index -= 1) if (index !== lines.best) line(index);
    if (lines.best >= 0) line(lines.best);
    lines.axes.forEach((axis, place) => {
      const last = place === lines.axes.length - 1;
      const at = x(place);
      const title = element("text", { x: at, y: 18, "text-anchor": "middle", class: "title" }, svg, axis.head);
      named(title, axis.name);
      if (axis.log) element("text", { x: at, y: 30, "text-anchor": "middle" }, svg, "log");
      element("line", { x1: at, x2: at, y1: y(0), y2: y(1), class: "axis" }, svg);
      for (const [tick, label] of axis.ticks) {
        element("line", { x1: at - 4, x2: at + 4, y1: y(tick), y2: y(tick), class: "axis" }, svg);
        const side = last ? { x: at + 8, "text-anchor": "start" } : { x: at - 8, "text-anchor": "end" };
        named(element("text", { ...side, y: y(tick) + 4 }, svg, cut(label, 13)), label);
      }
      brushable(place, at);
    });
    choose();
  }
  function brushable(axis, at) {
    const bar = element("rect", { x: at - 9, width: 18, y: 0, height: 0, class: "brush" }, svg);
    const show = () => {
      const [low, high] = brushes.get(axis) ?? [0, 0];
      bar.setAttribute("y", y(high));
      bar.setAttribute("height", y(low) - y(high));
    };
    show();
    const grip = element("rect", { x: at - 12, width: 24, y: TOP - 12, height: HEIGHT - TOP - 6, class: "grip" }, svg);
    const place = (event) => {
      const pixels = event.clientY - svg.getBoundingClientRect().top;
      return 1 - (pixels - TOP) / (HEIGHT - TOP - BOTTOM);
    };
    let from = null;
    grip.addEventListener("pointerdown", (event) => {
      if (event.pointerType === "touch") return;  // a finger scrolls
      from = place(event);
      grip.setPointerCapture(event.pointerId);
    });
    grip.addEventListener("pointermove", (event) => {
      if (from === null) return;
      const to = place(event);
      if (Math.abs(to - from) < 0.01) brushes.delete(axis);
      else brushes.set(axis, [Math.min(from, to), Math.max(from, to)]);
      show();
      choose();
    });
    grip.addEventListener("pointerup", (event) => {
      if (from !== null && Math.abs(place(event) - from) < 0.01) brushes.delete(axis);
      from = null;
      show();
      choose();
    });
  }
  let pointed = null;
  function point(index) {
    drawn[pointed]?.classList.remove("pointed");
    pointed = index;
    drawn[pointed]?.classList.add("pointed");
  }
  rows.forEach((row, index) => {
    row.addEventListener("pointerenter", () => point(index));
    row.addEventListener("pointerleave", () => point(null));
  });
  byId("parallel").hidden = lines.axes.length < 2;
  let width = 0;
  new ResizeObserver(() => {
    if (svg.parentElement.clientWidth === width) return;
    width = svg.parentElement.clientWidth;
    draw();
  }).observe(svg.parentElement);
  draw();
  // A picture is as large as it was drawn, within a frame that scrolls, and fits the page again.
  document.querySelectorAll("figure img").forEach((img) => {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "zoom";
    button.setAttribute("aria-pressed", "false");
    img.replaceWith(button);
    button.append(img);
    button.addEventListener("click", () => {
      button.setAttribute("aria-pressed", String(button.getAttribute("aria-pressed") === "false"));
    });
  });
  const closed = () => document.querySelectorAll("details:not([open])");
  window.addEventListener("beforeprint", () => closed().forEach((each) => { each.open = true; }));
})();
