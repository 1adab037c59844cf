"""`python -m sonitemi_pipelines.cli`: the command where its script is not on the path."""

from sonitemi_pipelines.cli.main import main

main(prog_name="sonitemi")
