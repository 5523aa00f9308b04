from django.urls import path

from firstlight.fhir import views

urlpatterns = [
    path("fhir/metadata", views.metadata, name="fhir_metadata"),
    path("fhir/<str:kind>", views.search, name="fhir_search"),
    path("fhir/<str:kind>/_search", views.search_posted, name="fhir_search_posted"),
    path("fhir/<str:kind>/<str:name>", views.read, name="fhir_read"),
    path("fhir/<str:kind>/<str:name>/_history/<str:version>", views.read_version, name="fhir_read_version"),
    path("fhir", views.nothing, name="fhir"),
    path("fhir/", views.nothing),
    path("fhir/<path:rest>", views.nothing),
]
