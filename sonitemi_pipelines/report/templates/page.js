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
  addEventListener("hashchange", mark);
  addEventListener("keydown", walk);
  mark();
})();
