// What a report gains where scripts run: another theme, sorting, zooming, copying. It is complete without.
(function () {
  "use strict";
  const root = document.documentElement;
  const make = (tag, properties, parent) => {
    const element = Object.assign(document.createElement(tag), properties);
    if (parent) parent.append(element);
    return element;
  };
  const remembered = (value) => {  // a file has no storage in some browsers
    try {
      if (value !== undefined) localStorage.setItem("poise-theme", value);
      return localStorage.getItem("poise-theme");
    } catch { return null; }
  };

  // Theme
  const prefersDark = matchMedia("(prefers-color-scheme: dark)");
  const isDark = () => root.dataset.theme ? root.dataset.theme === "dark" : prefersDark.matches;
  const themeButton = make("button", { type: "button", className: "tool theme" });
  const redrawn = new Set();
  const showTheme = () => {
    themeButton.textContent = isDark() ? "Light" : "Dark";
    themeButton.setAttribute("aria-label", isDark() ? "Light theme" : "Dark theme");
    redrawn.forEach((redraw) => redraw());
  };
  if (["light", "dark"].includes(remembered())) root.dataset.theme = remembered();
  themeButton.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    remembered(root.dataset.theme);
    showTheme();
  });
  prefersDark.addEventListener("change", showTheme);
  document.querySelector("main").prepend(themeButton);
  showTheme();

  // What follows is made once for each element, also for those that a live page adds later
  const seen = new WeakSet();
  const forNew = (selector, prepare) => {
    for (const element of document.querySelectorAll(selector)) {
      if (seen.has(element)) continue;
      seen.add(element);
      prepare(element);
    }
  };

  // Sorting
  const valueOf = (cell) => cell.dataset.v === undefined ? cell.textContent.trim() : Number(cell.dataset.v);
  const isMissing = (value) => value === "" || value === "–";
  const compare = (a, b) => {
    if (isMissing(a) || isMissing(b)) return 0;
    if (typeof a === "number" && typeof b === "number") return a - b;
    return String(a).localeCompare(String(b), undefined, { numeric: true });
  };
  const sort = (table, column, descending) => {
    const body = table.tBodies[0];
    const rows = [...body.rows].map((row) => ({ row, value: valueOf(row.cells[column]) }));
    rows.sort((a, b) => isMissing(a.value) - isMissing(b.value) || (descending ? -1 : 1) * compare(a.value, b.value));
    body.append(...rows.map((each) => each.row));
  };
  const makeSortable = (table) => {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      const name = head.textContent;
      if (!name) return;
      head.textContent = "";
      const button = make("button", { type: "button", textContent: name }, head);
      button.addEventListener("click", () => {
        const first = head.classList.contains("n") ? "descending" : "ascending";
        const other = first === "ascending" ? "descending" : "ascending";
        const order = head.getAttribute("aria-sort") === first ? other : first;
        heads.forEach((each) => each.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", order);
        sort(table, column, order === "descending");
      });
    });
  };

  // Copying
  const makeCopied = (box) => {
    if (!navigator.clipboard) return;
    const button = make("button", { type: "button", className: "tool", textContent: "Copy" }, box);
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(box.querySelector("code").textContent);
        button.textContent = "Copied";
      } catch { button.textContent = "Not allowed"; }
      setTimeout(() => { button.textContent = "Copy"; }, 1500);
    });
  };

  // Zooming, with the numbers of the table behind the chart
  const numbersOf = (figure) => {
    const table = figure.querySelector("table.data");
    const names = [...table.tHead.rows[0].cells].map((cell) => cell.textContent);
    const columns = names.map((_, k) => [...table.tBodies[0].rows].map((row) => {
      const value = parseFloat(row.cells[k].textContent);
      return Number.isFinite(value) ? value : null;
    }));
    return { names, columns };
  };
  const color = (name) => getComputedStyle(root).getPropertyValue(name).trim();
  const dashes = [[], [7, 4], [2, 4], [9, 3, 2, 3], [12, 4], [4, 3], [1, 3], [10, 3, 2, 3, 2, 3]];
  const scaleOf = (figure) => ({ x: figure.dataset.zoom.includes("x"), y: figure.dataset.zoom.includes("y") });
  const shownOf = (figure) => {
    const log = scaleOf(figure);
    const positive = (column) => column.map((value) => value !== null && value > 0 ? value : null);
    return numbersOf(figure).columns.map((column, k) => (k === 0 ? log.x : log.y) ? positive(column) : column);
  };
  const draw = (figure, place) => {
    const { names } = numbersOf(figure), log = scaleOf(figure), data = shownOf(figure);
    const styles = [...figure.querySelectorAll(".legend li")].map((item) => Number(item.dataset.style));
    const axis = (label, size) => ({
      label, size, stroke: color("--soft"), labelSize: 24, font: "12px system-ui, sans-serif", labelFont: "12px system-ui, sans-serif",
      grid: { stroke: color("--fine"), width: 1 }, ticks: { stroke: color("--line"), width: 1 },
    });
    const series = names.slice(1).map((label, k) => ({
      label, stroke: color("--s" + styles[k]), dash: dashes[styles[k]], width: 2, spanGaps: true,
      points: { size: 6, fill: color("--s" + styles[k]) }, value: (_, value) => value === null ? "–" : String(value),
    }));
    return new uPlot({
      width: place.clientWidth, height: 300,
      cursor: { drag: { x: true, y: true, uni: 20 } },
      scales: { x: { time: false, distr: log.x ? 3 : 1 }, y: { distr: log.y ? 3 : 1 } },
      axes: [axis(names[0], 46), axis(figure.dataset.y, 62)],
      series: [{ label: names[0], value: (_, value) => value === null ? "–" : String(value) }, ...series],
    }, data, place);
  };
  const keys = (plot) => (event) => {
    const { min, max } = plot.scales.x;
    if (min === null || max === null) return;
    const all = plot.data[0].filter((value) => value !== null), low = all[0], high = all[all.length - 1];
    const step = (max - min) / 8;
    const moves = { "+": [step, -step], "=": [step, -step], "-": [-step, step], ArrowLeft: [-step, -step], ArrowRight: [step, step] };
    if (event.key === "0" || event.key === "Escape") plot.setScale("x", { min: low, max: high });
    else if (moves[event.key]) plot.setScale("x", { min: Math.max(low, min + moves[event.key][0]), max: Math.min(high, max + moves[event.key][1]) });
    else return;
    event.preventDefault();
  };
  const makeZoomable = (figure) => {
    const svg = figure.querySelector("svg.chart");
    const title = figure.querySelector("h3").textContent;
    const button = make("button", { type: "button", className: "tool", textContent: "Zoom" });
    button.setAttribute("aria-label", "Zoom: " + title);
    button.setAttribute("aria-pressed", "false");
    figure.prepend(button);
    let plot = null, place = null;
    const close = () => {
      if (plot) plot.destroy();
      if (place) place.remove();
      plot = place = null;
      svg.style.display = "";
    };
    const open = () => {
      place = make("div", { className: "zoomed", tabIndex: 0 });
      place.setAttribute("role", "group");
      place.setAttribute("aria-label", title + ": drag, or press + and − to zoom, arrows to move, 0 for all");
      figure.querySelector(".plot").append(place);
      svg.style.display = "none";
      plot = draw(figure, place);
      make("p", { textContent: "Drag to zoom, double-click for all. Keys: + − ← → 0." }, place);
      place.addEventListener("keydown", keys(plot));
    };
    button.addEventListener("click", () => {
      const on = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(on));
      if (on) { open(); place.focus({ preventScroll: true }); } else close();
    });
    redrawn.add(() => { if (plot) { close(); open(); } });
    figure.addEventListener("renewed", () => {
      if (!plot) return;
      const { min, max } = plot.scales.x, all = plot.data[0], data = shownOf(figure);
      if (data.length !== plot.series.length) { close(); open(); return; }
      const isWhole = min <= all[0] && max >= all[all.length - 1];
      plot.setData(data, isWhole);
    });
  };
  const prepare = () => {
    forNew("table.sortable", makeSortable);
    forNew(".command", makeCopied);
    forNew("figure[data-zoom]", makeZoomable);
  };
  prepare();
  root.addEventListener("renewed", prepare);
  let waiting = 0;
  addEventListener("resize", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => redrawn.forEach((redraw) => redraw()), 200);
  });
})();
