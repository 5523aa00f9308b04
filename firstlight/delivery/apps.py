from datetime import timedelta

from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    name = "firstlight.delivery"

    def ready(self) -> None:
        """Have what comes after sending done by the clock."""
        from django.conf import settings

        from firstlight.delivery import actions
        from firstlight.delivery.actions.bounces import collect_bounces
        from firstlight.delivery.hooks import Chore, register_chore

        register_chore(Chore("mailings done", timedelta(seconds=2), actions.finish_mailings))
        register_chore(Chore("messages that came too late", timedelta(seconds=5), actions.expire_rows))
        register_chore(Chore("messages of stopped mailings", timedelta(seconds=5), actions.stop_stragglers))
        register_chore(Chore("too many failures", timedelta(seconds=10), actions.watch_failures))
        register_chore(Chore("messages of lost senders", timedelta(seconds=10), actions.give_back_claims))
        register_chore(Chore("e-mails in place of text messages", timedelta(seconds=15), actions.fall_back))
        register_chore(Chore("messages without a fate", timedelta(minutes=1), actions.settle_unknown))
        register_chore(Chore("old lines of the log", timedelta(hours=6), actions.forget))
        if settings.BOUNCES:
            register_chore(Chore("bounces in the mailbox", timedelta(minutes=1), collect_bounces))
