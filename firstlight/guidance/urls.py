from django.urls import path

from firstlight.guidance.views import desk, feeds, reading

urlpatterns = [
    # reading
    path("outbreaks/<slug:slug>/guidance/", reading.outbreak_guidance, name="outbreak_guidance"),
    path("outbreaks/<slug:slug>/guidance/now/", reading.which_imaging, name="which_imaging"),
    path("outbreaks/<slug:slug>/guidance/new/", desk.begin, name="begin_guideline"),
    path("outbreaks/<slug:slug>/guidance/<slug:name>/", reading.guideline, name="guideline"),
    path("outbreaks/<slug:slug>/guidance/<slug:name>/draft/", desk.begin_draft, name="begin_guideline_draft"),
    path(
        "outbreaks/<slug:slug>/guidance/<slug:name>/<int:number>/", reading.guideline_version, name="guideline_version"
    ),
    path("outbreaks/<slug:slug>/guidance/<slug:name>/<int:number>.toml", reading.guideline_text, name="guideline_text"),
    path("feeds/guidelines.<str:form>", feeds.guidelines, name="guidelines_feed"),
    # the editors' desk
    path("guidance/drafts/<int:pk>/", desk.edit, name="edit_guideline"),
    path("guidance/drafts/<int:pk>/check/", desk.check, name="check_guideline"),
    path("guidance/drafts/<int:pk>/recommendation/", desk.recommendation, name="edit_recommendation"),
    path("guidance/drafts/<int:pk>/recommendation/remove/", desk.remove_recommendation, name="remove_recommendation"),
    path("guidance/drafts/<int:pk>/submit/", desk.submit, name="submit_guideline"),
    path("guidance/drafts/<int:pk>/review/", desk.review, name="review_guideline"),
    path("guidance/drafts/<int:pk>/return/", desk.give_back, name="return_guideline"),
    path("guidance/drafts/<int:pk>/publish/", desk.publish, name="publish_guideline"),
    path("guidance/drafts/<int:pk>/drop/", desk.drop, name="drop_guideline"),
    path("guidance/doubts/<int:pk>/settle/", desk.settle, name="settle_doubt"),
]
