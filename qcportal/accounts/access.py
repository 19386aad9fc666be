"""Decorators by which a view says whose desk it is."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from qcportal.accounts.roles import CHANNELS, Role


def acting_as(*roles: Role) -> Callable[..., Any]:
    """Only actors of ``roles`` enter; others read whose page it is (403)."""

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if not request.actor:
                return redirect("accounts:no_seat")
            if request.actor.role not in roles:
                owners = "、".join(CHANNELS[role] for role in roles)
                return render(
                    request,
                    "errors/other_desk.html",
                    {"owners": owners, "channel": request.actor.channel},
                    status=403,
                )
            return view(request, *args, **kwargs)

        guarded.roles = roles
        return guarded

    return decorate
