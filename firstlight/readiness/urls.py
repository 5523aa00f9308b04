from django.urls import include, path

from firstlight.readiness.views import board, department, plans, rooms

DEPARTMENT = [
    path("", board.show, name="readiness_board"),
    path("items/<int:number>/", board.item, name="readiness_item"),
    path("items/<int:number>/references/", board.add_reference, name="readiness_add_reference"),
    path("items/<int:number>/references/<int:pk>/remove/", board.remove_reference, name="readiness_remove_reference"),
    path("due/", board.due, name="readiness_due"),
    path("progress/", board.progress, name="readiness_progress"),
    path("plans/", plans.show_all, name="readiness_plans"),
    path("plans/<int:pk>/", plans.show, name="readiness_plan"),
    path("plans/<int:pk>/picture/", plans.picture, name="readiness_plan_picture"),
    path("plans/<int:pk>/sign/", plans.sign, name="readiness_sign_plan"),
    path("plans/<int:pk>/zones/<int:zone>/", plans.edit_zone, name="readiness_zone"),
    path("plans/<int:pk>/zones/<int:zone>/remove/", plans.remove_zone, name="readiness_remove_zone"),
    path("rooms/", rooms.show_all, name="readiness_rooms"),
    path("rooms/<int:pk>/", rooms.edit, name="readiness_edit_room"),
    path("teams/", department.teams, name="readiness_teams"),
    path("devices/", department.devices, name="readiness_devices"),
    path("<str:what>/<int:pk>/edit/", department.edit, name="readiness_edit"),
    path("<str:what>/<int:pk>/remove/", department.remove, name="readiness_remove"),
]

urlpatterns = [
    path("outbreaks/<slug:slug>/readiness/", board.overview, name="readiness"),
    path("outbreaks/<slug:slug>/readiness/start/", board.start, name="start_readiness"),
    path("outbreaks/<slug:slug>/readiness/departments/<slug:institution>/", include(DEPARTMENT)),
    path("readiness/rooms/<int:pk>/", rooms.tablet, name="readiness_room"),
    path("readiness/rooms/<int:pk>/log/", rooms.log, name="readiness_log_room"),
    path("readiness/rooms/<int:pk>/undo/", rooms.undo, name="readiness_undo_room"),
]
