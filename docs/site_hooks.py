"""What the site does to pages: links out of it become paths, and its search works in pages opened from a disk."""

from __future__ import annotations

import re
from typing import Any

_OUTSIDE = re.compile(r"\[([^\]\n]+)\]\((?:\.\./)+([^)#\s]+)(?:#[^)\s]*)?\)")
_REMOTE = re.compile(r'<script src="https://[^"]*/iframe-worker/shim"></script>')
# A browser starts no worker for a page of the disk. The theme would fetch a replacement from a server; this is ours:
# the worker's script runs in a hidden frame of the page.
_FRAME_WORKER = """<script>
if (location.protocol === "file:") {
  window.IFrameWorker = window.Worker = class extends EventTarget {
    constructor(url) {
      super();
      const frame = document.createElement("iframe");
      frame.hidden = true;
      (document.body || document.documentElement).append(frame);
      this.inside = frame.contentWindow;
      this.inside.postMessage = (data) => this.tell(this, data);
      const script = this.inside.document.createElement("script");
      script.src = new URL(url, location.href).href;
      this.ready = new Promise((done) => { script.onload = done; });
      this.inside.document.body.append(script);
    }
    tell(target, data) {
      const event = new MessageEvent("message", { data });
      target.dispatchEvent(event);
      if (target.onmessage) target.onmessage(event);
    }
    postMessage(data) {
      this.ready.then(() => {
        const event = new this.inside.MessageEvent("message", { data });
        this.inside.dispatchEvent(event);
      });
    }
    terminate() { this.inside.frameElement.remove(); }
  };
}
</script>"""


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Called by mkdocs for every page: a file of the repository that the site does not hold is named, not linked."""
    depth = page.file.src_uri.count("/")
    if depth == 0:
        # Pages that are kept beside what they describe, such as the benchmarks'.
        markdown = markdown.replace("](../docs/", "](")

    def outside(match: re.Match[str]) -> str:
        return match[0] if match[0].count("../") <= depth else f"`{match[2]}`"

    return _OUTSIDE.sub(outside, markdown)


def on_post_page(output: str, **_: Any) -> str:
    """Called by mkdocs with every page before it is written."""
    # What the theme leaves out for a screen reader.
    search = 'data-md-component="search" role="dialog"'
    output = output.replace(search, f'{search} aria-label="Search"')
    return _REMOTE.sub(lambda _: _FRAME_WORKER, output)


def on_post_template(output_content: str, **_: Any) -> str:
    """The same for pages that are no documents, such as 404."""
    return on_post_page(output_content)
