from django.urls import path

from firstlight.reading import views

urlpatterns = [
    path("reading/", views.reading, name="reading"),
    path("reading/schemes/", views.reading_schemes, name="reading_schemes"),
]
