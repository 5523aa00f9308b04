from django.urls import path

from firstlight.outbreaks import views

urlpatterns = [path("outbreaks/new/", views.activate, name="activate_outbreak")]
