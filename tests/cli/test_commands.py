"""Every command against a running server. rest-api.md 8."""

import json
import re

import httpx2
import pytest
from jwcrypto import jwk

from accounts.models import User
from catalog import (
    quarantine,
    tasks,  # noqa: F401 - registers what the jobs do
)
from catalog.models import Routine
from jobs import outbox
from jobs.models import Job
from tests.catalog.conftest import PASSWORD
from tests.catalog.drafts import SCHEMA, drafts  # noqa: F401 - a fixture
from tests.cli.conftest import committed
from tests.waiting import until

pytestmark = pytest.mark.django_db
CLAUDE = {"name": "Claude", "redirect_urls": ["https://claude.ai/cb"], "scopes": ["mcp.functions", "offline_access"]}


def connect(gatepost, workshop):
    """Connect the workshop as catalog shop, and read it as a worker would."""
    where = {name: getattr(workshop, name) for name in ("host", "port", "database", "user", "password", "sslmode")}
    gatepost("catalogs create", "--json", json.dumps({"name": "shop", **where}))
    committed(outbox.run_due)


def test_an_app_integration_from_its_registration_to_its_end(gatepost, tmp_path):
    made = gatepost("account custom-app-integration create", "--json", json.dumps(CLAUDE))
    assert set(made) == {"integration_id", "client_id"}
    one = made["integration_id"]
    assert (
        gatepost(f"account custom-app-integration update {one} --access-token-ttl 30m --scopes sql,unity-catalog") == {}
    )
    got = gatepost(f"account custom-app-integration get {one}")
    assert got["token_access_policy"]["access_token_ttl_in_minutes"] == 30
    assert got["scopes"] == ["sql", "unity-catalog"]
    assert gatepost(f"account custom-app-integration sessions {one}") == []
    assert gatepost(f"account custom-app-integration revoke-sessions {one} --yes") == {"sessions": 0}
    assert gatepost(f"account custom-app-integration consent-policy {one}")["policy"] == "first_time"
    set_policy = f"account custom-app-integration set-consent-policy {one} --policy"
    assert gatepost(f"{set_policy} every_time") == {"policy": "every_time", "groups": []}
    assert "--groups" in gatepost(f"{set_policy} pre_approved --groups nobody", status=1)
    assert gatepost(f"account custom-app-integration ip-allowlist {one}") == {"ip_addresses": []}
    gatepost(f"account custom-app-integration set-ip-allowlist {one} --ip-addresses 198.51.100.0/24")
    assert gatepost(f"account custom-app-integration allowed-catalogs {one}") == {"all": True}
    assert "--catalogs" in gatepost(
        f"account custom-app-integration set-allowed-catalogs {one} --catalogs nowhere", status=1
    )
    assert gatepost(f"account custom-app-integration set-allowed-catalogs {one} --all") == {"all": True}
    gatepost(f"account custom-app-integration disable {one}")
    gatepost(f"account custom-app-integration enable {one}")
    assert [app["name"] for app in gatepost("account custom-app-integration list")] == ["Claude"]
    [named] = gatepost("account custom-app-integration list --include-creator-username --limit 1")
    assert named["creator_username"] == "alice@example.com"
    assert gatepost(f"account custom-app-integration delete {one} --yes") == {}
    assert "RESOURCE_DOES_NOT_EXIST" in gatepost(f"account custom-app-integration get {one}", status=1)


def test_a_body_comes_from_a_file_from_input_and_from_flags_that_win(gatepost, tmp_path):
    file = tmp_path / "app.json"
    file.write_text(json.dumps({**CLAUDE, "confidential": True}))
    made = gatepost(f"account custom-app-integration create --json @{file} --name Nightly")
    one = made["integration_id"]
    assert made["client_secret"].startswith("gp_cs_")
    assert gatepost(f"account custom-app-integration get {one}")["name"] == "Nightly"
    rotated = gatepost(f"account custom-app-integration rotate-secret {one} --overlap 1h")
    assert rotated["client_secret"].startswith("gp_cs_")
    assert rotated["client_secret"] != made["client_secret"]
    new, old = gatepost(f"account custom-app-integration-secrets list {one}")
    assert (new["secret_id"], "expire_time" in old) == (rotated["secret_id"], True)
    gatepost(f"account custom-app-integration-secrets delete {one} {old['secret_id']} --yes")
    assert [row["secret_id"] for row in gatepost(f"account custom-app-integration-secrets list {one}")] == [
        new["secret_id"]
    ]
    gatepost(f"account custom-app-integration update {one} --json -", text='{"scopes": ["sql"]}')
    gatepost(f"account custom-app-integration delete {one} -y")


