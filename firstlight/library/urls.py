from django.urls import path

from firstlight.library.views import desk, reading

urlpatterns = [
    path("outbreaks/<slug:slug>/cases/", reading.outbreak_cases, name="outbreak_cases"),
    path("cases/", reading.cases, name="cases"),
    path("cases/desk/", desk.desk, name="desk"),
    path("cases/new/", desk.begin, name="begin_case"),
    path("cases/<int:number>/", reading.case, name="case"),
    path("cases/<int:number>/preview/", reading.preview, name="preview_case"),
    path("cases/<int:number>/edit/", desk.edit, name="edit_case"),
    path("cases/<int:number>/studies/", desk.attach, name="attach_studies"),
    path("cases/<int:number>/series/<int:series>/remove/", desk.detach, name="detach_series"),
    path("cases/<int:number>/key-images/", desk.add_key_image, name="add_key_image"),
    path("cases/<int:number>/key-images/<int:image>/remove/", desk.remove_key_image, name="remove_key_image"),
    path("cases/<int:number>/submit/", desk.submit, name="submit_case"),
    path("cases/<int:number>/publish/", desk.publish, name="publish_case"),
    path("cases/<int:number>/return/", desk.give_back, name="return_case"),
    path("cases/<int:number>/withdraw/", desk.withdraw, name="withdraw_case"),
]
