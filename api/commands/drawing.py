"""`solarsync graph`: the workflow, drawn from the code."""

from pathlib import Path
from typing import Annotated

import typer

from core.errors import ConfigurationError


def graph(
    png: Annotated[
        Path | None, typer.Option(help="Write a picture here instead of printing Mermaid.")
    ] = None,
) -> None:
    """Print the workflow as Mermaid, or draw it."""
    from graph.drawing import workflow_mermaid, workflow_png

    if png is None:
        typer.echo(workflow_mermaid())
        return
    try:
        png.write_bytes(workflow_png())
    except ImportError:
        raise ConfigurationError(["Pictures need pygraphviz: pip install 'solarsync[drawing]'"]) from None
    typer.echo(f"Drawn: {png}")