def test_published_apps_are_switched_on_and_off(gatepost):
    apps = {row["app_id"] for row in gatepost("account published-apps list")}
    assert {"claude", "cursor"} <= apps
    one = gatepost("account published-app-integration create --app-id claude --access-token-ttl 30m")["integration_id"]
    gatepost(f"account published-app-integration update {one} --access-token-ttl 20m")
    got = gatepost(f"account published-app-integration get {one}")
    assert (got["app_id"], got["token_access_policy"]["access_token_ttl_in_minutes"]) == ("claude", 20)
    assert one in {row["integration_id"] for row in gatepost("account published-app-integration list")}
    gatepost(f"account published-app-integration delete {one} --yes")


def test_clients_that_registered_themselves(gatepost, world):
    gatepost("workspace settings update --client-registration approval")
    assert gatepost("workspace settings get")["client_registration"] == "approval"
    for name in ("Good", "Bad"):
        body = {"client_name": name, "redirect_uris": ["http://127.0.0.1/callback"]}
        made = httpx2.post(f"{world.base_url}/oidc/v1/register", json=body)
        assert made.status_code == 201, made.text
    good, bad = gatepost("account registrations list")
    assert (good["client_name"], good["state"]) == ("Good", "waiting")
    gatepost(f"account registrations approve {good['client_id']}")
    gatepost(f"account registrations reject {bad['client_id']} --yes")
    assert [row["state"] for row in gatepost("account registrations list")] == ["usable"]


def test_service_accounts_and_their_secrets(gatepost):
    made = gatepost("account service-principals create --display-name Nightly --roles auditor")
    one = made["id"]
    assert made["roles"] == [{"value": "auditor"}]
    gatepost(f"account service-principals update {one} --display-name Hourly")
    assert gatepost(f"account service-principals deactivate {one}")["active"] is False
    assert gatepost(f"account service-principals activate {one}")["active"] is True
    assert gatepost(f"account service-principals get {one}")["displayName"] == "Hourly"
    assert [row["id"] for row in gatepost("account service-principals list")] == [one]
    secret = gatepost(f"account service-principal-secrets create {one} --lifetime 90d --scopes mcp.functions")
    assert secret["secret"].startswith("gp_sas_")
    [listed] = gatepost(f"account service-principal-secrets list {one}")
    assert (listed["id"], listed["scopes"], "secret" in listed) == (secret["id"], ["mcp.functions"], False)
    gatepost(f"account service-principal-secrets delete {one} {secret['id']} --yes")
    assert gatepost(f"account service-principal-secrets list {one}") == []
    token = gatepost(f"token-management create-on-behalf --application-id {made['applicationId']} --lifetime 1h")
    assert token["token_value"].startswith("gp_pat_")
    gatepost(f"account service-principals delete {one} --yes")


def test_public_keys_of_service_accounts(gatepost, tmp_path):
    one = gatepost("account service-principals create --display-name Nightly")["id"]
    whole = jwk.JWK.generate(kty="OKP", crv="Ed25519")
    file = tmp_path / "key.json"
    file.write_text(whole.export_private())
    told = gatepost(f"account service-principal-keys create {one} --jwk-file {file}", status=2)
    assert "holds a private key" in told
    file.write_text(whole.export_public())
    made = gatepost(f"account service-principal-keys create {one} --jwk-file {file} --lifetime 90d --scopes sql")
    assert (made["algorithm"], made["scopes"]) == ("EdDSA", ["sql"])
    assert [row["id"] for row in gatepost(f"account service-principal-keys list {one}")] == [made["id"]]
    gatepost(f"account service-principal-keys delete {one} {made['id']} --yes")
    gatepost(f"account service-principals delete {one} --yes")


