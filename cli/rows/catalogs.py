"""Connected databases: the connections, what is in them, and who may use it. rest-api.md 5 and 6."""

from typing import Any

from cli.spec import Flag, Kind, Paging, Resource, Verb

_UC = "/api/2.1/unity-catalog"

_WHERE = (
    Flag("host", "Host name, address, or folder of a Unix socket.", is_needed=True),
    Flag("port", "5432 when left out.", Kind.WHOLE),
    Flag("database", "Name of the database.", is_needed=True),
    Flag("user", "Login role, used for nothing else.", is_needed=True),
    Flag(
        "password-file",
        "File with the password, or - for input; asked for on a terminal.",
        Kind.SECRET,
        "password",
        is_needed=True,
    ),
    Flag("sslmode", "verify-full unless said otherwise."),
)
_LIMITS = (
    Flag("comment", "What it holds."),
    Flag("read-only", "Whether tools may only read; yes unless said otherwise.", Kind.SWITCH, off="writable"),
    Flag("statement-timeout-ms", "Milliseconds.", Kind.WHOLE),
    Flag("row-limit", "Rows of one answer.", Kind.WHOLE),
    Flag("byte-limit", "Bytes of one answer.", Kind.WHOLE),
    Flag("max-connections", "For each process.", Kind.WHOLE),
    Flag("affected-row-limit", "Rows that one writing statement may change.", Kind.WHOLE),
    Flag("plan-cost-limit", "What the planner may expect SQL to cost; null by --json: anything.", Kind.WHOLE),
    Flag("confirm-writes", "Whether a person confirms each write: never, when_possible or always."),
    Flag("trusted-schemas", "Schemas whose types and operators SQL may use, with commas.", Kind.LIST),
    Flag("creator-user", "Second login role, for create_table alone; an empty text takes it away."),
    Flag(
        "creator-password-file",
        "File with the second role's password, or - for input.",
        Kind.SECRET,
        "creator_password",
    ),
    Flag("creator-schema", "The one schema in which the second role may create tables."),
)
_DEMO = "--host db.example.com --database demo --user gatepost_demo --password-file password.txt"
_LOST = "Its copy, its privileges and its MCP URLs end; the database itself stays."

CATALOGS = Resource(
    "catalogs",
    "{X}/catalogs",
    "Connected databases.",
    (
        Verb("list", "GET", "", "List the connected databases.", "", rows="catalogs", paging=Paging.TOKEN),
        Verb("get", "GET", "/{name}", "Show a connected database.", "demo"),
        Verb(
            "create",
            "POST",
            "",
            "Test, connect and read a database.",
            f"--name demo {_DEMO}",
            flags=(Flag("name", "1 to 63 of A-Z, a-z, 0-9, _ and -.", is_needed=True), *_WHERE, *_LIMITS),
            takes_json=True,
            creates=True,
        ),
        Verb(
            "update",
            "PATCH",
            "/{name}",
            "Change a connected database. A changed connection is tested first.",
            "demo --row-limit 500",
            flags=(
                *(Flag(flag.name, flag.help, flag.kind, flag.field) for flag in _WHERE),
                *_LIMITS,
                Flag("enabled", "Whether it answers calls.", Kind.SWITCH, off="disabled"),
            ),
            takes_json=True,
        ),
        Verb("test", "POST", "/{name}/test", "Test a connected database again.", "demo"),
        Verb(
            "test-connection",
            "POST",
            "/test",
            "Test a connection without storing it.",
            _DEMO,
            flags=_WHERE,
            takes_json=True,
        ),
        Verb(
            "refresh",
            "POST",
            "/{name}/refresh",
            "Read the database anew, and wait until that is done.",
            "demo --no-wait",
            waits=True,
        ),
        Verb(
            "changes",
            "GET",
            "/{name}/changes",
            "List the changed objects whose tools are off.",
            "demo",
            rows="changes",
            columns=("id", "securable_type", "object", "differences"),
        ),
        Verb(
            "accept-changes",
            "POST",
            "/{name}/changes/accept",
            "Accept changes as listed: their tools work again.",
            "demo --ids 0123456789abcdef0123456789abcdef",
            flags=(Flag("ids", "Ids of changes.", Kind.LIST, is_needed=True),),
        ),
        Verb(
            "mark-function",
            "PUT",
            "/{name}/functions/mark",
            "Say whether a function writes.",
            "demo --schema sales --function place_order --writes",
            flags=(
                Flag("schema", "Name of the schema.", is_needed=True),
                Flag("function", "Name of the function.", is_needed=True),
                Flag("signature", "Argument types, for an overloaded function."),
                Flag("writes", "Whether it writes.", Kind.SWITCH, off="reads-only", is_needed=True),
            ),
        ),
        Verb(
            "delete",
            "DELETE",
            "/{name}",
            f"Disconnect a database. {_LOST}",
            "demo --yes",
            query={"confirm": "{name}"},
            question=f"Disconnect the database {{name}}? {_LOST}",
        ),
    ),
    columns=("name", "host", "database", "enabled", "read_only", "server_version", "refresh_time"),
)

