"""What the standards and our own design demand: id -> (sentence, source). `python -m tests.requirements` says who proves it.

A test carries ids: `@requirement("O7-replay")`. tests/test_requirements.py compares both ways.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

requirement = pytest.mark.requirement

REQUIREMENTS: dict[str, tuple[str, str]] = {
    # Attacks and faults, oauth.md 9.
    "O1-other-client": ("An approval of one client is none for another.", "oauth.md 9 O1"),
    "O1-more-scope": ("The same client with another set of scopes is asked about again.", "oauth.md 9 O1"),
    "O1-other-resource": ("The same client with another resource is asked about again.", "oauth.md 9 O1"),
    "O1-other-host": ("The same client with another redirect host is asked about again.", "oauth.md 9 O1"),
    "O1-forced": ("prompt=consent shows the page although a consent exists.", "oauth.md 9 O1"),
    "O1-captured-page": ("A page or link that was captured gives nothing in another browser.", "oauth.md 9 O1"),
    "O2-parallel-grants": ("Two authorizations of one client at once keep their own limits.", "oauth.md 9 O2"),
    "O3-refused": ("A redirect URI that is not the registered one is a page and no redirect.", "oauth.md 9 O3"),
    "O3-loopback-port": ("A loopback redirect works on any port for all three hosts.", "oauth.md 9 O3"),
    "O4-redirect-host": ("The page names the host that gets the answer and warns of loopback.", "oauth.md 9 O4"),
    "O5-addresses": ("Nothing connects to an address that is not global unicast.", "oauth.md 9 O5"),
    "O5-number-forms": ("Odd spellings of an address are not a way around.", "oauth.md 9 O5"),
    "O5-rebinding": ("The address that was checked is the one that is dialled.", "oauth.md 9 O5"),
    "O5-redirect": ("A redirect of the document's host is not followed.", "oauth.md 9 O5"),
    "O5-size": ("No more than 16 KB of a document are read.", "oauth.md 9 O5"),
    "O5-slow": ("A slow document is given up.", "oauth.md 9 O5"),
    "O5-gzip": ("A compressed document is not opened.", "oauth.md 9 O5"),
    "O5-type": ("Only JSON is read.", "oauth.md 9 O5"),
    "O5-id": ("A document about another client is refused.", "oauth.md 9 O5"),
    "O5-logo": ("No image is fetched.", "oauth.md 9 O5"),
    "O5-back-off": ("Failures of a document back off.", "oauth.md 9 O5"),
    "O6-audience": ("A token of one resource is challenged at another.", "oauth.md 9 O6"),
    "O6-expired": ("An expired token is challenged.", "oauth.md 9 O6"),
    "O6-forged": ("No signed token is believed: alg none, HS256 with a public key, foreign issuer.", "oauth.md 9 O6"),
    "O6-id-token": ("An ID token is no bearer token.", "oauth.md 9 O6"),
    "O7-replay": ("A replayed code revokes the session and is audited.", "oauth.md 9 O7"),
    "O7-verifier": ("A wrong or missing code_verifier is invalid_grant.", "oauth.md 9 O7"),
    "O7-plain": ("A plain challenge opens nothing.", "oauth.md 9 O7"),
    "O7-other-client": ("The code of another client is invalid_grant.", "oauth.md 9 O7"),
    "O7-redirect": ("Another redirect_uri at the exchange is invalid_grant.", "oauth.md 9 O7"),
    "O7-resource": ("Another resource at the exchange is refused.", "oauth.md 9 O7"),
    "O7-age": ("A code is good for 60 seconds.", "oauth.md 9 O7"),
    "O8-parallel": ("Twenty refreshes at once give one pair and lock nobody out.", "oauth.md 9 O8"),
    "O8-reuse": ("A refresh token replayed after the overlap ends the session, audited.", "oauth.md 9 O8"),
    "O8-wider-scope": ("A refresh cannot widen the scope.", "oauth.md 9 O8"),
    "O8-lost-right": ("A right that was lost narrows or ends the next token.", "oauth.md 9 O8"),
    "O9-success": ("The answer of the authorization endpoint names the issuer.", "oauth.md 9 O9"),
    "O9-error": ("Every error that goes back to a client names the issuer.", "oauth.md 9 O9"),
    "O9-flag": ("The metadata announce the iss parameter.", "oauth.md 9 O9"),
    "O10-off": ("Registration is off by default.", "oauth.md 9 O10"),
    "O10-attempts": ("Ten thousand attempts are limited.", "oauth.md 9 O10"),
    "O10-unused": ("Clients that nobody uses are deleted.", "oauth.md 9 O10"),
    "O10-look-alike": ("Names that look like a known app are marked.", "oauth.md 9 O10"),
    "O10-created": ("A registration is answered with 201.", "oauth.md 9 O10"),
    "O10-management-token": ("The management token of another client opens nothing.", "oauth.md 9 O10"),
    "O10-twice": ("Registering twice is fine.", "oauth.md 9 O10"),
    "O11-csrf": ("An answer to the consent page without its token is refused.", "oauth.md 9 O11"),
    "O11-framing": ("The consent page cannot be framed.", "oauth.md 9 O11"),
    "O11-double-load": ("Loading the page twice does not break the answer.", "oauth.md 9 O11"),
    "O12-least": ("A 401 asks for the least that the URL needs.", "oauth.md 9 O12"),
    "O12-all": ("A 403 names all scopes that the call needs.", "oauth.md 9 O12"),
    "O12-union": ("The union of old and new scopes is accepted.", "oauth.md 9 O12"),
    "O12-hierarchy": ("A scope that includes another is enough.", "oauth.md 9 O12"),
    "O13-misspelt": ("A misspelt gp_ parameter is refused, never a wider grant.", "oauth.md 9 O13"),
    "O14-query": ("A token in a query string is refused.", "oauth.md 9 O14"),
    "O14-logs": ("No log holds a secret or its prefix.", "oauth.md 9 O14"),
    "O15-person": ("A person who is switched off is refused within a second.", "oauth.md 9 O15"),
    "O15-app": ("An app that is switched off or deleted is refused within a second.", "oauth.md 9 O15"),
    "O15-service-account": ("A deleted service account is refused within a second.", "oauth.md 9 O15"),
    "O15-consent": ("A consent that ends refuses the next call within a second.", "oauth.md 9 O15"),
    "O15-edited": ("A consent that was narrowed narrows the next call within a second.", "oauth.md 9 O15"),
    "O15-group": ("Leaving a group is felt within a second.", "oauth.md 9 O15"),
    "O15-running": ("A running statement ends with the right to it.", "oauth.md 9 O15"),
    "O16-credential": ("A token without access-management makes no credential.", "oauth.md 9 O16"),
    "O16-app": ("A token without access-management makes no app.", "oauth.md 9 O16"),
    "O16-privilege": ("A token without access-management gives no privilege.", "oauth.md 9 O16"),
    "O17-forged-header": ("X-Forwarded-For counts only as far as trusted proxies wrote it.", "oauth.md 9 O17"),
    "O17-ipv4-mapped": ("An IPv4-mapped address counts as IPv4 for ALLOW and BLOCK.", "oauth.md 9 O17"),
    "O17-empty-list": ("An ALLOW list without ranges lets nobody in.", "oauth.md 9 O17"),
    "O17-proxy-depth": (
        "Any number of trusted proxies is looked through, and none that is not trusted.",
        "oauth.md 9 O17",
    ),
    "O18-slash": ("No protocol path answers with a redirect, and none with a slash.", "oauth.md 9 O18"),
    "O18-head": ("Documents answer HEAD.", "oauth.md 9 O18"),
    "O18-path-form": ("Each form of an MCP URL has a metadata document; nothing else has.", "oauth.md 9 O18"),
    "O18-cors-challenge": ("CORS exposes the challenge to pages.", "oauth.md 9 O18"),
    "O19-configuration": ("Documents name the configured origin, whatever headers and paths claim.", "oauth.md 9 O19"),
    "O19-documentation": ("The documentation asks for mcp-remote 0.1.16 or newer.", "oauth.md 9 O19"),
    "DOT-inactive": ("A person who is switched off gets no token anywhere.", "oauth.md 9 DOT"),
    "DOT-device-code": ("A poll without device_code is 400.", "oauth.md 9 DOT"),
    "DOT-approval-prompt": ("approval_prompt=auto skips nothing.", "oauth.md 9 DOT"),
    "DOT-introspection": ("A client learns nothing about the token of another.", "oauth.md 9 DOT"),
    "DOT-code-digest": ("The table of codes holds digests only.", "oauth.md 9 DOT"),
    "DOT-resource": ("An unknown resource is invalid_target.", "oauth.md 9 DOT"),
    "DOT-challenge": ("A short code_challenge is refused.", "oauth.md 9 DOT"),
    # Transport and agents, mcp.md 7.
    "M1-host": ("A foreign Host is refused before anybody is known, by both doors.", "mcp.md 7 M1"),
    "M1-origin": ("A foreign or null Origin is refused, with and without token.", "mcp.md 7 M1"),
    "M2-crossed": ("1,000 calls at once with equal ids: each answer belongs to its token.", "mcp.md 7 M2"),
    "M2-session-id": ("The Mcp-Session-Id of another has no effect, and none is given.", "mcp.md 7 M2"),
    "M3-headers": ("Headers that disagree with the body are -32020, by both doors.", "mcp.md 7 M3"),
    "M3-name": ("An Mcp-Name or Mcp-Method of a reading call does not cover a write.", "mcp.md 7 M3"),
    "M3-body-decides": ("Authorization looks at the body alone.", "mcp.md 7 M3"),
    "M3-doubled": ("A routing header that occurs twice is -32020.", "mcp.md 7 M3"),
    "M3-base64": ("Base64 of a name that is bad or not canonical is -32020.", "mcp.md 7 M3"),
    "M3-blanks": ("Blanks around header values are accepted.", "mcp.md 7 M3"),
    "M4-lists": ("Two principals see different lists at one URL, and each is private.", "mcp.md 7 M4"),
    "S15-tables": ("Hostile names of tables and columns are only names in table tools.", "sql-safety.md 3 S15"),
    "T-pages": ("Pages of a table are the plain query, cut in pieces, nulls and all.", "mcp.md 4.4"),
    "T-cursor": ("A cursor that was changed, is foreign or stale is -32602.", "mcp.md 4.4"),
    "T-vectors": (
        "The nearest rows come first, by the score that arithmetic gives; filters take none away.",
        "mcp.md 4.6",
    ),
    "T-columns": ("Columns without SELECT do not appear.", "mcp.md 4.4"),
    "M4-revoked": ("A tool that was taken away is unknown within a second, with one record.", "mcp.md 7 M4"),
    "M5-quarantine": ("A tool whose object changed is off until an admin accepts the change.", "mcp.md 7 M5"),
    "M5-comments": ("Text of the catalog is stripped of what hides and cut to length.", "mcp.md 7 M5"),
    "M6-obedient-agent": (
        "An agent that obeys a poisoned row reads nothing ungranted and writes nothing.",
        "mcp.md 7 M6",
    ),
    "M7-markup": ("Rows that look like markup, links, JSON or tool results stay JSON values.", "mcp.md 7 M7"),
    "M7-schema": ("What such rows give fits the tool's outputSchema.", "mcp.md 7 M7"),
    "M8-bodies": ("Hostile bodies are refused in milliseconds.", "mcp.md 7 M8"),
    "M8-references": ("$ref in arguments is data: nothing is resolved or fetched.", "mcp.md 7 M8"),
    "M8-memory": ("Memory stays flat under hostile bodies.", "mcp.md 7 M8"),
    "M8-slow-body": ("A body that does not come is given up.", "mcp.md 7 M8"),
    "M9-no-record": ("Without a durable record there is no answer, and no write runs.", "mcp.md 7 M9"),
    "M9-killed": ("After kill -9 each answer has one record, and a write its attempt.", "mcp.md 7 M9"),
    "M9-newlines": ("Line breaks in fields forge neither records nor log lines.", "mcp.md 7 M9"),
    "M9-auditors": ("Only auditors see statements and parameters.", "mcp.md 7 M9"),
    "M10-asked": ("Where a catalog wants it, a write waits for a person who sees what it is.", "mcp.md 7 M10"),
    "M10-once": ("An approval is used once.", "mcp.md 7 M10"),
    "M10-bound": ("An approval binds tool, exact arguments, principal and client.", "mcp.md 7 M10"),
    "M10-expires": ("An approval expires.", "mcp.md 7 M10"),
    "M10-policy": ("An approval ends when the catalog or its policy changes.", "mcp.md 7 M10"),
    "M10-only-a-yes": ("Whatever is not a yes writes nothing.", "mcp.md 7 M10"),
    "M10-sealed": ("A state that was not sealed here is refused.", "mcp.md 7 M10"),
    "M10-cannot-ask": ("A client that cannot ask is refused or let by, as the policy says.", "mcp.md 7 M10"),
}


def carriers(folder: Path, faults: list[str]) -> dict[str, list[str]]:
    """Return id -> tests of the folder that carry it, read without importing them. Wrong marks are told in `faults`."""
    found: dict[str, list[str]] = {}
    for path in sorted(folder.rglob("*.py")):
        tree = ast.parse(path.read_text())
        marks = {node for node in ast.walk(tree) if is_mark(node)}
        for name, test in tests(tree):
            own = {node for each in test.decorator_list for node in ast.walk(each) if is_mark(node)}
            marks -= own
            where = f"{path.relative_to(folder)}::{name}"
            if own and not path.name.startswith("test_"):
                faults.append(f"{where}: is not collected")
            for identity in [identity for mark in own for identity in ids(mark, where, faults)]:
                found.setdefault(identity, []).append(where)
        faults += [f"{path.relative_to(folder)}:{mark.lineno}: stands on no test" for mark in marks]
    return found


def is_mark(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "requirement"


def tests(tree: ast.Module) -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """The functions that pytest collects: test_* of the module and of its classes Test*."""
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name.startswith("Test")]
    for holder in [tree, *classes]:
        for node in holder.body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test"):
                yield node.name, node


def ids(mark: ast.Call, where: str, faults: list[str]) -> list[str]:
    """Return what the mark names; anything but plain strings is a fault, because nobody could look it up."""
    named = [node.value for node in mark.args if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    if len(named) != len(mark.args) or mark.keywords or not named:
        faults.append(f"{where}: names no plain ids")
    return named


if __name__ == "__main__":
    proven = carriers(Path(__file__).parent, [])
    lines = [
        f"| {identity} | {sentence} | {source} | {', '.join(proven.get(identity, []))} |"
        for identity, (sentence, source) in REQUIREMENTS.items()
    ]
    sys.stdout.write("\n".join(["| id | requirement | source | tests |", "|---|---|---|---|", *lines, ""]))