def test_people_and_groups(gatepost):
    bob = gatepost("account users list", "--filter", 'userName eq "bob@example.com"')[0]["id"]
    made = gatepost("account users create --user-name eve@example.com --display-name Eve")
    eve = made["id"]
    assert "/sign-in/link/gp_si_" in gatepost(f"account password-links create {eve}")["url"]
    assert gatepost(f"account users update {eve} --display-name Evelyn")["displayName"] == "Evelyn"
    assert gatepost(f"account users deactivate {eve}")["active"] is False
    assert gatepost(f"account users activate {eve}")["active"] is True
    assert gatepost(f"account users get {eve}")["userName"] == "eve@example.com"
    group = gatepost(f"account groups create --display-name readers --members {bob},{eve}")["id"]
    assert [member["value"] for member in gatepost(f"account groups get {group}")["members"]] == [bob, eve]
    patched = gatepost(f"account groups update {group} --display-name writers --members {bob}")
    assert (patched["displayName"], len(patched["members"])) == ("writers", 1)
    assert [row["displayName"] for row in gatepost("account groups list")] == ["writers"]
    gatepost(f"account groups delete {group} --yes")
    gatepost(f"account users delete {eve} --yes")


def test_a_list_of_people_goes_over_pages(gatepost):
    for number in range(101):
        committed(User.objects.create_person, f"p{number}@example.com", "P")
    emails = [row["userName"] for row in gatepost("account users list", "--filter", 'userName sw "p"')]
    assert len(emails) == len(set(emails)) == 101
    assert len(gatepost("account users list --limit 7")) == 7


@pytest.mark.parametrize("surface", ["account", "workspace"])
def test_ip_access_lists(gatepost, surface):
    commands = {  # written out, so that the test of the names finds them
        "account": ("account ip-access-lists create", "account ip-access-lists list", "account ip-access-lists get"),
        "workspace": (
            "workspace ip-access-lists create",
            "workspace ip-access-lists list",
            "workspace ip-access-lists get",
        ),
    }
    create, listing, get = commands[surface]
    update, delete = {
        "account": ("account ip-access-lists update", "account ip-access-lists delete"),
        "workspace": ("workspace ip-access-lists update", "workspace ip-access-lists delete"),
    }[surface]
    made = gatepost(f"{create} --label bad --list-type BLOCK --ip-addresses 198.51.100.0/24,2001:db8::/32")
    one = made["list_id"]
    assert made["ip_addresses"] == ["198.51.100.0/24", "2001:db8::/32"]
    assert gatepost(f"{update} {one} --disabled")["enabled"] is False
    assert gatepost(f"{get} {one}")["label"] == "bad"
    assert [row["list_id"] for row in gatepost(listing)] == [one]
    assert "INVALID_STATE" in gatepost(f"{create} --label me --list-type BLOCK --ip-addresses 127.0.0.1", status=1)
    gatepost(f"{delete} {one} --yes")


def test_tokens_and_token_management(gatepost):
    made = gatepost("tokens create --comment ci --lifetime 90d --scopes sql,unity-catalog")
    info = made["token_info"]
    one = info["token_id"]
    assert made["token_value"].startswith("gp_pat_")
    assert info["expiry_time"] - info["creation_time"] == 90 * 86_400_000
    gatepost(f"tokens update {one} --scopes sql")
    assert gatepost(f"token-management get {one}")["scopes"] == ["sql"]
    assert gatepost(f"token-management update {one} --comment nightly")["comment"] == "nightly"
    assert one in {row["token_id"] for row in gatepost("tokens list")}
    assert one in {row["token_id"] for row in gatepost("token-management list --created-by-username alice@example.com")}
    assert gatepost(f"tokens servers {one}") == {"resources": []}
    assert "No MCP URL" in gatepost(f"tokens bind {one} --resources /api/2.0/mcp/functions/nowhere/x", status=1)
    assert gatepost(f"tokens bind {one} --resources /api/2.0/mcp") == {"resources": ["/api/2.0/mcp"]}
    gatepost(f"tokens delete {one} --yes")
    other = gatepost("tokens create --lifetime 1h")["token_info"]["token_id"]
    gatepost(f"token-management delete {other} --yes")
    assert "RESOURCE_DOES_NOT_EXIST" in gatepost(f"token-management get {other}", status=1)


def test_a_curated_server(gatepost):
    tools = [{"kind": "tables", "selector": "demo/sales", "tool": "query_orders"}]
    made = gatepost("mcp-servers create --name desk --deny x*,y* --json", json.dumps({"tools": tools}))
    assert (made["deny"], made["version"]) == (["x*", "y*"], 1)
    assert gatepost("mcp-servers update desk --title Desk --disabled")["enabled"] is False
    assert [row["name"] for row in gatepost("mcp-servers list")] == ["desk"]
    assert gatepost("mcp-servers get desk")["title"] == "Desk"
    assert [row["name"] for row in gatepost("mcp-services list --parent schemas/demo.sales")] == ["mcp-services/desk"]
    assert gatepost("mcp-services get desk")["url"].endswith("/api/2.0/mcp/servers/desk")
    assert gatepost("mcp-servers delete desk --yes") == {}


