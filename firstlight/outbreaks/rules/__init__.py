"""What an outbreak begins with, and the words that its parts are found by."""

from firstlight.outbreaks.rules.blueprints import Blueprint, blueprints
from firstlight.outbreaks.rules.tags import BadTagLine, tag_lines

__all__ = ["BadTagLine", "Blueprint", "blueprints", "tag_lines"]
