"""The desk's templates and static files; what a page and a live part of it have in common is rendered from the same file."""

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from aiohttp import web

if TYPE_CHECKING:
    from jinja2 import Environment

WEB = Path(__file__).parents[1]
STATIC = {"desk.js": "text/javascript", "desk.css": "text/css"}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)


class Templates:
    """Renders the desk's pages."""

    @cached_property
    def static(self) -> dict[str, bytes]:
        """The script and the style, read when the first page asks for them."""
        return {name: (WEB / "static" / name).read_bytes() for name in STATIC}

    @cached_property
    def _environment(self) -> "Environment":
        from jinja2 import Environment, FileSystemLoader, StrictUndefined  # no start of the server waits for it

        return Environment(
            loader=FileSystemLoader(WEB / "templates" / "desk"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )

    def text(self, name: str, /, **values: object) -> str:
        """Render a template, or a part of a page."""
        return self._environment.get_template(name).render(**values)

    def page(self, name: str, /, status: int = 200, **values: object) -> web.Response:
        """Render a whole page."""
        return web.Response(text=self.text(name, **values), content_type="text/html", status=status)
