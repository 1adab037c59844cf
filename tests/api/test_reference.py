"""The reference page: complete, up to date, and every line of its table works."""

from __future__ import annotations

import importlib.util
import inspect
import itertools
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from click.testing import CliRunner

from sonitemi_pipelines.api.sonix import SonixClient
from sonitemi_pipelines.api.temi import TemiClient
from sonitemi_pipelines.cli.main import main
from sonitemi_pipelines.lake.schemas import VENDOR_REQUESTS
from sonitemi_pipelines.sandbox import Sandbox

DOCS = Path(__file__).parents[2] / "docs"
ROW = re.compile(r"\| (sonix|temi) \| (.+?) \| `(.+?)` \| `(?:sonix|temi)\.(\w+)\.(\w+)` \|")
ROWS = [match.groups() for match in map(ROW.fullmatch, (DOCS / "reference.md").read_text().splitlines()) if match]

DOCUMENTED = {
    ("sonix", operation)
    for operation in (
        "List media",
        "Submit new media",
        "Submit multitrack media",
        "Get media",
        "Update media",
        "Delete media",
        "Create media export",
        "Get media export",
        "Get text transcript",
        "Get SRT file",
        "Get VTT file",
        "Get JSON transcript",
        "Update transcript",
        "Split transcript",
        "Create translation",
        "Get translation status",
        "Export translation",
        "Create burn in",
        "Get burn in status",
        "Create summarization",
        "Get summarization",
        "Create batch summarization",
        "Get batch summarization",
        "List batch summarizations",
        "Create folder",
        "List folders",
        "Update folder",
        "List users",
        "Invite user to account",
        "Update user role",
        "Create share",
        "List shares",
        "Delete shares",
    )
} | {
    ("temi", operation)
    for operation in (
        "Submit job by URL (application/json)",
        "Submit job by file (multipart/form-data)",
        "Get job status",
        "List jobs",
        "Delete job",
        "Get transcript (text/plain)",
        "Get transcript (application/json)",
        "Get transcript (application/msword)",
        "Get transcript (application/pdf)",
        "Get account balance",
    )
}


