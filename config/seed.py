"""The demo of a first run: people, a service account, tokens, a public client and a catalog. Made once."""

import json
import secrets
from pathlib import Path
from typing import Any, TypedDict

from django.conf import settings
from django.db import transaction

from accounts import service_accounts, tokens
from accounts.models import Account, User
from accounts.scopes import Scope
from audit.event import By
from catalog import connect, document_search, introspection, privileges
from catalog.document_search import Choice
from catalog.models import Catalog, Relation, Routine
from config.demo.load import DemoDatabase, DemoUnavailable, load
from config.embedded.postgres import Cluster
from config.home import write_private
from connections import integrations, policy
from connections.models import AppIntegration
from connections.policy import Registration
from mcp_endpoint import authoring, curation

DATABASE = "gatepost_demo"
LOGIN_ROLE = "gatepost_demo_login"
TICKETS = Choice("subject", ("subject", "body"), "https://support.example.com/tickets/{id}", "english")
CATALOG = "demo"
MCP_PATHS = {
    "functions": f"functions/{CATALOG}/sales",
    "tables": f"tables/{CATALOG}/sales",
    "sql": f"sql/{CATALOG}",
    "servers": "servers/desk",
}
DESK = [
    {
        "kind": "functions",
        "selector": f"{CATALOG}/sales",
        "tool": f"{CATALOG}__sales__get_customer",
        "alias": "customer",
    },
    {
        "kind": "tables",
        "selector": f"{CATALOG}/sales",
        "tool": "query_orders",
        "alias": "open_orders",
        "description": "Orders that wait to be sent.",
        "presets": {"filters": {"status": {"in": ["pending", "paid"]}}},
    },
    {"kind": "tables", "selector": f"{CATALOG}/support", "tool": "query_tickets", "alias": "tickets"},
]
EXPLORE: dict[str, Any] = {
    "title": "Explore a schema",
    "description": "Get to know a schema, and what its data can answer.",
    "arguments": [
        {"name": "schema", "title": "Schema", "required": True, "complete": "schema"},
        {"name": "interest", "title": "What for", "values": ["customers", "deliveries", "revenue"]},
    ],
    "messages": [
        {"role": "user", "resource": f"gatepost://{CATALOG}/{{{{schema}}}}"},
        {
            "role": "user",
            "text": "This is what I may use of the schema {{schema}}. Say in a few sentences what it holds. Then propose "
            "five questions that its data can answer, and answer the first with the tools. I care for: {{interest}}",
        },
    ],
    "offered_on": [f"*/{CATALOG}"],
}
ADMIN, MEMBER = "admin@demo.example", "member@demo.example"
CLIENT = "Demo client"
SERVICE_ACCOUNT = "Nightly revenue job"
REDIRECT_URLS = ["http://127.0.0.1/callback", "http://localhost/callback"]
YEAR = 365 * 24 * 3600  # seconds


class Secrets(TypedDict):
    """What a demo home keeps in its 0600 file: the raw credentials of the demo."""

    admin_token: str
    member_token: str
    service_account: dict[str, str]


def ensure(home: Path) -> tuple[Secrets, str]:
    """Make the demo unless this database has it. Return its credentials and, when the catalog is missing, why."""
    kept, why = home / "demo.json", ""
    account = Account.load()
    if not account.settings.get("demo_seeded"):
        why = _seed(kept)
    elif not kept.exists():  # another home on the same database
        with transaction.atomic():
            _keep(kept, _mint())
    return json.loads(kept.read_text()), why


def facts(base_url: str) -> dict[str, Any]:
    """Return what the ready file says of the demo, credentials apart."""
    catalog = Catalog.objects.filter(name=CATALOG).exists()
    client = AppIntegration.objects.filter(name=CLIENT).order_by("created").first()
    return {
        "mcp_urls": {kind: f"{base_url}/api/2.0/mcp/{path}" for kind, path in _mcp_paths().items()} if catalog else {},
        "public_client": client and {"client_id": client.client_id, "redirect_uris": client.redirect_urls},
        "demo_catalog": CATALOG if catalog else None,
    }


def _mcp_paths() -> dict[str, str]:
    """The vectors are there only where the extension is."""
    has_vectors = Relation.objects.filter(schema__catalog__name=CATALOG, name="ticket_embeddings").exists()
    return MCP_PATHS | ({"vector_search": f"vector-search/{CATALOG}/support"} if has_vectors else {})


