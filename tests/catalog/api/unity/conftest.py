"""Short ways to ask, and to give a privilege."""

from catalog.models import Privilege, Routine

UC = "/api/2.1/unity-catalog"


def ok(client, path):
    answer = client.send("GET", f"{UC}/{path}")
    assert answer.status_code == 200, answer.content
    return answer.json()


def names(rows):
    return [row["name"] for row in rows]


def give(user, catalog, action, securable="catalog", **where):
    if securable == "function":
        routine = Routine.objects.get(schema__name=where["schema"], name=where["object"], schema__catalog=catalog)
        where["signature"] = routine.signature
    Privilege.objects.create(user=user, catalog=catalog, action=action, securable=securable, **where)