@pytest.fixture(scope="module")
def make_reference() -> ModuleType:
    spec = importlib.util.spec_from_file_location("make_reference", DOCS / "make_reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # A dataclass looks its module up there.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_every_documented_operation_has_a_method() -> None:
    """An operation left out sends the user back to curl."""
    assert {(vendor, operation) for vendor, operation, *_ in ROWS} == DOCUMENTED


def test_every_method_is_explained(make_reference: ModuleType) -> None:
    """A parameter without a meaning is a guess for the reader; one that is gone misleads."""
    for method in make_reference.methods():
        assert method.doc.text, method.name
        assert method.doc.operations, method.name
        explained = {name.strip() for names, _ in method.doc.sections.get("Args", []) for name in names.split(",")}
        parameters = set(inspect.signature(method.function).parameters) - {"self"}
        assert explained <= parameters, method.name
        assert all(name.endswith("_id") or name == "language" for name in parameters - explained - {"path"}), (
            method.name
        )


@pytest.fixture(scope="module")
def arguments(server: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Callable[[], dict[str, Any]]]:
    """By vendor and method, or operation where a method has several: what to call it with."""
    sonix = SonixClient(server.env["SONIX_API_KEY"], server.base_url)
    sound = tmp_path_factory.mktemp("sound") / "call.wav"
    sound.write_bytes(b"sound")

    def media() -> str:
        return server.add_sonix(language="en")[0]

    def translated() -> dict[str, Any]:
        media_id = media()
        sonix.translations.create(media_id, language="es")
        sonix.translations.wait(media_id, "es", interval=0.05)
        return {"media_id": media_id, "language": "es"}

    def shared() -> dict[str, Any]:
        media_id = media()
        sonix.shares.create(media_id, email="a@example.com")
        return {"media_id": media_id, "email": "a@example.com"}

    def folder() -> str:
        return sonix.folders.create(name="A folder").id

    def batch() -> str:
        return sonix.batch_summarizations.create(folder(), prompt="Summarize").id

    def user() -> str:
        return sonix.users.list()[0].id

    def with_media(**options: Any) -> Callable[[], dict[str, Any]]:
        return lambda: {"media_id": media(), **options}

    def with_job() -> dict[str, Any]:
        return {"job_id": server.add_temi()[0]}

    number = itertools.count()
    url = "https://media.example.com/call.mp3"
    segments = [{"speaker": "Ann", "words": [{"text": "Hi", "start_time": 0.0, "end_time": 0.4}]}]
    transcripts = {
        f"sonix transcripts.{name}": with_media() for name in ("get_text", "get_srt", "get_vtt", "get_json", "split")
    }
    return {
        **transcripts,
        "sonix transcripts.get_json_bytes": with_media(),
        "sonix Export translation": translated,
        "sonix media.list": dict,
        "sonix media.list_page": dict,
        "sonix media.pages": dict,
        "sonix media.get": with_media(),
        "sonix Submit new media": lambda: {"file": sound, "language": "en"},
        "sonix Submit multitrack media": lambda: {
            "file_url": url,
            "language": "en",
            "multitrack": True,
            "speaker_labels": ["A", "B"],
        },
        "sonix media.update": with_media(name="New name"),
        "sonix media.delete": with_media(),
        "sonix exports.create": with_media(),
        "sonix exports.get": lambda: {"export_id": sonix.exports.create(media()).id},
        "sonix transcripts.update": with_media(transcript=segments),
        "sonix translations.create": with_media(language="fr"),
        "sonix translations.get": translated,
        "sonix burn_ins.create": with_media(font_size=20),
        "sonix burn_ins.get": lambda: {"video_export_id": sonix.burn_ins.create(media()).id},
        "sonix summarizations.create": with_media(prompt="Summarize"),
        "sonix summarizations.get": lambda: {
            "summarization_id": sonix.summarizations.create(media(), prompt="Summarize").id
        },
        "sonix batch_summarizations.create": lambda: {"folder_id": folder(), "prompt": "Summarize"},
        "sonix batch_summarizations.get": lambda: {"batch_summarization_id": batch()},
        "sonix batch_summarizations.list": lambda: {"folder_id": folder()},
        "sonix folders.create": lambda: {"name": "Another"},
        "sonix folders.list": dict,
        "sonix folders.update": lambda: {"folder_id": folder(), "name": "Renamed"},
        "sonix users.list": dict,
        "sonix users.invite": lambda: {"name": "New", "email": f"new{next(number)}@example.com", "role": "editor"},
        "sonix users.update_role": lambda: {"user_id": user(), "role": "editor"},
        "sonix shares.create": with_media(email="a@example.com"),
        "sonix shares.list": with_media(),
        "sonix shares.delete": shared,
        "temi Submit job by URL (application/json)": lambda: {"url": url},
        "temi Submit job by file (multipart/form-data)": lambda: {"file": sound},
        "temi jobs.list": dict,
        "temi jobs.list_page": dict,
        "temi jobs.get": with_job,
        "temi jobs.delete": with_job,
        "temi transcripts.get_text": with_job,
        "temi transcripts.get_json": with_job,
        "temi transcripts.get_json_bytes": with_job,
        "temi transcripts.get_word": with_job,
        "temi transcripts.get_pdf": with_job,
        "temi account.get": dict,
    }


@pytest.mark.parametrize(("vendor", "operation", "endpoint", "resource", "method"), ROWS)
def test_every_line_of_the_table_works(
    sandbox: Sandbox,
    sonix: SonixClient,
    temi: TemiClient,
    arguments: dict[str, Callable[[], dict[str, Any]]],
    vendor: str,
    operation: str,
    endpoint: str,
    resource: str,
    method: str,
) -> None:
    """A reader who takes a line of the table gets the operation it names, by the endpoint it names."""
    client = sonix if vendor == "sonix" else temi
    make = arguments.get(f"{vendor} {operation}") or arguments[f"{vendor} {resource}.{method}"]
    options = make()
    sandbox.requests.clear()
    found = getattr(getattr(client, resource), method)(**options)
    if hasattr(found, "__next__"):
        assert list(found)
    request = sandbox.requests[0]
    patterns = [re.sub(r"<[^>]+>", "[^/]+", one) for one in endpoint.split(", or ")]
    assert any(re.fullmatch(one, f"{request.method} {request.path.removeprefix('/v1')}") for one in patterns)
    assert request.status in (200, 204)


def _words(function: Callable[..., Any], options: dict[str, Any]) -> list[str]:
    """What a person types to call a method with these options."""
    words: list[str] = []
    for name, value in options.items():
        parameter = inspect.signature(function).parameters[name]
        if parameter.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD and parameter.default is inspect.Parameter.empty:
            words.append(str(value))
            continue
        flag = f"--{name.replace('_', '-')}"
        if isinstance(value, bool):
            words.append(flag if value else f"--no-{flag[2:]}")
        elif isinstance(value, list) and all(isinstance(each, str) for each in value):
            words += [word for each in value for word in (flag, each)]
        else:
            words += [flag, json.dumps(value) if isinstance(value, list | dict) else str(value)]
    return words


@pytest.mark.parametrize(("vendor", "operation", "endpoint", "resource", "method"), ROWS)
def test_every_line_of_the_table_is_a_command(
    sandbox: Sandbox,
    sonix: SonixClient,
    temi: TemiClient,
    arguments: dict[str, Callable[[], dict[str, Any]]],
    tmp_path: Path,
    vendor: str,
    operation: str,
    endpoint: str,
    resource: str,
    method: str,
) -> None:
    """What is documented is one command away; an operation that only Python reaches sends an operator back to curl."""
    options = (arguments.get(f"{vendor} {operation}") or arguments[f"{vendor} {resource}.{method}"])()
    function = getattr(getattr(sonix if vendor == "sonix" else temi, resource), method)
    command = [vendor, resource.replace("_", "-"), method.replace("_", "-"), *_words(function, options)]
    asks = method in ("delete", "invite") or (resource, method) == ("shares", "create")
    env = {**sandbox.env, "SONITEMI_HOME": str(tmp_path)}
    sandbox.requests.clear()
    if asks:
        refused = CliRunner().invoke(main, command, env=env)
        assert (refused.exit_code, len(sandbox.requests)) == (2, 0)
        command.append("--yes")
    done = CliRunner().invoke(main, [*command, "--json"], env=env)
    assert done.exit_code == 0, done.stderr
    patterns = [re.sub(r"<[^>]+>", "[^/]+", one) for one in endpoint.split(", or ")]
    # What costs money looks first at what the vendor has already.
    asked = [f"{request.method} {request.path.removeprefix('/v1')}" for request in sandbox.requests]
    assert any(re.fullmatch(one, each) for one in patterns for each in asked)
    if method not in ("get_json_bytes", "get_word", "get_pdf"):
        json.loads(done.stdout)


def test_every_line_of_the_table_is_an_op_of_dagster(
    sandbox: Sandbox, arguments: dict[str, Callable[[], dict[str, Any]]], tmp_path: Path
) -> None:
    """A job of one's own reaches every documented operation, in one process, by names and config made of signatures."""
    # The core's own tests run where Dagster is not installed.
    dg = pytest.importorskip("dagster")
    from sonitemi_pipelines.dagster import LakeResource, SonixResource, TemiResource, sonitemi_ops

    ops = sonitemi_ops(
        sonix=SonixResource(api_key=sandbox.keys["sonix"], base_url=sandbox.base_url),
        temi=TemiResource(api_key=sandbox.keys["temi"], base_url=sandbox.base_url),
        lake=LakeResource(home=str(tmp_path)),
    )
    steps, config = {}, {}
    for number, (vendor, operation, _, resource, method) in enumerate(ROWS):
        options = (arguments.get(f"{vendor} {operation}") or arguments[f"{vendor} {resource}.{method}"])()
        step = f"line_{number}"
        steps[step] = ops[f"{vendor}.{resource}.{method}"].alias(step)
        config[step] = {"config": {name: str(one) if isinstance(one, Path) else one for name, one in options.items()}}

    @dg.job  # type: ignore[untyped-decorator]
    def every_operation() -> None:
        for step in steps.values():
            step()

    sandbox.requests.clear()
    with dg.DagsterInstance.ephemeral() as instance:
        result = every_operation.execute_in_process(
            run_config={"ops": {name: one for name, one in config.items() if one["config"]}},
            instance=instance,
            raise_on_error=False,
        )
    failed = [f"{each.step_key}: {each.event_specific_data}" for each in result.all_events if each.is_step_failure]
    assert not failed, failed
    asked = [f"{one.method} {one.path.removeprefix('/v1')}" for one in sandbox.requests if one.status in (200, 204)]
    for number, (vendor, operation, endpoint, *_) in enumerate(ROWS):
        patterns = [re.sub(r"<[^>]+>", "[^/]+", one) for one in endpoint.split(", or ")]
        assert any(re.fullmatch(one, each) for one in patterns for each in asked), f"{vendor} {operation}"
        found = result.output_for_node(f"line_{number}")
        if not isinstance(found, bytes):
            json.dumps(found)
    accepted = [row["operation"] for row in LakeResource(home=str(tmp_path)).lake().read(VENDOR_REQUESTS).to_pylist()]
    assert set(accepted) == {
        "media.submit",
        "jobs.submit",
        "summarizations.create",
        "batch_summarizations.create",
        "translations.create",
    }