def test_a_prompt(gatepost):
    said = {"arguments": [{"name": "table"}], "messages": [{"role": "user", "text": "Describe {{table}}."}]}
    made = gatepost("prompts create --name describe --offered-on */demo,sql --json", json.dumps(said))
    assert (made["offered_on"], made["version"]) == (["*/demo", "sql"], 1)
    assert gatepost("prompts update describe --title Describe --disabled")["enabled"] is False
    assert [row["name"] for row in gatepost("prompts list")] == ["describe"]
    assert gatepost("prompts get describe")["title"] == "Describe"
    assert gatepost("prompts delete describe --yes") == {}


def test_a_catalog_with_its_privileges(gatepost, workshop, tmp_path):
    password = tmp_path / "password"
    password.write_text(f"{PASSWORD}\n")
    where = f"--host {workshop.host} --port {workshop.port} --database {workshop.database} --user {workshop.user}"
    where += f" --sslmode {workshop.sslmode} --password-file"
    assert gatepost(f"catalogs test-connection {where} -", text=PASSWORD)["ok"] is True
    made = gatepost(f"catalogs create --name shop {where} {password} --row-limit 7")
    assert (made["name"], made["row_limit"], made["read_only"]) == ("shop", 7, True)
    committed(outbox.run_due)
    assert gatepost("catalogs update shop --comment Workshop --byte-limit 100000")["comment"] == "Workshop"
    assert gatepost("catalogs update shop --plan-cost-limit 5000")["plan_cost_limit"] == 5000
    assert gatepost("catalogs update shop --json", '{"plan_cost_limit": null}')["plan_cost_limit"] is None
    assert gatepost("catalogs test shop")["ok"] is True
    assert [row["name"] for row in gatepost("catalogs list")] == ["shop"]
    assert gatepost("catalogs get shop")["comment"] == "Workshop"
    started = gatepost("catalogs refresh shop --no-wait")["operation_id"]
    assert gatepost(f"operations get {started}")["state"] == "queued"
    committed(outbox.run_due)
    set_ = gatepost(
        "privileges set --principal bob@example.com --catalog shop --schema shop --privileges USE_SCHEMA,EXECUTE"
    )
    assert set_["privileges"] == ["EXECUTE", "USE_SCHEMA"]
    listed = gatepost("privileges get --principal bob@example.com --catalog shop")
    assert {row["privilege"] for row in listed} == {"EXECUTE", "USE_SCHEMA"}
    assert gatepost("catalogs delete shop --yes") == {}


def test_a_catalog_gets_a_creating_role_and_loses_it(gatepost, drafts, tmp_path):  # noqa: F811
    connect(gatepost, drafts.target)
    password = tmp_path / "password"
    password.write_text(f"{PASSWORD}\n")
    creator = f"--creator-user {drafts.creator} --creator-password-file {password} --creator-schema {SCHEMA}"
    assert gatepost(f"catalogs update shop {creator}")["creator_schema"] == SCHEMA
    assert gatepost("catalogs update shop --creator-user ''")["creator_schema"] == ""
    gatepost("catalogs delete shop --yes")


