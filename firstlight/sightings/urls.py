from django.urls import path

from firstlight.sightings import views

urlpatterns = [
    path("outbreaks/<slug:slug>/reports/", views.outbreak_sightings, name="outbreak_sightings"),
    path("outbreaks/<slug:slug>/reports/new/", views.report, name="report_sighting"),
    path("reports/", views.desk, name="sightings_desk"),
    path("reports/<int:number>/", views.sighting, name="sighting"),
    path("reports/<int:number>/take/", views.take, name="take_sighting"),
    path("reports/<int:number>/release/", views.release, name="release_sighting"),
    path("reports/<int:number>/answer/", views.answer, name="answer_sighting"),
    path("reports/<int:number>/use/<slug:kind>/", views.use, name="use_sighting"),
    path("reports/<int:number>/reopen/", views.reopen, name="reopen_sighting"),
]
