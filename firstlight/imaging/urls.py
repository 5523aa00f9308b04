from django.urls import path, re_path

from firstlight.imaging import views as pages
from firstlight.imaging.dicomweb import views
from firstlight.imaging.dicomweb.retrieve import THUMBNAIL_PX

STUDY = r"^dicom-web/studies/(?P<study>[0-9.]{1,64})"
SERIES = STUDY + r"/series/(?P<series>[0-9.]{1,64})"
INSTANCE = SERIES + r"/instances/(?P<sop>[0-9.]{1,64})"
FRAMES = r"/frames/(?P<numbers>[1-9][0-9]{0,6}(?:,[1-9][0-9]{0,6})*)"

urlpatterns = [
    path("dicom-web/studies", views.studies, name="dicomweb_studies"),
    path("dicom-web/series", views.all_series),
    path("dicom-web/instances", views.all_instances),
    re_path(STUDY + "$", views.study),
    re_path(STUDY + "/metadata$", views.study_metadata),
    re_path(STUDY + "/series$", views.all_series),
    re_path(STUDY + "/instances$", views.all_instances),
    re_path(SERIES + "$", views.series),
    re_path(SERIES + "/metadata$", views.series_metadata),
    re_path(SERIES + "/instances$", views.all_instances),
    re_path(INSTANCE + "$", views.instance),
    re_path(INSTANCE + "/metadata$", views.instance_metadata),
    re_path(INSTANCE + FRAMES + "$", views.frames),
    re_path(INSTANCE + r"/bulkdata/(?P<path>[0-9A-Fa-f]{8}(?:/[0-9]+/[0-9A-Fa-f]{8})*)$", views.bulk_data),
    re_path(INSTANCE + "/rendered$", views.rendered, name="rendered"),
    re_path(INSTANCE + "/thumbnail$", views.rendered, {"longest_px": THUMBNAIL_PX}, name="thumbnail"),
    re_path(INSTANCE + r"/frames/(?P<frame>[1-9][0-9]{0,6})/rendered$", views.rendered),
    re_path(INSTANCE + r"/frames/(?P<frame>[1-9][0-9]{0,6})/thumbnail$", views.rendered, {"longest_px": THUMBNAIL_PX}),
    re_path(r"^studies/(?P<study>[0-9.]{1,64})/receipt/$", pages.receipt, name="receipt"),
    re_path(r"^studies/(?P<study>[0-9.]{1,64})/receipt\.json$", pages.receipt_documents, name="receipt_documents"),
    path("signing-keys/", pages.list_keys, name="signing_keys"),
    path("signing-keys/<int:number>/revoke/", pages.revoke, name="revoke_key"),
    path("quarantine/", pages.quarantine, name="quarantine"),
    path("quarantine/<int:number>/retry/", pages.retry, name="retry_held"),
    path("quarantine/<int:number>/look/", pages.look, name="look_at_held"),
    path("quarantine/<int:number>/look/<int:frame>", pages.held_frame, name="held_frame"),
    path("quarantine/<int:number>/discard/", pages.discard, name="discard_held"),
]
