"""The commands of IP access lists, the same for the account and the workspace. rest-api.md 4.7."""

from cli.spec import Flag, Kind, Resource, Verb

_TYPE = Flag("list-type", "ALLOW or BLOCK.")
_ADDRESSES = Flag("ip-addresses", "Addresses and ranges, IPv4 or IPv6.", Kind.LIST)
_COLUMNS = ("list_id", "label", "list_type", "enabled", "ip_addresses", "updated_at")


def network_lists(command: str, base: str, guards: str) -> Resource:
    """Return the commands of one surface."""
    flags = (Flag("label", "1 to 255 characters."), _TYPE, _ADDRESSES)
    needed = tuple(Flag(flag.name, flag.help, flag.kind, is_needed=True) for flag in flags)
    return Resource(
        command,
        base,
        f"IP access lists that guard {guards}.",
        (
            Verb("list", "GET", "", "List the IP access lists.", "", rows="ip_access_lists"),
            Verb("get", "GET", "/{list_id}", "Show a list.", "7a31...", inner="ip_access_list"),
            Verb(
                "create",
                "POST",
                "",
                "Make a list, in force at once. One that would lock you out is refused.",
                "--label office --list-type ALLOW --ip-addresses 198.51.100.0/24,2001:db8::/32",
                flags=needed,
                takes_json=True,
                creates=True,
                inner="ip_access_list",
            ),
            Verb(
                "update",
                "PATCH",
                "/{list_id}",
                "Change a list. The addresses replace those of before.",
                "7a31... --disabled",
                flags=(*flags, Flag("enabled", "Whether it is in force.", Kind.SWITCH, off="disabled")),
                takes_json=True,
                inner="ip_access_list",
            ),
            Verb(
                "delete",
                "DELETE",
                "/{list_id}",
                "Delete a list.",
                "7a31... --yes",
                question="Delete the IP access list {list_id}? That changes who may connect, at once.",
            ),
        ),
        _COLUMNS,
    )
