"""Console pages of audit."""

from django.urls import path

from audit.console import exports, views

urlpatterns = [
    path("audit-log", views.event_list, name="console-audit-log"),
    path("audit-log/export", views.export, name="console-audit-export"),
    path("audit-log/exports", exports.export_list, name="console-audit-exports"),
    path("audit-log/exports/<uuid:export_id>", exports.export_file, name="console-audit-export-file"),
    path("audit-log/chain", views.verify, name="console-audit-chain"),
    path("audit-log/<uuid:event_id>", views.event_detail, name="console-audit-event"),
]
