"""How every form of the portal is drawn: one field template, native controls."""

from django import forms
from django.forms.boundfield import BoundField
from django.forms.renderers import TemplatesSetting

from qcportal.ui import identity

COUNTED_FROM = 20  # shorter limits (a postcode, a code) need no counter
UNSTYLED = {"checkbox", "radio", "hidden", "range", "color", "image"}


class PortalBoundField(BoundField):
    """Gives controls their classes, and limits that may be passed while typing."""

    def build_widget_attrs(self, attrs, widget=None):
        """The control's attributes; a counted limit moves to data-limit.

        A browser that cuts off pasted text at maxlength loses words in silence, so
        longer fields count instead and the server refuses what is too long.
        """
        widget = widget or self.field.widget
        attrs = super().build_widget_attrs(attrs, widget)
        own = widget.attrs
        style = self._style(widget)
        if style and style not in own.get("class", "").split():
            attrs["class"] = " ".join(filter(None, [own.get("class"), style]))
        if self.limit:
            attrs["maxlength"] = False
            attrs["data-limit"] = self.limit
        return attrs

    @staticmethod
    def _style(widget):
        if isinstance(widget, (forms.RadioSelect, forms.CheckboxSelectMultiple)):
            return ""
        if isinstance(widget, forms.CheckboxInput):
            return "form-check-input"
        if isinstance(widget, forms.Select):
            return "form-select"
        return "" if getattr(widget, "input_type", "") in UNSTYLED else "form-control"

    @property
    def limit(self):
        """The number of characters to count against, or 0."""
        most = getattr(self.field, "max_length", None) or 0
        widget = self.field.widget
        typed = isinstance(widget, (forms.TextInput, forms.Textarea))
        return most if typed and most >= COUNTED_FROM else 0

    @property
    def written(self):
        """How many characters the field holds now, newlines counted once."""
        return len(newlines_once(str(self.value() or "")))

    @property
    def is_single_check(self):
        """A lone tick box has its label behind it, not above."""
        return isinstance(self.field.widget, forms.CheckboxInput)


class PortalRenderer(TemplatesSetting):
    """settings.FORM_RENDERER."""

    field_template_name = "django/forms/field.html"
    form_template_name = "django/forms/form.html"
    bound_field_class = PortalBoundField


def newlines_once(text):
    """``text`` with every kind of line end as one ``\\n``, as a person counts."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


class PortalForm(forms.Form):
    """Every form of the portal: no field takes the number of an identity card. What
    was typed stays in the field, the sentence stands beside it."""

    def _clean_fields(self):
        super()._clean_fields()
        for name, value in list(self.cleaned_data.items()):
            secret = isinstance(self.fields[name].widget, forms.PasswordInput)
            if isinstance(value, str) and not secret and identity.holds_number(value):
                self.add_error(
                    name, forms.ValidationError(identity.SENTENCE, "identity_number")
                )


class ParagraphsField(forms.CharField):
    """Long text. Counts a line end as one character, as the page's counter does."""

    widget = forms.Textarea

    def to_python(self, value):
        return super().to_python(newlines_once(value) if value else value)


class RadioCards(forms.RadioSelect):
    """Choices as cards. ``notes`` maps a value to the sentence under its label."""

    template_name = "django/forms/widgets/radio_cards.html"

    def __init__(self, attrs=None, choices=(), notes=None):
        super().__init__(attrs, choices)
        self.notes = notes or {}

    def create_option(self, name, value, *args, **kwargs):
        option = super().create_option(name, value, *args, **kwargs)
        option["note"] = self.notes.get(str(value), "")
        return option


class CheckSet(forms.CheckboxSelectMultiple):
    """Tick boxes whose value is one text: the codes, parted by a blank. Sends an empty
    value of its own, so that a page with nothing ticked still says so."""

    template_name = "django/forms/widgets/check_set.html"

    def format_value(self, value):
        return value.split() if isinstance(value, str) else super().format_value(value)

    def value_from_datadict(self, data, files, name):
        return data.get(name, "")


class YesNo(forms.RadioSelect):
    """Two answers side by side, the second in red when chosen: 符合 / 不符."""

    template_name = "django/forms/widgets/yes_no.html"