VISIBLE = Resource(
    "catalogs",
    f"{_UC}/catalogs",
    "",
    (
        Verb("visible", "GET", "", "List the catalogs that you may use.", "", rows="catalogs", paging=Paging.TOKEN),
        Verb("visible-one", "GET", "/{name}", "Show a catalog that you may use.", "demo"),
    ),
    columns=("name", "comment", "owner", "updated_at"),
)

_CATALOG_NAME = Flag("catalog-name", "Name of the catalog.", is_needed=True)
_SCHEMA_NAME = Flag("schema-name", "Name of the schema.", is_needed=True)
_SALES = "--catalog-name demo --schema-name sales"

SCHEMAS = Resource(
    "schemas",
    f"{_UC}/schemas",
    "Schemas that you may use.",
    (
        Verb(
            "list",
            "GET",
            "",
            "List the schemas of a catalog.",
            "--catalog-name demo",
            flags=(_CATALOG_NAME,),
            rows="schemas",
            paging=Paging.TOKEN,
        ),
        Verb("get", "GET", "/{full_name}", "Show a schema.", "demo.sales"),
    ),
    columns=("full_name", "comment", "owner", "updated_at"),
)

TABLES = Resource(
    "tables",
    f"{_UC}/tables",
    "Tables and views that you may read.",
    (
        Verb(
            "list",
            "GET",
            "",
            "List the tables of a schema.",
            _SALES,
            flags=(_CATALOG_NAME, _SCHEMA_NAME, Flag("omit-columns", "Leave the columns out.", Kind.SWITCH)),
            rows="tables",
            paging=Paging.TOKEN,
        ),
        Verb("get", "GET", "/{full_name}", "Show a table with its columns.", "demo.sales.customer"),
        Verb(
            "exists", "GET", "/{full_name}/exists", "Say whether there is such a table for you.", "demo.sales.customer"
        ),
    ),
    columns=("full_name", "table_type", "comment", "owner"),
)

TABLE_SUMMARIES = Resource(
    "tables",
    f"{_UC}/table-summaries",
    "",
    (
        Verb(
            "summaries",
            "GET",
            "",
            "List the tables of a whole catalog by name.",
            "--catalog-name demo --table-name-pattern 'cust%'",
            flags=(
                _CATALOG_NAME,
                Flag("schema-name-pattern", "LIKE pattern of the schemas."),
                Flag("table-name-pattern", "LIKE pattern of the tables."),
            ),
            rows="tables",
            paging=Paging.TOKEN,
        ),
    ),
    columns=("full_name", "table_type"),
)

FUNCTIONS = Resource(
    "functions",
    f"{_UC}/functions",
    "Functions that you may call.",
    (
        Verb(
            "list",
            "GET",
            "",
            "List the functions of a schema.",
            _SALES,
            flags=(_CATALOG_NAME, _SCHEMA_NAME),
            rows="functions",
            paging=Paging.TOKEN,
        ),
        Verb("get", "GET", "/{full_name}", "Show a function with its parameters.", "demo.sales.get_customer"),
    ),
    columns=("full_name", "full_data_type", "sql_data_access", "comment"),
)

PRIVILEGES = Resource(
    "privileges",
    "{X}/privileges",
    "What people, service accounts and groups may do with the data.",
    (
        Verb(
            "get",
            "GET",
            "",
            "List privileges: all, or yours when you are no admin.",
            "--principal analysts --catalog demo",
            flags=(
                Flag("principal", "E-mail address, application id, or name of a group."),
                Flag("catalog", "Name of the catalog."),
            ),
            rows="privileges",
            paging=Paging.TOKEN,
        ),
        Verb(
            "set",
            "PUT",
            "",
            "Make these the privileges on one securable; an empty list takes all away.",
            "--principal analysts --catalog demo --schema sales --privileges USE_SCHEMA,EXECUTE",
            flags=(
                Flag("principal", "E-mail address, application id, or name of a group.", is_needed=True),
                Flag("catalog", "Name of the catalog.", is_needed=True),
                Flag("schema", "Name of the schema."),
                Flag("table", "Name of the table."),
                Flag("function", "Name of the function."),
                Flag("signature", "Argument types, for an overloaded function."),
                Flag(
                    "privileges",
                    "USE_CATALOG, USE_SCHEMA, SELECT, MODIFY, EXECUTE or ALL_PRIVILEGES.",
                    Kind.LIST,
                    is_needed=True,
                ),
            ),
            takes_json=True,
        ),
    ),
    columns=("principal", "principal_type", "privilege", "securable_type", "catalog", "schema", "object", "signature"),
)


def _change(fields: dict[str, Any]) -> dict[str, Any]:
    """One principal at a time by flags; --json takes several."""
    return fields if "changes" in fields else {"changes": [fields]}


