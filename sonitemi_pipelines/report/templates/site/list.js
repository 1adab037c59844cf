"use strict";
// The list of conversations: filter, sort, a hundred at a time. The filter stands in the address.
(function () {
  const SHOWN = 100;
  const COLUMNS = [
    ["name", "Name", false], ["day", "Day", false], ["ms", "Length", true], ["provider", "Source", false],
    ["language", "Language", false], ["folder", "Folder", false], ["speakers", "Speakers", true], ["words", "Words", true],
    ["rate", "Words/min", true], ["interruptions", "Interruptions", true], ["silence", "Silence", true],
  ];
  const FILTERS = ["name", "from", "to", "provider", "language", "folder", "care"];
  const rows = SITE.parts.flatMap((part) => part.rows);
  for (const row of rows) row.sought = (row.name + " " + row.slug).toLowerCase();
  const field = (name) => document.getElementById("f-" + name);
  let sorted = ["day", -1], shown = SHOWN, found = [];

  function matches() {
    const want = Object.fromEntries(FILTERS.map((name) => [name, field(name).value]));
    const name = want.name.trim().toLowerCase();
    return rows.filter((row) =>
      (!name || row.sought.includes(name)) && (!want.from || row.day >= want.from) && (!want.to || row.day <= want.to) &&
      (!want.provider || row.provider === want.provider) && (!want.language || row.language === want.language) &&
      (!want.folder || row.folder === want.folder) &&
      (!want.care || (want.care === "-" ? !row.care : row.care.split(", ").includes(want.care))));
  }
  function compare(a, b) {
    const [column, way] = sorted;
    const x = a[column], y = b[column];
    // What is not known comes last, whichever way.
    if (x === y || (x == null && y == null)) return a.slug < b.slug ? -1 : 1;
    if (x == null || x === "") return 1;
    if (y == null || y === "") return -1;
    return way * (typeof x === "number" ? x - y : String(x).localeCompare(String(y)));
  }
  const number = (value) => (value == null ? "–" : value.toLocaleString("en"));
  function line(row) {
    const e = SITE.element;
    const cell = (text, numeric) => e("td", numeric ? { class: "n" } : {}, text);
    const name = e("th", { scope: "row" }, e("a", { href: "c/" + SITE.folderOf(row.slug) + ".html" }, e("bdi", {}, row.name)));
    if (row.care) name.append(e("div", { class: "muted legend" }, "with care: " + row.care));
    return e("tr", {}, name, cell(row.day), cell(row.ms == null ? "–" : SITE.clock(Math.floor(row.ms / 1000)), true),
      cell(row.provider), cell(row.language), cell(row.folder), cell(number(row.speakers), true), cell(number(row.words), true),
      cell(number(row.rate), true), cell(number(row.interruptions), true),
      cell(row.silence == null ? "–" : Math.round(row.silence * 100) + "%", true));
  }
  function show() {
    const body = document.createElement("tbody");
    body.append(...found.slice(0, shown).map(line));
    document.querySelector("#list tbody").replaceWith(body);
    const ms = found.reduce((sum, row) => sum + (row.ms || 0), 0);
    document.getElementById("found").textContent = found.length === 0 ? "No conversation matches." :
      found.length.toLocaleString("en") + (found.length === 1 ? " conversation, " : " conversations, ") + (ms / 3600000).toFixed(1) + " hours";
    document.getElementById("more").hidden = found.length <= shown;
  }
  function look() {
    found = matches().sort(compare);
    shown = SHOWN;
    SITE.remember({ ...Object.fromEntries(FILTERS.map((name) => [name, field(name).value])), sort: sorted.join("") === "day-1" ? "" : sorted.join(" ") });
    show();
  }
  function heads() {
    const head = document.querySelector("#list thead tr");
    for (const [name, title, numeric] of COLUMNS) {
      const button = SITE.element("button", { type: "button" }, title);
      button.addEventListener("click", () => {
        sorted = [name, sorted[0] === name ? -sorted[1] : numeric || name === "day" ? -1 : 1];
        mark(); look();
      });
      head.append(SITE.element("th", { scope: "col", "data-column": name, ...(numeric ? { class: "n" } : {}) }, button));
    }
    mark();
  }
  function mark() {
    for (const head of document.querySelectorAll("#list thead th")) {
      if (head.dataset.column === sorted[0]) head.setAttribute("aria-sort", sorted[1] > 0 ? "ascending" : "descending");
      else head.removeAttribute("aria-sort");
    }
  }
  function recall() {
    const kept = SITE.remembered();
    for (const name of FILTERS) field(name).value = kept.get(name) || "";
    const sort = (kept.get("sort") || "").split(" ");
    if (COLUMNS.some(([name]) => name === sort[0])) sorted = [sort[0], Number(sort[1]) < 0 ? -1 : 1];
  }
  for (const name of ["provider", "language", "folder", "care"]) SITE.choices("f-" + name, name);
  recall(); heads();
  document.querySelector(".filters").addEventListener("input", look);
  document.querySelector(".filters").addEventListener("submit", (event) => event.preventDefault());
  document.getElementById("more").addEventListener("click", () => { shown += SHOWN; show(); });
  addEventListener("hashchange", () => { recall(); mark(); look(); });
  look();
})();
