"use strict";
// What every page with data shares: scripts of the folder `data` and `text` hand over their data by SITE.take.
const SITE = (function () {
  const parts = [];
  const waiting = new Map();
  const FIELDS = ["slug", "name", "day", "provider", "language", "folder", "ms", "words", "speakers", "interruptions", "silence", "rate", "care"];

  function take(name, data) {
    const kind = name.split(" ")[0];
    if (kind === "list") {
      const rows = data.map((row) => Object.fromEntries(FIELDS.map((field, place) => [field, row[place]])));
      parts.push({ name: name.slice(5), rows });
    }
    const found = waiting.get(name);
    if (found) found.resolve(data);
  }

  // A script's data; read once, and kept.
  function load(name, file) {
    if (!waiting.has(name)) {
      let resolve, reject;
      const promise = new Promise((done, failed) => { resolve = done; reject = failed; });
      waiting.set(name, { promise, resolve });
      const script = document.createElement("script");
      script.src = file;
      script.onerror = () => { waiting.delete(name); reject(new Error(file + " is missing; build the site again")); };
      document.head.append(script);
    }
    return waiting.get(name).promise;
  }

  const folderOf = (slug) => slug.slice(-2) + "/" + slug;
  function clock(seconds) {
    const two = (n) => String(n).padStart(2, "0");
    const h = Math.floor(seconds / 3600), m = Math.floor(seconds / 60) % 60, s = seconds % 60;
    return h ? h + ":" + two(m) + ":" + two(s) : m + ":" + two(s);
  }
  function element(tag, attributes, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes || {})) made.setAttribute(name, value);
    made.append(...children);
    return made;
  }
  function choices(id, field) {
    const select = document.getElementById(id);
    if (!select) return;
    const counts = new Map();
    for (const part of parts) for (const row of part.rows) {
      for (const value of field === "care" ? row.care.split(", ") : [row[field]]) if (value) counts.set(value, (counts.get(value) || 0) + 1);
    }
    for (const value of [...counts.keys()].sort()) {
      select.append(element("option", { value }, value + " (" + counts.get(value).toLocaleString("en") + ")"));
    }
  }
  function remembered() {
    return new URLSearchParams(location.hash.slice(1));
  }
  function remember(values) {
    const kept = new URLSearchParams(Object.entries(values).filter(([, value]) => value));
    history.replaceState(null, "", kept.size ? "#" + kept : location.pathname.split("/").pop());
  }
  return { take, load, parts, clock, element, choices, remembered, remember, folderOf };
})();
