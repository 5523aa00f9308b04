from django.apps import AppConfig


class OutbreaksConfig(AppConfig):
    name = "firstlight.outbreaks"

    def ready(self) -> None:
        """Tell of every outbreak's phases and changed words."""
        from firstlight.outbreaks.hooks import register_news
        from firstlight.outbreaks.queries import phase_news, word_news

        register_news(phase_news)
        register_news(word_news)
