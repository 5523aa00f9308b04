from django.urls import path, re_path

from firstlight.imaging import views as pages
from firstlight.imaging.dicomweb import views

NAMES = r"/studies/([0-9.]{1,64})/series/([0-9.]{1,64})/instances/([0-9.]{1,64})"

urlpatterns = [
    path("dicom-web/studies", views.door, name="dicomweb_studies"),
    re_path(rf"^dicom-web{NAMES}/rendered$", views.door, name="rendered"),
    re_path(rf"^dicom-web{NAMES}/thumbnail$", views.door, name="thumbnail"),
    re_path(r"^dicom-web/", views.door),
    re_path(r"^studies/(?P<study>[0-9.]{1,64})/receipt/$", pages.receipt, name="receipt"),
    re_path(r"^studies/(?P<study>[0-9.]{1,64})/receipt\.json$", pages.receipt_documents, name="receipt_documents"),
    path("signing-keys/", pages.list_keys, name="signing_keys"),
    path("signing-keys/<int:number>/revoke/", pages.revoke, name="revoke_key"),
    path("dicom-partners/", pages.list_peers, name="peers"),
    path("dicom-partners/new/", pages.edit_peer, name="add_peer"),
    path("dicom-partners/<int:number>/", pages.edit_peer, name="edit_peer"),
    path("quarantine/", pages.quarantine, name="quarantine"),
    path("quarantine/<int:number>/retry/", pages.retry, name="retry_held"),
    path("quarantine/<int:number>/look/", pages.look, name="look_at_held"),
    path("quarantine/<int:number>/look/<int:frame>", pages.held_frame, name="held_frame"),
    path("quarantine/<int:number>/discard/", pages.discard, name="discard_held"),
]