def _seed(kept: Path) -> str:
    """Everything in one transaction, so that a start that is interrupted leaves nothing half-made."""
    database, why = _database()
    with transaction.atomic():
        account = Account.objects.select_for_update().get()
        admin = User.objects.create_person(ADMIN, "Ada Admin", is_account_admin=True)
        member = User.objects.create_person(MEMBER, "Max Member")
        by = _by(admin)
        robot = service_accounts.create(SERVICE_ACCOUNT, by=by)
        integrations.create(
            by=by,
            name=CLIENT,
            redirect_urls=REDIRECT_URLS,
            confidential=False,
            scopes=[Scope.ALL_APIS, Scope.MCP_FUNCTIONS, Scope.MCP_WRITE, Scope.OFFLINE_ACCESS],
        )
        if settings.IS_LOOPBACK:  # only programs of this computer can register
            policy.change(by=by, client_registration=Registration.OPEN)
        if database:
            _connect(database, admin, member, robot, by)
        credentials = _mint()
        account.refresh_from_db()
        account.settings = {**account.settings, "demo_seeded": True}
        account.save(update_fields=["settings"])
        _keep(kept, credentials)
    return why


def _database() -> tuple[DemoDatabase | None, str]:
    external = settings.DATABASE_URL_IS_GIVEN
    admin_url = settings.DATABASE_URL if external else Cluster(settings.GATEPOST_HOME).superuser_dsn("postgres")
    try:
        return load(admin_url, database=DATABASE, login_role=LOGIN_ROLE, password=secrets.token_urlsafe(32)), ""
    except DemoUnavailable as unavailable:
        return None, str(unavailable)


def _connect(database: DemoDatabase, admin: User, member: User, robot: User, by: By) -> None:
    catalog = connect.connect(
        by=by,
        name=CATALOG,
        host=database.host,
        port=database.port,
        database=database.database,
        user=database.user,
        password=database.password,
        sslmode="prefer",
        read_only=False,
        creator_user=database.creator,
        creator_password=database.password,
        creator_schema="drafts",
        comment="Demo data: customers, orders, products, tickets and staff of a made-up shop",
    )
    introspection.refresh(catalog)
    order = Routine.objects.get(schema__catalog=catalog, schema__name="sales", name="place_order")
    privileges.mark_writing(order, writes=True, by=by)
    document_search.put(catalog, "support", "tickets", TICKETS, by=by)
    curation.create(
        "desk", {"title": "Service desk", "description": "For who answers the phone.", "tools": DESK}, by=by
    )
    authoring.create("explore_schema", EXPLORE, by=by)
    _grant(admin, ("USE_CATALOG", "USE_SCHEMA", "SELECT", "MODIFY", "EXECUTE"), catalog, "", by)
    for principal, schemas in ((member, ("sales", "support")), (robot, ("sales",))):
        _grant(principal, ("USE_CATALOG",), catalog, "", by)
        for schema in schemas:
            _grant(principal, ("USE_SCHEMA", "SELECT", "EXECUTE"), catalog, schema, by)


def _grant(principal: User, actions: tuple[str, ...], catalog: Catalog, schema: str, by: By) -> None:
    for action in actions:
        privileges.grant(principal, action, privileges.on(catalog, schema), by=by)


def _mint() -> Secrets:
    admin, member = User.objects.get(email=ADMIN), User.objects.get(email=MEMBER)
    robot = User.objects.get(kind=User.Kind.SERVICE, name=SERVICE_ACCOUNT)
    by = _by(admin)
    everything = [Scope.ALL_APIS, Scope.ACCESS_MANAGEMENT]
    _, admin_token = tokens.create(admin, by=by, comment="Demo admin", lifetime_seconds=YEAR, scopes=everything)
    _, member_token = tokens.create(
        member, by=by, comment="Demo member", lifetime_seconds=YEAR, scopes=[Scope.ALL_APIS]
    )
    _, secret = service_accounts.add_secret(robot, by=by, lifetime_seconds=YEAR, scopes=[])
    return {
        "admin_token": admin_token,
        "member_token": member_token,
        "service_account": {"client_id": str(robot.application_id), "client_secret": secret},
    }


def _by(admin: User) -> By:
    return By(principal_id=admin.pk, principal_kind=admin.kind, principal_name="manage.py up")


def _keep(kept: Path, credentials: Secrets) -> None:
    write_private(kept, json.dumps(credentials))
    write_private(kept.with_name("demo-token"), credentials["admin_token"])
