from django.urls import path

from firstlight.library import views

urlpatterns = [
    path("outbreaks/<slug:slug>/cases/", views.outbreak_cases, name="outbreak_cases"),
    path("cases/", views.cases, name="cases"),
    path("cases/desk/", views.desk, name="desk"),
    path("cases/new/", views.begin, name="begin_case"),
    path("cases/<int:number>/", views.case, name="case"),
    path("cases/<int:number>/preview/", views.preview, name="preview_case"),
    path("cases/<int:number>/edit/", views.edit, name="edit_case"),
    path("cases/<int:number>/studies/", views.attach, name="attach_studies"),
    path("cases/<int:number>/series/<int:series>/remove/", views.detach, name="detach_series"),
    path("cases/<int:number>/key-images/", views.add_key_image, name="add_key_image"),
    path("cases/<int:number>/key-images/<int:image>/remove/", views.remove_key_image, name="remove_key_image"),
    path("cases/<int:number>/submit/", views.submit, name="submit_case"),
    path("cases/<int:number>/publish/", views.publish, name="publish_case"),
    path("cases/<int:number>/return/", views.give_back, name="return_case"),
    path("cases/<int:number>/withdraw/", views.withdraw, name="withdraw_case"),
]
