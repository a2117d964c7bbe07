"""What happened, what is under way, and whether all is well. rest-api.md 6."""

from cli.spec import Flag, Kind, Paging, Resource, Verb

_FILTERS = (
    Flag("from", "Not before: a time like 2026-03-31T15:00:00Z, or 1h for an hour ago.", Kind.MOMENT),
    Flag("to", "Before this time.", Kind.MOMENT),
    Flag("principal", "Name or id of who did it."),
    Flag("client-id", "OAuth client."),
    Flag("credential-id", "Token or secret."),
    Flag("action", "An action or its first words: integration finds integration.create."),
    Flag("decision", "allowed, denied or failed."),
    Flag("object", "What it was done to, or what stands above it."),
    Flag("address", "Address of the caller."),
    Flag("request-id", "The X-Request-Id of an answer."),
    Flag("include", "statement adds SQL and parameters, for auditors; that is recorded."),
)
_FORMAT = Flag("format", "ndjson, which is the default, or csv.")

AUDIT = Resource(
    "audit",
    "{X}/audit",
    "Audit records: who did what, and what was refused.",
    (
        Verb(
            "list",
            "GET",
            "/events",
            "List audit records, newest first: all for account admins and auditors, your own for others.",
            "--from 1h --decision denied --limit 20",
            flags=_FILTERS,
            rows="events",
            paging=Paging.TOKEN,
            limit=100,
        ),
        Verb(
            "export",
            "GET",
            "/export",
            "Write audit records to standard output, oldest first. For auditors.",
            "--from 24h --format csv",
            flags=(*_FILTERS, _FORMAT),
            is_file=True,
        ),
        Verb(
            "verify",
            "GET",
            "/verify",
            "Verify the hash chain of the audit records. For auditors.",
            "--from 24h",
            flags=(
                Flag("from", "Seals not made before this time.", Kind.MOMENT),
                Flag("to", "Seals made before this time.", Kind.MOMENT),
            ),
        ),
    ),
    columns=("time", "decision", "action", "reason", "principal_name", "client_name", "object", "address"),
)

EXPORTS = Resource(
    "audit exports",
    "{X}/audit/exports",
    "Files of audit records that the server makes in the background and keeps for 7 days. For auditors.",
    (
        Verb(
            "create",
            "POST",
            "",
            "Have a file made of the records until now, at most a million.",
            "--from 720h --decision denied --format csv",
            flags=(*_FILTERS, _FORMAT),
            takes_json=True,
            creates=True,
        ),
        Verb("get", "GET", "/{export_id}", "Show how far an export is, and why it failed.", "3b7d..."),
        Verb(
            "list", "GET", "", "List the exports that are kept, newest first.", "", rows="exports", paging=Paging.TOKEN
        ),
        Verb(
            "download",
            "GET",
            "/{export_id}/content",
            "Write the file of an export to standard output. That is recorded.",
            "3b7d...",
            is_file=True,
        ),
        Verb(
            "delete",
            "DELETE",
            "/{export_id}",
            "Delete the file before its time. The audit records stay.",
            "3b7d... --yes",
            question="Delete the export {export_id}? The audit records stay.",
        ),
    ),
    columns=("id", "state", "progress", "format", "rows", "bytes", "created_by_username", "expire_time"),
)

OPERATIONS = Resource(
    "operations",
    "{X}/operations",
    "Background work.",
    (Verb("get", "GET", "/{operation_id}", "Show how far background work is.", "3b7d..."),),
)

HEALTH = Resource(
    "",
    "",
    "",
    (Verb("health", "GET", "/readyz", "Say whether the server is ready, and what is missing.", "", is_open=True),),
)

EXPLAIN = Resource(
    "",
    "{X}/privileges",
    "",
    (
        Verb(
            "explain",
            "GET",
            "/explain",
            "Say whether somebody may do something, and which rule decides.",
            "--principal bob@example.com --action EXECUTE --object demo.sales.get_customer",
            flags=(
                Flag("principal", "E-mail address, application id, or name of a group; you when left out."),
                Flag("client-id", "OAuth client through which it would be done."),
                Flag("action", "USE_CATALOG, USE_SCHEMA, SELECT, MODIFY or EXECUTE.", is_needed=True),
                Flag("object", "catalog, catalog.schema, or catalog.schema.name.", is_needed=True),
            ),
        ),
    ),
)

DOCTOR = Resource(
    "",
    "{X}/doctor",
    "",
    (Verb("doctor", "GET", "", "List what is misconfigured, the worst first, and what to do.", "", rows="findings"),),
    columns=("severity", "code", "subject", "message", "remedy"),
)

CONSENTS = Resource(
    "consents",
    "{X}/consents",
    "What people have allowed clients to do.",
    (
        Verb(
            "list",
            "GET",
            "",
            "List consents: all for account admins and auditors, your own for others.",
            "--user bob@example.com",
            flags=(Flag("user", "Id or e-mail address."), Flag("client-id", "OAuth client.")),
            rows="consents",
            paging=Paging.TOKEN,
        ),
        Verb(
            "narrow",
            "PATCH",
            "/{consent_id}",
            "Take scopes, catalogs or time away from a consent and its sessions.",
            "4d2a... --catalogs sales",
            flags=(
                Flag("scopes", "The scopes that stay.", Kind.LIST),
                Flag("catalogs", "The catalogs that stay.", Kind.LIST),
                Flag("expire-time", "When it ends, like 2026-03-31T15:00:00Z; sooner than now."),
            ),
            takes_json=True,
        ),
        Verb(
            "delete",
            "DELETE",
            "/{consent_id}",
            "Take a consent back. Sessions under it end at once.",
            "4d2a... --yes",
            question="Take the consent {consent_id} back? The sessions under it end at once.",
        ),
        Verb(
            "delete-all",
            "DELETE",
            "",
            "Take back all that one person allowed, or that one client was allowed. The apps have to ask again.",
            "--user bob@example.com --yes",
            flags=(
                Flag("user", "Id or e-mail address of the person."),
                Flag("client-id", "OAuth client; without a person everybody's consents, for account admins."),
            ),
            question="Take all these consents back? The app sessions under them end at once.",
        ),
    ),
    columns=("id", "user_name", "client_name", "scopes", "resource", "expire_time"),
)

RESOURCES = (AUDIT, EXPORTS, CONSENTS, OPERATIONS, EXPLAIN, DOCTOR, HEALTH)
