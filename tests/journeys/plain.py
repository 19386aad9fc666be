"""A browser without scripts: reads the page it was sent, fills what is there, presses
the buttons that are there. What a person could not do on the page, it cannot do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin, urlsplit
from xml.etree.ElementTree import Element

import tinyhtml5
from django.http import HttpResponse
from django.test import Client

HOST = "http://testserver"
CHECKED_KINDS = {"checkbox", "radio"}
SUBMITTING = {"", "submit"}


def words(element: Element) -> str:
    """The text of an element, blanks squeezed."""
    return re.sub(r"\s+", " ", "".join(element.itertext())).strip()


class Plain:
    """One person's browser. ``open``, ``follow``, ``press``; the page in ``text``."""

    def __init__(self) -> None:
        self.client = Client(enforce_csrf_checks=True)
        self.url = f"{HOST}/"

    # --- where it stands -----------------------------------------------------------

    def open(self, path: str, status: int = 200) -> Plain:
        """Go to an address of the portal, through its redirects."""
        referer = {"HTTP_REFERER": self.url}
        response = self.client.get(urljoin(self.url, path), follow=True, **referer)
        return self._arrived(response, urljoin(self.url, path), status)

    def _arrived(self, response: HttpResponse, url: str, status: int) -> Plain:
        for target, _ in getattr(response, "redirect_chain", []):
            url = urljoin(url, target)
        self.url, self.status = url.partition("#")[0], response.status_code
        self.page = tinyhtml5.parse(
            response.content.decode(), namespace_html_elements=False
        )
        assert self.status == status, f"{self.url}: {self.status}\n{self.text}"
        self._keeps_the_policy()
        return self

    def _keeps_the_policy(self) -> None:
        """No style or script stands in a page, or the policy would switch it off."""
        for element in self.page.iter():
            inline = [n for n in element.attrib if n == "style" or n.startswith("on")]
            script = element.tag == "script" and "src" not in element.attrib
            assert not inline, f"{self.url}: {element.tag} {inline}"
            assert not script, f"{self.url}: {words(element)}"
            assert element.tag != "style", self.url

    @property
    def path(self) -> str:
        return urlsplit(self.url).path

    @property
    def text(self) -> str:
        """What the page says."""
        return words(self.page.find("body"))

    def says(self, *sentences: str) -> Plain:
        for sentence in sentences:
            assert sentence in self.text, f"{self.url}: “{sentence}”\n{self.text}"
        return self

    def says_not(self, *sentences: str) -> Plain:
        for sentence in sentences:
            assert sentence not in self.text, f"{self.url}: “{sentence}”"
        return self

    def holds(self, typed: str) -> Plain:
        """``typed`` stands in a field of the page, ready to be sent again."""
        values = [e.get("value", "") for e in self.page.iter("input")]
        values += ["".join(e.itertext()) for e in self.page.iter("textarea")]
        assert typed in values, f"{self.url}: “{typed}” not in {values}"
        return self

    def is_off(self, label: str, of: str) -> bool:
        """Whether the button ``label`` in the row that speaks of ``of`` is disabled."""
        [row] = [tr for tr in self.page.iter("tr") if of in words(tr)]
        [button] = [b for b in row.iter("button") if words(b) == label]
        return "disabled" in button.attrib

    # --- links ---------------------------------------------------------------------

    def link(self, label: str, inside: str = "") -> str:
        """The address behind the first link whose text holds ``label``, in the whole
        page or in the element with the id ``inside``."""
        place = self.page.find(f".//*[@id='{inside}']") if inside else self.page
        for element in place.iter("a"):
            if label in words(element) and element.get("href"):
                return urljoin(self.url, element.get("href"))
        raise AssertionError(f"{self.url}: no link “{label}”\n{self.text}")

    def links(self, label: str) -> list[str]:
        """Every address behind a link whose text holds ``label``, in order."""
        found = [a for a in self.page.iter("a") if label in words(a)]
        return [urljoin(self.url, a.get("href")) for a in found if a.get("href")]

    def follow(self, label: str) -> Plain:
        return self.open(self.link(label))

    def take(self, label: str, inside: str = "") -> bytes:
        """Download what a link leads to."""
        return self.fetch(self.link(label, inside))

    def fetch(self, url: str) -> bytes:
        response = self.client.get(url)
        assert response.status_code == 200, f"{url}: {response.status_code}"
        return b"".join(response) if response.streaming else response.content

    # --- forms ---------------------------------------------------------------------

    def press(
        self, label: str, fields: Mapping[str, Any] | None = None, status: int = 200
    ) -> Plain:
        """Fill ``fields`` of the button's form and press it. Files are values too."""
        button, form = self._button(label)
        controls = self._controls(form)
        data = self._standing(controls)
        for name, value in (fields or {}).items():
            known = [c.get("name") for c in controls]
            assert name in known, f"{self.url}: no field {name} in {known}"
            data[name] = value
        self._needs_are_met(form, controls, data)
        if button.get("name"):
            data[button.get("name")] = button.get("value", "")
        action = button.get("formaction") or form.get("action") or self.url
        target = urljoin(self.url, action)
        if form.get("method", "get").lower() == "get":
            response = self.client.get(target, data, follow=True)
        else:
            response = self._post(form, target, data)
        return self._arrived(response, target, status)

    def send(self, path: str, fields: Mapping[str, str] | None = None) -> Plain:
        """Post past the page, as somebody would whose page is old."""
        token = self.client.cookies["csrftoken"].value
        data = {**(fields or {}), "csrfmiddlewaretoken": token}
        target = urljoin(self.url, path)
        came_from = {"HTTP_REFERER": self.url}
        response = self.client.post(target, data, follow=True, **came_from)
        return self._arrived(response, target, 200)

    def _post(self, form: Element, target: str, data: dict[str, Any]) -> HttpResponse:
        files = [v for v in data.values() if hasattr(v, "read")]
        multipart = form.get("enctype") == "multipart/form-data"
        assert multipart or not files, f"{self.url}: this form takes no files"
        return self.client.post(target, data, follow=True, HTTP_REFERER=self.url)

    def _button(self, label: str) -> tuple[Element, Element]:
        """The button that says exactly ``label``, else the first that holds it."""
        buttons = [
            (words(element), element, form)
            for form, element in self._with_forms()
            if element.tag == "button" and element.get("type", "") in SUBMITTING
        ]
        exact = [b for b in buttons if b[0] == label]
        for _, element, form in exact or [b for b in buttons if label in b[0]]:
            assert "disabled" not in element.attrib, f"“{label}” is disabled"
            return element, form
        said = [b[0] for b in buttons]
        raise AssertionError(f"{self.url}: no button “{label}” in {said}")

    def _with_forms(self) -> list[tuple[Element, Element]]:
        """(form, control) for every control that belongs to a form."""
        by_id = {f.get("id"): f for f in self.page.iter("form") if f.get("id")}
        pairs = [
            (form, element)
            for form in self.page.iter("form")
            for element in form.iter()
            if "form" not in element.attrib
        ]
        pairs += [
            (by_id[element.get("form")], element)
            for element in self.page.iter()
            if element.get("form") in by_id
        ]
        return [p for p in pairs if p[1] not in self._templates()]

    def _templates(self) -> set[Element]:
        return {e for t in self.page.iter("template") for e in t.iter()}

    def _controls(self, form: Element) -> list[Element]:
        off = {
            e for f in form.iter("fieldset") if "disabled" in f.attrib for e in f.iter()
        }
        return [
            element
            for owner, element in self._with_forms()
            if owner is form
            and element.tag in {"input", "select", "textarea"}
            and "disabled" not in element.attrib
            and element not in off
            and element.get("name")
        ]

    def _standing(self, controls: list[Element]) -> dict[str, Any]:
        """What a browser would send if nothing were typed."""
        data: dict[str, Any] = {}
        for control in controls:
            name, kind = control.get("name"), control.get("type", "text")
            if control.tag == "textarea":
                data[name] = "".join(control.itertext()).removeprefix("\n")
            elif control.tag == "select":
                data[name] = self._chosen(control)
            elif kind in CHECKED_KINDS:
                if "checked" in control.attrib:
                    data[name] = control.get("value", "on")
            elif kind != "file":
                data[name] = control.get("value", "")
        return data

    @staticmethod
    def _chosen(select: Element) -> str:
        options = list(select.iter("option"))
        chosen = [o for o in options if "selected" in o.attrib] or options[:1]
        return chosen[0].get("value", words(chosen[0])) if chosen else ""

    def _needs_are_met(
        self, form: Element, controls: list[Element], data: Mapping[str, Any]
    ) -> None:
        """A browser keeps a form with an empty required field back."""
        if "novalidate" in form.attrib:
            return
        for control in controls:
            if "required" in control.attrib:
                name = control.get("name")
                assert data.get(name), f"{self.url}: {name} is required"

    def fields(self, label: str) -> list[str]:
        """Names of the fields of the form that the button ``label`` sends."""
        return [c.get("name") for c in self._controls(self._button(label)[1])]

    def standing(self, label: str) -> dict[str, Any]:
        """What stands in the form of the button ``label`` now."""
        return self._standing(self._controls(self._button(label)[1]))
