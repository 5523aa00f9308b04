from django.urls import path

from firstlight.visits import views

urlpatterns = [
    path("visits/", views.visits, name="visits"),
    path("visits.csv", views.visits_csv, name="visits_csv"),
]
