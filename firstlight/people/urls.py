from django.urls import path

from firstlight.people.views import lists, members

urlpatterns = [
    path("members/", members.members, name="members"),
    path("members/new/", members.new, name="new_member"),
    path("members/<int:pk>/", members.member, name="member"),
    path("members/<int:pk>/contact/", members.contact, name="member_contact"),
    path("members/<int:pk>/consent/", members.consent, name="member_consent"),
    path("members/<int:pk>/deactivate/", members.deactivate, name="deactivate_member"),
    path("members/<int:pk>/reactivate/", members.reactivate, name="reactivate_member"),
    path("members/import/", lists.hand_in, name="import_members"),
    path("members/import/template.csv", lists.template, name="member_list_template"),
    path("members/import/<int:pk>/", lists.show, name="member_list"),
    path("members/import/<int:pk>/confirm/", lists.confirm, name="confirm_member_list"),
    path("members/import/<int:pk>/discard/", lists.discard, name="discard_member_list"),
    path("members/import/<int:pk>/carry-on/", lists.carry_on, name="carry_on_member_list"),
    path("members/import/<int:pk>/bad-rows.csv", lists.bad_rows, name="member_list_bad_rows"),
]