def test_what_is_in_a_catalog_and_who_may_use_it(gatepost, workshop):
    connect(gatepost, workshop)
    assert [row["name"] for row in gatepost("catalogs visible")] == ["shop"]
    assert gatepost("catalogs visible-one shop")["catalog_type"] == "FOREIGN_CATALOG"
    assert "shop.shop" in {row["full_name"] for row in gatepost("schemas list --catalog-name shop")}
    assert gatepost("schemas get shop.shop")["name"] == "shop"
    tables = gatepost("tables list --catalog-name shop --schema-name shop --omit-columns")
    assert "shop.shop.part" in {row["full_name"] for row in tables}
    assert gatepost("tables get shop.shop.part")["columns"]
    assert gatepost("tables exists shop.shop.nothing") == {"table_exists": False}
    [summary] = gatepost("tables summaries --catalog-name shop --table-name-pattern part")
    assert summary["full_name"] == "shop.shop.part"
    functions = gatepost("functions list --catalog-name shop --schema-name shop")
    assert "shop.shop.add" in {row["full_name"] for row in functions}
    assert gatepost("functions get shop.shop.add")["name"] == "add"
    bob = "--principal bob@example.com"
    gatepost(f"grants update schema shop.shop {bob} --add EXECUTE,USE_SCHEMA")
    gatepost(f"grants update schema shop.shop {bob} --remove USE_SCHEMA")
    direct = {"principal": "bob@example.com", "privileges": ["EXECUTE"]}
    assert gatepost(f"grants get schema shop.shop {bob}") == [direct]
    [effective] = gatepost(f"grants effective function shop.shop.add {bob}")
    assert effective["privileges"][0]["inherited_from_name"] == "shop.shop"
    assert "EXECUTE" in gatepost(f"grants effective function shop.shop.add {bob} -o table")
    assert gatepost(f"explain {bob} --action EXECUTE --object shop.shop.add")["lacking"]
    gatepost("catalogs delete shop --yes")


def test_a_statement_from_its_run_to_its_end(gatepost, workshop):
    connect(gatepost, workshop)
    gatepost("grants update catalog shop --principal alice@example.com --add USE_CATALOG,USE_SCHEMA")
    execute = "sql statements execute --warehouse-id shop --statement 'SELECT :a || :b' --parameters a=1,b=x=y"
    made = gatepost(execute)
    assert made["result"]["data_array"] == [["1x=y"]]
    one = made["statement_id"]
    assert gatepost(f"sql statements get {one}") == made
    assert gatepost(f"sql statements chunk {one} 0") == made["result"]
    assert gatepost(f"sql statements cancel {one}") == {}
    typed = {"parameters": [{"name": "n", "value": "2", "type": "INT"}]}
    again = gatepost(
        "sql statements execute --warehouse-id gatepost --catalog shop --statement 'SELECT :n * 2'",
        "--json",
        json.dumps(typed),
    )
    assert again["result"]["data_array"] == [["4"]]
    assert "wait_timeout" in gatepost(f"{execute} --wait-timeout 1s", status=1)
    gatepost("catalogs delete shop --yes")


def test_a_refresh_waits_until_it_is_done(gatepost, workshop):
    connect(gatepost, workshop)
    waiting = gatepost.start("catalogs refresh shop")
    until(lambda: Job.objects.filter(state=Job.State.QUEUED).exists(), limit=20)
    assert waiting.poll() is None
    committed(outbox.run_due)
    out, _ = waiting.communicate(timeout=30)
    assert (waiting.returncode, json.loads(out)["state"]) == (0, "done")
    gatepost("catalogs delete shop --yes")


def test_the_switches_of_the_workspace(gatepost):
    assert gatepost("workspace conf get") == {"enableIpAccessLists": "true"}
    gatepost("workspace conf set --no-ip-access-lists")
    assert gatepost("workspace conf get") == {"enableIpAccessLists": "false"}
    gatepost("workspace conf set --ip-access-lists")


def test_audit_records_by_filter(gatepost):
    one = gatepost("tokens create --lifetime 1h")["token_info"]["token_id"]
    gatepost(f"tokens delete {one} --yes")
    actions = [row["action"] for row in gatepost("audit list --from 10m --action personal_access_token --limit 2")]
    assert actions == ["personal_access_token.revoke", "personal_access_token.create"]
    assert gatepost("audit list --to 90d") == []
    assert "is no time" in gatepost("audit list --from yesterday", status=1)
    assert "Only auditors" in gatepost("audit export", status=1)


def test_an_auditor_exports_records_and_verifies_their_chain(gatepost, world, tmp_path):
    gatepost("tokens create --lifetime 1h --comment a,b")
    auditor = world.cli(tmp_path, GATEPOST_TOKEN=world.token("dora"))
    heading, *rows = auditor("audit export --from 10m --format csv --action personal_access_token").splitlines()
    assert heading.startswith("event_id,time,decision,action")
    assert "personal_access_token.create" in rows[-1]
    assert auditor("audit verify --from 1h")["ok"] is True


