"""The first transcripts of a process are parsed by several threads at once."""

from __future__ import annotations

import subprocess
import sys

import pytest

_FIRST_USE = """
import datetime, os, sys, threading
from sonitemi_pipelines.lake.record import Source
from sonitemi_pipelines.vendors.sonix import parse as sonix
from sonitemi_pipelines.vendors.temi import parse as temi
from sonitemi_pipelines.watch import cursor

SONIX = b'{"name": "x", "transcript": [{"speaker": "A", "words": [{"text": "hi", "start_time": 0.1, "new": 1}]}]}'
TEMI = b'{"speakers": [{"id": 1, "name": "A"}], "monologues": [{"speaker": 1, "elements": [{"value": "hi"}]}]}'
CURSOR = '{"born_at": 1.0, "asked": {"a": {"state": "s", "attempt": 1, "at": 2.0}}}'
SOURCE = Source("v", "id", "latest", datetime.date(2026, 1, 1), datetime.datetime(2026, 1, 1))

def use(start):
    start.wait()
    sonix._SHAPE.decode(SONIX, SOURCE), temi._SHAPE.decode(TEMI, SOURCE), cursor.load(CURSOR, 0.0)

sys.setswitchinterval(1e-6)
ended = []
for _ in range(int(sys.argv[1])):
    child = os.fork()
    if child == 0:
        start = threading.Barrier(8)
        threads = [threading.Thread(target=use, args=(start,)) for _ in range(8)]
        [thread.start() for thread in threads]
        [thread.join() for thread in threads]
        os._exit(0)
    ended.append(os.waitpid(child, 0)[1])
print(sum(status != 0 for status in ended))
"""


@pytest.mark.parametrize("times", [20, pytest.param(300, marks=pytest.mark.slow)])
def test_threads_that_parse_the_first_transcripts_together_do_not_end_the_process(times: int) -> None:
    """Every child starts from a process that has imported the parsers and used none of them."""
    done = subprocess.run(
        [sys.executable, "-c", _FIRST_USE, str(times)], capture_output=True, text=True, check=False, timeout=250
    )
    assert done.stdout == "0\n", done.stderr
