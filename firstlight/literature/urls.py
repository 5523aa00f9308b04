from django.urls import path

from firstlight.literature.views import lists, paper, screening, watches

urlpatterns = [
    path("outbreaks/<slug:slug>/literature/", lists.outbreak_literature, name="outbreak_literature"),
    path("outbreaks/<slug:slug>/literature/papers.<str:form>", lists.outbreak_export, name="outbreak_papers_file"),
    path("outbreaks/<slug:slug>/literature/screening/", screening.screening, name="screening"),
    path("outbreaks/<slug:slug>/literature/screening/<int:number>/", screening.decide, name="screen_paper"),
    path("outbreaks/<slug:slug>/literature/<int:number>/", screening.listing, name="paper_listing"),
    path("papers/", lists.papers, name="papers"),
    path("papers/watches/", watches.watches, name="paper_watches"),
    path("papers/watches/<int:watch>/end/", watches.end, name="end_paper_watch"),
    path("papers/<int:number>/", paper.paper, name="paper"),
    path("papers/<int:number>/paper.<str:form>", paper.export, name="paper_file"),
    path("papers/<int:number>/split/", paper.split_paper, name="split_paper"),
    path("papers/<int:number>/unite/", paper.unite_papers, name="unite_papers"),
    path("papers/<int:number>/propose/", screening.propose, name="propose_paper"),
    path("feeds/papers.<str:form>", lists.feed, name="papers_feed"),
]
