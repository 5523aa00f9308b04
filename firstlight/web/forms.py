from django.forms.renderers import DjangoTemplates


class Renderer(DjangoTemplates):
    """Renders `{{ form }}` and `{{ field.as_field_group }}` in the design system's vocabulary."""

    form_template_name = "web/forms/form.html"
    field_template_name = "web/forms/field.html"
