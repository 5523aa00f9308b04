from collections.abc import Iterator
from typing import Any

from whitenoise.storage import CompressedManifestStaticFilesStorage

# Vite's modules import each other by name: under a second, hashed name the same module would run twice.
NAMED_BY_THEIR_BUILD = "viewer/"


class Assets(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # whitenoise ships no types
    """Static files compressed and named by their hash, but for what the viewer's build has named itself."""

    def post_process(self, paths: dict[str, Any], **options: Any) -> Iterator[tuple[str, str | None, Any]]:
        """Hash what is ours to hash, compress everything."""
        built = {name for name in paths if name.startswith(NAMED_BY_THEIR_BUILD)}
        yield from super().post_process({name: paths[name] for name in paths if name not in built}, **options)
        for name, compressed in self.compress_files(built):
            yield name, compressed, True

    def stored_name(self, name: str) -> str:
        """The name a page links to."""
        return name if name.startswith(NAMED_BY_THEIR_BUILD) else str(super().stored_name(name))
