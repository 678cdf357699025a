"""From pictures and words to one HTML file; Bokeh's JavaScript goes into it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import resources
from typing import Any

from bokeh.document import Document
from bokeh.embed import file_html
from bokeh.models import CustomJS, InlineStyleSheet, LayoutDOM
from bokeh.models.ui import StyledElement
from bokeh.resources import INLINE
from bokeh.themes import Theme
from jinja2 import Environment, FunctionLoader, StrictUndefined

from analysis.report.colours import DARK, LIGHT, PARTS, STRONGEST, triplet

# Colours are the style sheet's, which knows light from dark.
THEME = {
    "attrs": {
        "Axis": {"minor_tick_line_color": None},
        "Plot": {"outline_line_color": None},
        "Toolbar": {"logo": None, "autohide": False},
    }
}

# A canvas keeps the colours it was painted with, so it is painted again when the style sheet has
# others; before it is printed there is no time to wait for the next frame. Setting its width
# empties it: Bokeh itself leaves the outermost half pixel. A finger that moves up or down scrolls
# the page, as everywhere else.
READY = """
const plots = [...Bokeh.index.query((view) => view.model.type === "Figure")]
const paint = (plot) => {
    const {canvas} = plot.canvas_view.primary
    canvas.width = canvas.width
    plot.invalidate_painters()
    plot.paint()
}
for (const query of ["(prefers-color-scheme: dark)", "print"]) {
    matchMedia(query).addEventListener("change", () => plots.forEach(paint))
}
for (const plot of plots) plot.canvas_view.events_el.style.touchAction = "pan-y pinch-zoom"
"""


def make_document(
    template: str, panels: Iterable[LayoutDOM | None], variables: Mapping[str, Any]
) -> str:
    """Put pictures and words into a template.

    Parameters
    ----------
    template : str
        Name of a file beside this module.
    panels : iterable of bokeh.models.LayoutDOM or None
        Pictures, which the template finds by their names; None for one that there is not.
    variables : mapping of str to object
        What the template asks for, besides colours.

    Returns
    -------
    str
        HTML with all that it needs in it.
    """
    # Words come from users: everything that Bokeh did not make is escaped.
    environment = Environment(
        loader=FunctionLoader(_source),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    colours = {
        "light": _style_variables(LIGHT),
        "dark": _style_variables(DARK),
        "strongest": STRONGEST,
    }
    return file_html(
        _document(panels),
        INLINE,
        title="",
        template=environment.get_template(template),
        template_variables=colours | dict(variables),
        theme=Theme(json=THEME),
    )


def _source(name: str) -> str:
    return resources.files("analysis.report").joinpath(name).read_text(encoding="utf-8")


def _document(panels: Iterable[LayoutDOM | None]) -> Document:
    document, parts = Document(), InlineStyleSheet(css=PARTS)
    for panel in panels:
        if panel is None:
            continue
        for part in panel.select({"type": StyledElement}):
            part.stylesheets = [*part.stylesheets, parts]
        document.add_root(panel)
    document.js_on_event("document_ready", CustomJS(code=READY))
    return document


def _style_variables(colours: Mapping[str, str]) -> list[tuple[str, str]]:
    shades = {f"{name}-rgb": triplet(colours[name]) for name in ("for", "against")}
    return list((dict(colours) | shades).items())
