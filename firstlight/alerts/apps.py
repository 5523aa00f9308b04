from datetime import timedelta

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AlertsConfig(AppConfig):
    name = "firstlight.alerts"

    def ready(self) -> None:
        """Take part in every outbreak, and tell the postman whom notices are for and what answers mean."""
        self._join_outbreaks()
        self._tell_the_postman()
        self._serve_members()

    def _join_outbreaks(self) -> None:
        from firstlight.alerts.actions import set_up_first_notice, take_back_first_notice
        from firstlight.alerts.forms.composer import FirstNoticeForm
        from firstlight.alerts.queries.archive import count_standing
        from firstlight.alerts.queries.desk import (
            first_notice_at,
            notice_links,
            notice_news,
            notices_of,
            notices_waiting_for,
        )
        from firstlight.outbreaks.hooks import (
            MenuEntry,
            Milestone,
            Share,
            register_dependents,
            register_links,
            register_menu_entry,
            register_milestone,
            register_news,
            register_share,
            register_tasks,
        )

        first = Share(
            10, "first-notice", _("First notice"), FirstNoticeForm, set_up_first_notice, take_back_first_notice
        )
        register_menu_entry(MenuEntry(10, _("Notices"), "outbreak_alerts", count_standing))
        register_share(first)
        register_dependents(notices_of)
        register_news(notice_news)
        register_links(notice_links)
        register_tasks(notices_waiting_for)
        register_milestone(Milestone(10, "first-notice", _("First notice to members"), first_notice_at))

    def _tell_the_postman(self) -> None:
        from firstlight.alerts.actions import press_on, read_reply, stop_followed
        from firstlight.alerts.queries.answers import read_escalation
        from firstlight.alerts.queries.audience import read_audience
        from firstlight.delivery.hooks import (
            Chore,
            register_audience,
            register_chore,
            register_link,
            register_replier,
        )

        register_audience("notice", read_audience)
        register_audience("escalation", read_escalation)
        register_link("ack", "ack")
        register_replier(read_reply)
        register_chore(Chore("repeat unanswered notices", timedelta(minutes=1), press_on))
        register_chore(Chore("stop notices that were followed", timedelta(seconds=10), stop_followed))

    def _serve_members(self) -> None:
        """Members' own links and replies, questions about new addresses, and the digest."""
        from firstlight.alerts.actions.digest import send_digests
        from firstlight.alerts.actions.membership import ask_new_addresses, read_refusal
        from firstlight.alerts.hooks import DigestSection, register_digest_section
        from firstlight.alerts.queries.digest import new_notices, read_digest_audience
        from firstlight.delivery.hooks import (
            LEAVE,
            Chore,
            register_audience,
            register_chore,
            register_link,
            register_replier,
        )

        register_audience("digest", read_digest_audience)
        for name in ("me", LEAVE, "verify"):
            register_link(name, name)
        register_replier(read_refusal)
        register_chore(Chore("ask new addresses", timedelta(minutes=10), ask_new_addresses))
        register_chore(Chore("send the digest", timedelta(minutes=5), send_digests))
        register_digest_section(DigestSection(10, _("New notices"), new_notices))
