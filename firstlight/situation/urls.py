from django.urls import path

from firstlight.situation import views

urlpatterns = [
    path("", views.home, name="home"),
    path("outbreaks/<slug:slug>/", views.outbreak, name="outbreak"),
    path("outbreaks/<slug:slug>/evidence/", views.evidence, name="evidence"),
    path("outbreaks/<slug:slug>/report.pdf", views.report, name="report"),
    path("healthz", views.healthz, name="healthz"),
]
