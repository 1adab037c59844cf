// The theme puts wide tables into a box that scrolls, and lets a keyboard reach code only where there is a mouse.
new MutationObserver(() => {
  for (const box of document.querySelectorAll(".md-typeset__scrollwrap, pre > code")) if (box.tabIndex < 0) box.tabIndex = 0;
}).observe(document.documentElement, { childList: true, subtree: true, attributeFilter: ["tabindex"] });
