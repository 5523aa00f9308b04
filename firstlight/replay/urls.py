from django.urls import path

from firstlight.replay import views

urlpatterns = [path("outbreaks/<slug:slug>/tour/", views.tour, name="tour")]
