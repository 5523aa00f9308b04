from django.urls import path

from firstlight.surveillance import views

urlpatterns = [
    path("outbreaks/<slug:slug>/numbers/", views.numbers, name="numbers"),
    path("outbreaks/<slug:slug>/numbers.csv", views.table, name="numbers_csv"),
    path("outbreaks/<slug:slug>/numbers.json", views.document, name="numbers_json"),
    path("outbreaks/<slug:slug>/numbers/v1.csv", views.table, name="numbers_csv_v1"),
    path("outbreaks/<slug:slug>/numbers/v1.json", views.document, name="numbers_json_v1"),
]
