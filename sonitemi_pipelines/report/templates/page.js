"use strict";
// Links and :target do the moving; this keeps chart and transcript marked together, and arrow keys walk the turns.
(function () {
  function current() {
    const found = /^#[tc](\d+)$/.exec(location.hash);
    return found ? Number(found[1]) : null;
  }
  function mark() {
    for (const element of document.querySelectorAll(".current")) element.classList.remove("current");
    const index = current();
    if (index === null) return;
    for (const element of document.querySelectorAll('[data-turn="' + index + '"]')) element.classList.add("current");
  }
  function walk(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const index = current();
    if (!step || index === null || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (event.target.closest(".scroll")) return;
    const next = document.getElementById("t" + (index + step));
    if (next) location.hash = next.id;
  }
  // #s754, where the site's search leads: the words of second 754.
  function seek() {
    const wanted = /^#s(\d+)$/.exec(location.hash);
    if (!wanted) return;
    let found = null;
    for (const paragraph of document.querySelectorAll("p[data-s]")) {
      if (Number(paragraph.dataset.s) <= Number(wanted[1])) found = paragraph;
    }
    const turn = found && found.closest("[data-turn]");
    if (!turn) return;
    mark();
    turn.classList.add("current");
    found.scrollIntoView({ block: "center" });
  }
  addEventListener("hashchange", mark);
  addEventListener("hashchange", seek);
  addEventListener("keydown", walk);
  mark();
  seek();
})();
