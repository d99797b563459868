"""The workflow as a drawing, made from its nodes and edges."""

from graph.studio import studio_graph


def workflow_mermaid() -> str:
    """The workflow in Mermaid's notation."""
    return studio_graph().get_graph().draw_mermaid().strip()


def workflow_png() -> bytes:
    """The workflow as a PNG; raises `ImportError` where pygraphviz is not installed."""
    return studio_graph().get_graph().draw_png(None)