def test_an_auditor_has_an_export_made_and_fetches_it(gatepost, world, tmp_path):
    gatepost("tokens create --lifetime 1h")
    auditor = world.cli(tmp_path, GATEPOST_TOKEN=world.token("dora"))
    made = auditor("audit exports create --from 10m --format csv --action personal_access_token")["id"]
    assert "not done yet" in auditor(f"audit exports download {made}", status=1)
    committed(outbox.run_due)
    assert auditor(f"audit exports get {made}")["state"] == "done"
    assert made in [row["id"] for row in auditor("audit exports list")]
    heading, *rows = auditor(f"audit exports download {made}").splitlines()
    assert heading.startswith("event_id,time,decision,action")
    assert "personal_access_token.create" in rows[-1]
    auditor(f"audit exports delete {made} --yes")
    assert auditor("audit exports list") == []


def test_what_is_misconfigured(gatepost):
    assert {"severity", "code", "message", "remedy"} <= set(gatepost("doctor")[0])


def test_health_needs_no_credential(world, tmp_path):
    assert world.cli(tmp_path)("health") == {"status": "ready"}


def test_the_token_says_who_one_is(gatepost, world):
    status = gatepost("auth status")
    assert status == {"host": world.base_url, "user": "alice@example.com", "roles": ["account_admin"]}


def test_the_version_and_the_help_are_printed(gatepost):
    assert re.fullmatch(r"gatepost \d+\.\d+\.\d+\n", gatepost("--version"))
    assert "Example: gatepost tokens create --comment ci" in gatepost("tokens create --help")


def test_changed_objects_are_listed_and_accepted_and_functions_marked(gatepost, workshop):
    connect(gatepost, workshop)
    mark = "catalogs mark-function shop --schema shop --function add"
    assert gatepost(f"{mark} --writes") == {"function": "shop.shop.add(integer,integer)", "writes": True}
    assert gatepost(f"{mark} --reads-only")["writes"] is False
    before = {"accepted": quarantine.routine_facts(vars(Routine.objects.get(name="add"))) | {"comment": "Before."}}
    committed(Routine.objects.filter(name="add").update, **before)
    [change] = gatepost("catalogs changes shop")
    assert change["object"] == "shop.add(integer,integer)"
    assert "not a change that waits" in gatepost(f"catalogs accept-changes shop --ids {'0' * 32}", status=1)
    assert gatepost(f"catalogs accept-changes shop --ids {change['id']}") == {"accepted": [change["object"]]}
    assert gatepost("catalogs changes shop") == []
    gatepost("catalogs delete shop --yes")


def test_document_search_from_its_setting_to_its_end(gatepost, workshop):
    connect(gatepost, workshop)
    table = "document-search set shop shop item --title-column name --text-columns name,code"
    made = gatepost(f"{table} --url-template https://shop.example.com/{{id}} --configuration simple")
    assert (made["text_columns"], made["enabled"], made["configuration"]) == (["name", "code"], True, "simple")
    assert made["create_index"].startswith('CREATE INDEX ON "shop"."item" USING gin (')
    assert gatepost("document-search get shop shop item") == made
    assert gatepost(f"{table} --disabled")["enabled"] is False
    assert "no column of the key" in gatepost(f"{table} --url-template https://shop.example.com/{{price}}", status=1)
    [listed] = gatepost("document-search list shop")
    assert listed["table"] == "item"
    assert gatepost("document-search delete shop shop item --yes") == {}
    assert gatepost("document-search list shop") == []
    gatepost("catalogs delete shop --yes")


def test_embedding_functions_are_of_vector_indexes(gatepost, workshop):
    connect(gatepost, workshop)
    index = "shop shop item_pkey"
    named = f"embedding-functions set {index} --function-schema shop --function add"
    assert "no vector index" in gatepost(named, status=1)
    assert "No embedding function is set" in gatepost(f"embedding-functions get {index}", status=1)
    assert "No embedding function is set" in gatepost(f"embedding-functions delete {index} --yes", status=1)
    assert gatepost("embedding-functions list shop") == []
    gatepost("catalogs delete shop --yes")


def test_a_budget_from_its_setting_to_its_end(gatepost):
    made = gatepost("workspace budgets set --level account --calls-per-day 1000 --seconds 20 --bytes 9000")
    assert (made["level"], made["calls_per_day"], made["seconds"]) == ("account", 1000, 20)
    assert gatepost("workspace budgets list") == [made]
    assert "subject" in gatepost("workspace budgets set --level catalog --subject nothing --rows 5", status=1)
    assert gatepost("workspace budgets delete --level account --yes") == {}
    assert gatepost("workspace budgets list") == []
