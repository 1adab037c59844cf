"use strict";
// Search over everything, without a server: parts of the index are scripts, read when a search needs them. Terms are made
// as in site/text.py; a test holds the two together.
const SEARCH = (function () {
  const SHARDS = 16, SHOWN = 20, LINES = 4;
  const SPACELESS = /[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff]/g;
  const MARKS = /[\u0300-\u036f\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u064b-\u065f\u0670]/g;
  const APOSTROPHES = /['\u2018\u2019\u02bc\u00b4`\uff07]/g;

  function terms(text) {
    const folded = text.normalize("NFKC").toLowerCase().replace(/\u03c2/g, "\u03c3").normalize("NFD").replace(MARKS, "").normalize("NFC");
    return folded.replace(APOSTROPHES, "").replace(SPACELESS, " $& ").match(/[\p{L}\p{N}\p{M}]+/gu) || [];
  }
  function shardOf(term) {
    const [first, second] = [...term];
    return (first.codePointAt(0) * 31 + (second ? second.codePointAt(0) : 0)) % SHARDS;
  }
  // A query as units that must all be said within one passage: each a run of terms, the last one perhaps only begun.
  function units(query) {
    const found = [];
    for (const [, quoted, bare] of query.matchAll(/"([^"]*)"?|([^\s"]+)/g)) {
      const text = quoted === undefined ? bare : quoted;
      const words = terms(text);
      if (words.length) found.push({ words, begun: text.trim().endsWith("*") });
    }
    return found;
  }
  // document -> passage -> positions, of one term (or of all that begin with it) in one part of the index.
  function places(shard, term, begun) {
    const found = new Map();
    const lists = begun ? Object.keys(shard).filter((each) => each.startsWith(term)).map((each) => shard[each]) :
      Object.hasOwn(shard, term) ? [shard[term]] : [];
    for (const list of lists) {
      let document_ = 0;
      for (let i = 0; i < list.length;) {
        document_ += list[i];
        const count = list[i + 1];
        i += 2;
        let passages = found.get(document_);
        if (!passages) found.set(document_, (passages = new Map()));
        let passage = 0;
        for (let n = 0; n < count; n++, i += 2) {
          passage += list[i];
          const positions = passages.get(passage);
          if (positions) positions.add(list[i + 1]); else passages.set(passage, new Set([list[i + 1]]));
        }
      }
    }
    return found;
  }
  async function matchesIn(part, asked, wanted) {
    let result = null;
    for (const unit of asked) {
      const each = await Promise.all(unit.words.map((term, place) => {
        const begun = unit.begun && place === unit.words.length - 1;
        if (begun && [...term].length < 2) return Promise.resolve(new Map());
        const number = shardOf(term);
        return SITE.load("index " + part.name + " " + number, "data/" + part.name + "/" + String(number).padStart(2, "0") + ".js")
          .then((shard) => places(shard, term, begun));
      }));
      const said = new Map();
      for (const [doc, passages] of each[0]) {
        if (!wanted(part.rows[doc]) || (result && !result.has(doc))) continue;
        for (const [passage, positions] of passages) {
          if (result && !result.get(doc).has(passage)) continue;
          const whole = [...positions].some((at) => each.every((one, step) => {
            const there = one.get(doc) && one.get(doc).get(passage);
            return there && there.has(at + step);
          }));
          if (whole) { if (said.has(doc)) said.get(doc).add(passage); else said.set(doc, new Set([passage])); }
        }
      }
      result = said;
    }
    return [...(result || [])].map(([doc, passages]) => ({ row: part.rows[doc], passages: [...passages].sort((a, b) => a - b) }));
  }
  async function search(query, wanted) {
    const asked = units(query);
    if (!asked.length) return [];
    const found = (await Promise.all(SITE.parts.map((part) => matchesIn(part, asked, wanted)))).flat();
    return found.sort((a, b) => (a.row.day < b.row.day ? 1 : a.row.day > b.row.day ? -1 : a.row.slug < b.row.slug ? -1 : 1));
  }
  function marked(text, asked) {
    const whole = new Set(), begun = [];
    for (const unit of asked) unit.words.forEach((term, place) => {
      if (unit.begun && place === unit.words.length - 1) begun.push(term); else whole.add(term);
    });
    const said = (term) => whole.has(term) || begun.some((start) => term.startsWith(start));
    const made = SITE.element("span", { dir: "auto" });
    for (const piece of text.split(/(\s+)/)) {
      if (piece.trim() && terms(piece).some(said)) made.append(SITE.element("mark", {}, piece)); else made.append(piece);
    }
    return made;
  }
  async function item(hit, asked) {
    const e = SITE.element, slug = hit.row.slug, page = "c/" + SITE.folderOf(slug) + ".html";
    const texts = await SITE.load("text " + slug, "text/" + SITE.folderOf(slug) + ".js");
    const lines = hit.passages.slice(0, LINES).map((number) => {
      const [turn, second, speaker, text] = texts[number];
      const link = e("a", { class: "time", href: page + (second === null ? "#t" + turn : "#s" + second) }, second === null ? "–" : SITE.clock(second));
      return e("p", {}, link, e("span", {}, e("bdi", { class: "who" }, speaker), marked(text, asked)));
    });
    const more = hit.passages.length - lines.length;
    if (more > 0) lines.push(e("p", { class: "muted" }, "", "and " + more + " more"));
    const title = e("h2", {}, e("a", { href: page }, e("bdi", {}, hit.row.name)), e("span", { class: "muted" }, hit.row.day));
    return e("li", {}, title, ...lines);
  }

  let asking = 0, hits = [], asked = [], shown = 0;
  const field = (id) => document.getElementById(id);
  async function more() {
    const mine = asking, next = hits.slice(shown, shown + SHOWN);
    shown += next.length;
    const items = await Promise.all(next.map((hit) => item(hit, asked)));
    if (mine !== asking) return;
    field("hits").append(...items);
    field("more").hidden = shown >= hits.length;
  }
  async function ask() {
    const mine = ++asking, query = field("q").value;
    const want = Object.fromEntries(["provider", "language", "folder"].map((name) => [name, field("f-" + name).value]));
    SITE.remember({ q: query.trim(), ...want });
    const began = performance.now();
    try {
      const found = await search(query, (row) => Object.entries(want).every(([name, value]) => !value || row[name] === value));
      if (mine !== asking) return;
      hits = found; asked = units(query); shown = 0;
      field("hits").replaceChildren();
      await more();
      if (mine !== asking) return;
      const passages = hits.reduce((sum, hit) => sum + hit.passages.length, 0);
      field("found").textContent = !asked.length ? "" : !hits.length ? "Nobody says that." :
        passages.toLocaleString("en") + (passages === 1 ? " passage in " : " passages in ") + hits.length.toLocaleString("en") +
        (hits.length === 1 ? " conversation" : " conversations");
      document.documentElement.dataset.ms = String(Math.round(performance.now() - began));
    } catch (error) {
      field("found").textContent = error.message;
    }
  }
  function recall() {
    const kept = SITE.remembered();
    field("q").value = kept.get("q") || "";
    for (const name of ["provider", "language", "folder"]) field("f-" + name).value = kept.get(name) || "";
  }
  for (const name of ["provider", "language", "folder"]) SITE.choices("f-" + name, name);
  recall();
  let pause = 0;
  field("ask").addEventListener("input", () => { clearTimeout(pause); pause = setTimeout(ask, 120); });
  field("ask").addEventListener("submit", (event) => { event.preventDefault(); ask(); });
  field("more").addEventListener("click", more);
  addEventListener("hashchange", () => { recall(); ask(); });
  if (field("q").value) ask(); else field("q").focus();
  return { terms, shardOf };
})();
