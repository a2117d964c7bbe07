"""The OpenAPI document of the whole deployment, for programs and for people."""
