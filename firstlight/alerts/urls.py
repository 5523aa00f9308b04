from django.urls import path

from firstlight.alerts.views import answering, desk, feeds, reach, reading, self_service

urlpatterns = [
    # reading
    path("outbreaks/<slug:slug>/alerts/", reading.outbreak_alerts, name="outbreak_alerts"),
    path("alerts/", reading.archive, name="alerts"),
    path("alerts/<int:number>/", reading.notice, name="notice"),
    # reach
    path("alerts/<int:number>/reach/", reach.show, name="notice_reach"),
    path("alerts/<int:number>/reach.csv", reach.institutions_csv, name="notice_reach_csv"),
    path("alerts/<int:number>/reach/members.csv", reach.members_csv, name="notice_reach_members_csv"),
    path("alerts/members/<int:pk>/", reach.member_log, name="member_notices"),
    # feeds
    path("feeds/alerts.<str:form>", feeds.alerts, name="alerts_feed"),
    path("feeds/cap.atom", feeds.cap_index, name="cap_index"),
    path("feeds/cap/<int:number>.xml", feeds.cap, name="cap"),
    # the editors' desk
    path("alerts/desk/", desk.desk, name="notice_desk"),
    path("alerts/new/", desk.begin, name="begin_notice"),
    path("alerts/<int:number>/edit/", desk.edit, name="edit_notice"),
    path("alerts/<int:number>/count/", desk.count, name="count_notice"),
    path("alerts/<int:number>/review/", desk.review, name="review_notice"),
    path("alerts/<int:number>/control/", desk.control, name="control_notice"),
    path("alerts/<int:number>/submit/", desk.submit, name="submit_notice"),
    path("alerts/<int:number>/approve/", desk.approve, name="approve_notice"),
    path("alerts/<int:number>/return/", desk.give_back, name="return_notice"),
    path("alerts/<int:number>/issue-alone/", desk.issue_alone, name="issue_notice_alone"),
    path("alerts/<int:number>/look-over/", desk.look_over, name="look_over_notice"),
    path("alerts/<int:number>/withdraw/", desk.withdraw, name="withdraw_notice"),
    path("alerts/<int:number>/test/", desk.test, name="test_notice"),
    path("alerts/<int:number>/follow/", desk.follow, name="follow_notice"),
    # answers
    path("alerts/<int:number>/acknowledge/", answering.acknowledge, name="acknowledge_notice"),
    path("a/<str:code>/", answering.ack, name="ack"),
    # members' own pages
    path("me/", self_service.own, name="me"),
    path("me/<str:code>/", self_service.me, name="me"),
    path("me/<str:code>/leave/", self_service.leave, name="leave"),
    path("me/<str:code>/fresh/", self_service.fresh_link, name="fresh_link"),
    path("verify/", self_service.verify_code, name="verify_code"),
    path("verify/<str:code>/", self_service.verify, name="verify"),
]
