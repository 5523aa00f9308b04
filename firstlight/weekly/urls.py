from django.urls import path, re_path

from firstlight.imaging.dicomweb.pictures import THUMBNAIL_PX
from firstlight.weekly import dicomweb
from firstlight.weekly.views import desk, feeds, practice, ranking, rounds

KEY = r"^weekly/(?P<key>[0-9a-f]{16})/"
DESK = r"^weekly/desk/(?P<key>[0-9a-f]{16})/"
SERIES = KEY + r"dicom-web/studies/[0-9.]{1,64}/series/(?P<series>[0-9.]{1,64})"
INSTANCE = SERIES + r"/instances/(?P<sop>[0-9.]{1,64})"

urlpatterns = [
    path("weekly/", rounds.this_week, name="weekly"),
    path("feeds/weekly.<str:form>", feeds.weekly, name="weekly_feed"),
    path("weekly/ranking/", ranking.latest, name="weekly_rankings"),
    path("weekly/ranking/<int:year>/", ranking.year, name="weekly_ranking"),
    path("weekly/ranking/<int:year>/certificate.pdf", ranking.own_certificate, name="weekly_certificate"),
    path(
        "weekly/ranking/<int:year>/certificates/<int:member>.pdf", ranking.certificate_of, name="weekly_certificate_of"
    ),
    path("weekly/practice/", practice.own_progress, name="weekly_practice"),
    re_path(r"^weekly/practice/(?P<key>[0-9a-f]{16})/$", practice.practise, name="weekly_practise"),
    path("weekly/desk/", desk.desk, name="weekly_desk"),
    path("weekly/desk/schedule/<int:number>/", desk.schedule, name="weekly_schedule"),
    path("weekly/desk/vocabulary/", desk.show_vocabulary, name="weekly_vocabulary"),
    re_path(DESK + "$", desk.round_desk, name="weekly_round_desk"),
    re_path(DESK + "ruling/$", desk.rule, name="weekly_rule"),
    re_path(DESK + "times/$", desk.change_times, name="weekly_times"),
    re_path(DESK + "approve/$", desk.approve_again, name="weekly_approve_again"),
    re_path(DESK + "cancel/$", desk.cancel, name="weekly_cancel"),
    re_path(KEY + "$", rounds.one, name="weekly_round"),
    re_path(KEY + "answers/$", rounds.answer, name="weekly_answer"),
    re_path(KEY + "comments/$", rounds.say, name="weekly_say"),
    re_path(KEY + r"comments/(?P<number>[0-9]{1,9})/hide/$", rounds.hide, name="weekly_hide_comment"),
    re_path(SERIES + "/metadata$", dicomweb.series_metadata),
    re_path(INSTANCE + r"/frames/(?P<number>[1-9][0-9]{0,6})$", dicomweb.frames),
    re_path(INSTANCE + "/rendered$", dicomweb.rendered),
    re_path(INSTANCE + "/thumbnail$", dicomweb.rendered, {"longest_px": THUMBNAIL_PX}),
]