_ONE_PRINCIPAL = Flag("principal", "Only of this person, service account or group.")

GRANTS = Resource(
    "grants",
    f"{_UC}/permissions",
    "Privileges on one securable: a catalog, schema, table or function.",
    (
        Verb(
            "get",
            "GET",
            "/{securable_type}/{full_name}",
            "List the privileges that were granted on it.",
            "schema demo.sales",
            flags=(_ONE_PRINCIPAL,),
            inner="privilege_assignments",
        ),
        Verb(
            "update",
            "PATCH",
            "/{securable_type}/{full_name}",
            "Add and remove privileges, all or none.",
            "schema demo.sales --principal analysts --add USE_SCHEMA,EXECUTE",
            flags=(
                Flag("principal", "E-mail address, application id, or name of a group."),
                Flag("add", "Privileges to grant.", Kind.LIST),
                Flag("remove", "Privileges to take away.", Kind.LIST),
            ),
            wrap=_change,
            takes_json=True,
            inner="privilege_assignments",
        ),
    ),
    columns=("principal", "privileges"),
)

EFFECTIVE_GRANTS = Resource(
    "grants",
    f"{_UC}/effective-permissions",
    "",
    (
        Verb(
            "effective",
            "GET",
            "/{securable_type}/{full_name}",
            "List the privileges that count there, inherited ones and those of groups too.",
            "function demo.sales.get_customer --principal bob@example.com",
            flags=(_ONE_PRINCIPAL,),
            inner="privilege_assignments",
        ),
    ),
    columns=("principal", "privileges"),
)

_OF_TABLE = "/{name}/document-search/{schema}/{table}"
_TICKETS = "demo support tickets"

DOCUMENT_SEARCH = Resource(
    "document-search",
    "{X}/catalogs",
    "Tables whose rows ChatGPT may search as documents.",
    (
        Verb(
            "list",
            "GET",
            "/{name}/document-search",
            "List the tables of a catalog that are searched.",
            "demo",
            rows="document_search",
        ),
        Verb("get", "GET", _OF_TABLE, "Show how a table is searched, and the index that makes it fast.", _TICKETS),
        Verb(
            "set",
            "PUT",
            _OF_TABLE,
            "Let the rows of a table be searched.",
            f"{_TICKETS} --title-column subject --text-columns subject,body "
            "--url-template https://support.example.com/tickets/{id}",
            flags=(
                Flag("title-column", "The column that names a row for people.", is_needed=True),
                Flag("text-columns", "Columns that are searched and shown, in order.", Kind.LIST, is_needed=True),
                Flag("url-template", "https address of a row with {column} gaps."),
                Flag("configuration", "Text search configuration; the database's own when left out."),
                Flag("enabled", "Whether it may be searched; yes unless said otherwise.", Kind.SWITCH, off="disabled"),
            ),
            takes_json=True,
        ),
        Verb(
            "delete",
            "DELETE",
            _OF_TABLE,
            "End the search of a table's rows.",
            f"{_TICKETS} --yes",
            question="End the search of the rows of {schema}.{table}? What was chosen for it is forgotten.",
        ),
    ),
    columns=("schema", "table", "title_column", "text_columns", "configuration", "enabled", "off_because"),
)

_OF_INDEX = "/{name}/embedding-functions/{schema}/{index}"
_TICKET_VECTORS = "demo support ticket_embeddings_embedding_idx"

EMBEDDING_FUNCTIONS = Resource(
    "embedding-functions",
    "{X}/catalogs",
    "Functions that make vectors of texts for vector search.",
    (
        Verb(
            "list",
            "GET",
            "/{name}/embedding-functions",
            "List the vector indexes of a catalog that are searched by texts.",
            "demo",
            rows="embedding_functions",
        ),
        Verb("get", "GET", _OF_INDEX, "Show which function makes vectors for an index.", _TICKET_VECTORS),
        Verb(
            "set",
            "PUT",
            _OF_INDEX,
            "Let a vector index be searched by texts.",
            f"{_TICKET_VECTORS} --function-schema support --function embed",
            flags=(
                Flag("function-schema", "Schema of the function.", is_needed=True),
                Flag("function", "Name of a function of one text that returns a vector.", is_needed=True),
            ),
            takes_json=True,
        ),
        Verb(
            "delete",
            "DELETE",
            _OF_INDEX,
            "End the search of a vector index by texts.",
            f"{_TICKET_VECTORS} --yes",
            question="End the search of {schema}.{index} by texts? The choice of its function is forgotten.",
        ),
    ),
    columns=("schema", "index", "function_schema", "function", "not_offered_because"),
)

RESOURCES = (
    *(CATALOGS, VISIBLE, SCHEMAS, TABLES, TABLE_SUMMARIES, FUNCTIONS, PRIVILEGES, GRANTS, EFFECTIVE_GRANTS),
    DOCUMENT_SEARCH,
    EMBEDDING_FUNCTIONS,
)
