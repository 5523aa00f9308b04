"""What apps above tell an outbreak about themselves when they start."""

from firstlight.outbreaks.hooks.menu import Days, MenuEntry, MenuItem, frame_of, menu_of, register_menu_entry
from firstlight.outbreaks.hooks.story import (
    Link,
    Milestone,
    News,
    Task,
    Thing,
    links_of,
    milestones,
    news_of,
    register_links,
    register_milestone,
    register_news,
    register_tasks,
    tasks_of,
)
from firstlight.outbreaks.hooks.switch import Share, dependents_of, register_dependents, register_share, shares

__all__ = [
    "Days",
    "Link",
    "MenuEntry",
    "MenuItem",
    "Milestone",
    "News",
    "Share",
    "Task",
    "Thing",
    "dependents_of",
    "frame_of",
    "links_of",
    "menu_of",
    "milestones",
    "news_of",
    "register_dependents",
    "register_links",
    "register_menu_entry",
    "register_milestone",
    "register_news",
    "register_share",
    "register_tasks",
    "shares",
    "tasks_of",
]
