from django.urls import path

from firstlight.guidance.cds import views

urlpatterns = [
    path("cds-services", views.cds_services, name="cds_services"),
    path("cds-services/<path:path>", views.cds_services),
    path("guidance/order-systems/", views.what_was_asked, name="order_systems"),
    path("guidance/order-systems/register/", views.register_system, name="register_order_system"),
    path("guidance/order-systems/<int:pk>/revoke/", views.revoke_system, name="revoke_order_system"),
]
