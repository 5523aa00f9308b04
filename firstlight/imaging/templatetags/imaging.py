from collections.abc import Mapping
from typing import Any

from django import template

register = template.Library()


@register.filter
def entry(mapping: Mapping[str, Any], key: str) -> Any:
    """A mapping's value for a key, or the key itself."""
    return mapping.get(key, key)
