"""Where somebody comes from and with what, in words. Pure."""

from __future__ import annotations

from ipaddress import ip_address

from django.http import HttpRequest

# In this order: every browser also says it is some other one.
PROGRAMS = (
    ("MicroMessenger", "微信"),
    ("DingTalk", "钉钉"),
    ("wxwork", "企业微信"),
    ("Edg", "Edge 浏览器"),
    ("QQBrowser", "QQ 浏览器"),
    ("360SE", "360 浏览器"),
    ("HuaweiBrowser", "华为浏览器"),
    ("MiuiBrowser", "小米浏览器"),
    ("Firefox", "Firefox 浏览器"),
    ("Chrome", "Chrome 浏览器"),
    ("Safari", "Safari 浏览器"),
)
MACHINES = (
    ("HarmonyOS", "鸿蒙设备"),
    ("OpenHarmony", "鸿蒙设备"),
    ("iPhone", "苹果手机"),
    ("iPad", "苹果平板"),
    ("Android", "安卓手机"),
    ("Windows", "Windows 电脑"),
    ("Macintosh", "苹果电脑"),
    ("Linux", "Linux 电脑"),
)


def address_of(request: HttpRequest) -> str:
    """The client's IP address; ``0.0.0.0`` for what is none. Forwarded headers were
    read before (qcportal.ui.middleware.client_address)."""
    try:
        return str(ip_address(request.META.get("REMOTE_ADDR", "")))
    except ValueError:
        return "0.0.0.0"  # noqa: S104 - no address to listen on


def masked(address: str) -> str:
    """``101.80.*.*``, ``2409:8a1e:*``: enough to know one's own again."""
    found = ip_address(address)
    if found.version == 4:
        return ".".join(str(found).split(".")[:2]) + ".*.*"
    return ":".join(found.exploded.split(":")[:2]) + ":*"


def device(user_agent: str) -> str:
    """``Chrome 浏览器 · Windows 电脑``; what is not known is 未知设备."""
    program = next((word for mark, word in PROGRAMS if mark in user_agent), "")
    machine = next((word for mark, word in MACHINES if mark in user_agent), "")
    return " · ".join(filter(None, [program, machine])) or "未知设备"
