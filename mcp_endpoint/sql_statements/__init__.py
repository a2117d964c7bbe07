"""/api/2.0/sql/statements: the SQL of execute_sql for programs that know no MCP. rest-api.md 5."""
