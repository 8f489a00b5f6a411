"""Addresses within the tab: the present one with a few keys changed, keys at their default left out."""

from collections.abc import Callable

from django.http import QueryDict

#: The keys of this tab, in the order in which they stand in an address.
KEYS = ("at", "vs", "over", "cell", "rows", "norm", "curve")

Link = Callable[..., str]


def linker(query: QueryDict) -> Link:
    """A function of changes (``cell="3,5"``, ``vs=""`` to leave it out) that gives the address."""

    def link(**changes: str) -> str:
        wanted = {key: changes.get(key, query.get(key, "")) for key in KEYS}
        fields = QueryDict(mutable=True)
        for key, value in wanted.items():
            if value:
                fields[key] = value
        return "?" + fields.urlencode(safe=",:")

    return link
