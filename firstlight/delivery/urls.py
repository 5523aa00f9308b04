from django.urls import path

from firstlight.delivery.views import calls, desk, outbox

urlpatterns = [
    path("delivery/", desk.show, name="post"),
    path("delivery/mailings/<int:pk>/<str:what>/", desk.turn, name="turn_mailing"),
    path("delivery/reports/<str:carrier>/<str:code>/", calls.report, name="carrier_report"),
    path("delivery/replies/<str:carrier>/<str:code>/", calls.reply, name="carrier_reply"),
    path("outbox/", outbox.show, name="outbox"),
]
