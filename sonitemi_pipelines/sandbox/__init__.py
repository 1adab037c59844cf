"""Both vendors over real HTTP on one loopback port: the demo's vendor and the tests' fixture."""

from sonitemi_pipelines.sandbox.happenings import SandboxError
from sonitemi_pipelines.sandbox.quirks import Quirks
from sonitemi_pipelines.sandbox.sandbox import Sandbox, serve_forever
from sonitemi_pipelines.sandbox.served import SIZES

__all__ = ["SIZES", "Quirks", "Sandbox", "SandboxError", "serve_forever"]
