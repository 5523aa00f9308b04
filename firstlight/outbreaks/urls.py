from django.urls import path

from firstlight.outbreaks import views

urlpatterns = [
    path("outbreaks/new/", views.choose_blueprint, name="activate_outbreak"),
    path("outbreaks/new/from/<slug:blueprint>/", views.prepare, name="prepare_outbreak"),
    path("outbreaks/new/<slug:slug>/", views.edit_preparation, name="edit_preparation"),
    path("outbreaks/<slug:slug>/switch/", views.switch, name="switch_outbreak"),
    path("outbreaks/<slug:slug>/switch/words/", views.rewrite, name="rewrite_outbreak"),
    path("outbreaks/<slug:slug>/switch/phase/", views.enter_phase, name="enter_phase"),
    path("outbreaks/<slug:slug>/switch/close/", views.close, name="close_outbreak"),
    path("outbreaks/<slug:slug>/switch/undo/", views.undo, name="undo_activation"),
]
