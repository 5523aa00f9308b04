from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.test import Client

from firstlight.audit.models import Entry
from firstlight.people.actions import add_member, create_token
from firstlight.people.models import ApiToken, Member, Role
from firstlight.people.queries import member_with_token
from tests.cast import DAWN, PASSWORD, Cast


def test_a_member_has_the_roles_that_were_granted_and_no_other(cast: Cast) -> None:
    assert cast.haneul.has_role(Role.EDITOR)
    assert cast.haneul.has_role(Role.READER, Role.EDITOR)
    assert not cast.haneul.has_role(Role.ADMINISTRATOR)
    assert not cast.ara.has_role(Role.EDITOR)


def test_adding_a_member_again_grants_more_and_changes_no_one_else(cast: Cast) -> None:
    before = cast.haneul
    again = add_member(email="HANEUL@example.org", name="x", roles=[Role.READER], by="command:test", at=DAWN)
    assert (again.pk, again.name, Member.objects.count()) == (before.pk, before.name, 1)
    assert set(again.grants.values_list("role", flat=True)) == {"member", "editor", "reader"}


def test_an_address_that_is_none_is_refused(db: None) -> None:
    with pytest.raises(ValidationError):
        add_member(email="nobody", name="x", roles=[], by="command:test", at=DAWN)
    assert not Member.objects.exists()


def test_a_token_opens_for_its_member_until_it_is_revoked_or_over(cast: Cast) -> None:
    token = cast.token(cast.maru)
    assert member_with_token(token, at=DAWN) == cast.maru
    assert member_with_token(token + "x", at=DAWN) is None
    ApiToken.objects.update(expires_at=DAWN + timedelta(hours=1))
    assert member_with_token(token, at=DAWN) == cast.maru
    assert member_with_token(token, at=DAWN + timedelta(hours=1)) is None
    ApiToken.objects.update(expires_at=None, revoked_at=DAWN)
    assert member_with_token(token, at=DAWN) is None


def test_a_token_of_someone_who_left_opens_nothing(cast: Cast) -> None:
    token = cast.token(cast.maru)
    Member.objects.update(is_active=False)
    assert member_with_token(token, at=DAWN) is None


def test_a_token_is_kept_nowhere(cast: Cast) -> None:
    token = create_token(member=cast.maru, name="gateway", by=cast.maru, at=DAWN)
    row = ApiToken.objects.get()
    assert token not in str(vars(row))
    assert token not in str(list(Entry.objects.values()))


def test_signing_in_takes_the_right_password(cast: Cast, client: Client) -> None:
    form = {"login": cast.haneul.email, "password": "not the password"}
    assert client.post("/account/login/", form).status_code == 200
    assert "_auth_user_id" not in client.session
    answer = client.post("/account/login/", {**form, "password": PASSWORD})
    assert answer.status_code == 302
    assert client.session["_auth_user_id"] == str(cast.haneul.pk)


def test_nobody_signs_themselves_up(db: None, client: Client) -> None:
    form = {"email": "stranger@example.org", "password1": PASSWORD}
    client.post("/account/signup/", form)
    assert not Member.objects.exists()


def test_what_was_done_can_be_neither_changed_nor_deleted(cast: Cast) -> None:
    assert cast.haneul.pk
    entry = Entry.objects.get(verb="member.added")
    with pytest.raises(TypeError):
        entry.save()
    with pytest.raises(TypeError):
        entry.delete()
