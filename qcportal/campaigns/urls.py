"""Routes of campaigns and their settings."""

from django.urls import URLPattern, path

from qcportal.campaigns.views import (
    blocks,
    extensions,
    forwarding,
    grants,
    lines,
    listing,
    opening,
    plan,
    quotas,
    rubric_editing,
    rubrics,
    windows,
)

app_name = "campaigns"
HERE = "<slug:code>/settings/"
LINES = f"{HERE}lines/<slug:kind>/"
QUOTAS = f"{HERE}quotas/"
CATEGORY = f"{HERE}categories/<slug:category>/"
RUBRICS = f"{HERE}rubrics/"
RUBRIC = f"{RUBRICS}<slug:category>/<slug:topic_type>/"
urlpatterns: list[URLPattern] = [
    path("", listing.campaigns, name="list"),
    path("new/", listing.new, name="new"),
    path("new/preset/", listing.begin_preset, name="begin_preset"),
    path("new/clone/", listing.begin_clone, name="begin_clone"),
    path("new/forward/", listing.begin_forward, name="begin_forward"),
    path("new/import/", listing.begin_import, name="begin_import"),
    path("<slug:code>/export/", listing.export, name="export"),
    # windows
    path(HERE, windows.settings, name="settings"),
    path("<slug:code>/windows/all/", windows.extend_windows, name="extend_windows"),
    path("<slug:code>/windows/<slug:stage>/", windows.move_window, name="move_window"),
    path(
        "<slug:code>/windows/<slug:stage>/<slug:category>/",
        windows.move_window,
        name="own_window",
    ),
    path(
        "<slug:code>/windows/<slug:stage>/<slug:category>/drop/",
        windows.drop_window,
        name="drop_window",
    ),
    path("<slug:code>/extensions/", extensions.extensions, name="extensions"),
    path(
        "<slug:code>/extensions/<int:number>/end/",
        extensions.end_extension,
        name="end_extension",
    ),
    # blocks, lines, categories
    path(f"{HERE}profile/", blocks.profile, name="profile"),
    path(f"{HERE}honours/", blocks.honours, name="honours"),
    path(f"{HERE}blocks/<slug:block>/", blocks.save_block, name="save_block"),
    path(f"{HERE}checks/", lines.checks, name="checks"),
    path(LINES, lines.add, name="add_line"),
    path(f"{LINES}<int:place>/", lines.change, name="line"),
    path(f"{LINES}<int:place>/move/", lines.move, name="move_line"),
    path(f"{LINES}<int:place>/remove/", lines.remove, name="remove_line"),
    path(f"{HERE}categories/", plan.categories, name="categories"),
    path(f"{HERE}new-category/", plan.add, name="add_category"),
    path(CATEGORY, plan.change, name="category"),
    path(f"{CATEGORY}move/", plan.move, name="move_category"),
    path(f"{CATEGORY}remove/", plan.remove, name="remove_category"),
    # rubrics; the topic type is "-" for one of the whole category
    path(RUBRICS, rubrics.rubrics, name="rubrics"),
    path(f"{RUBRICS}<slug:category>/begin/", rubrics.begin, name="begin_rubric"),
    path(f"{RUBRIC}edit/", rubric_editing.edit, name="edit_rubric"),
    path(f"{RUBRIC}publish/", rubric_editing.publish, name="publish_rubric"),
    path(f"{RUBRIC}drop/", rubric_editing.drop, name="drop_rubric"),
    path(f"{RUBRIC}<int:number>/", rubrics.rubric, name="rubric"),
    # places
    path(QUOTAS, quotas.table, name="quotas"),
    path(f"{QUOTAS}rules/", quotas.add, name="add_quota"),
    path(f"{QUOTAS}rules/<int:rule>/", quotas.change, name="quota"),
    path(f"{QUOTAS}rules/<int:rule>/remove/", quotas.remove, name="remove_quota"),
    path(f"{QUOTAS}preview/", quotas.preview, name="quota_preview"),
    path(f"{QUOTAS}grants/", grants.grants, name="grants"),
    path(f"{QUOTAS}grants/<int:grant>/end/", grants.end, name="end_grant"),
    # what was forwarded
    path(f"{HERE}differences/", forwarding.differences, name="differences"),
    path(f"{HERE}differences/seen/", forwarding.see_changes, name="see_changes"),
    path(
        f"{HERE}differences/forms/<slug:category>/",
        forwarding.take_form,
        name="take_form",
    ),
    # the life of a campaign
    path(f"{HERE}opening/", opening.opening, name="opening"),
    path(f"{HERE}check/", opening.check_setting, name="check_setting"),
    path("<slug:code>/publish/", opening.publish, name="publish"),
    path("<slug:code>/end/", opening.end, name="end"),
    path("<slug:code>/reopen/", opening.reopen, name="reopen"),
]
