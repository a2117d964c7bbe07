"""An auditor has a file of audit records made, and sees it become ready without loading the page again."""

from django.urls import reverse

from audit.models import AuditExport
from jobs import outbox


def test_an_export_is_asked_for_becomes_ready_and_is_fetched(dora, sign_in):
    page = sign_in(dora)
    page.goto(reverse("console-audit-log") + "?outcome=allowed")
    page.get_by_role("link", name="Exports").click()
    main = page.get_by_role("main")
    assert main.get_by_text("Outcome: allowed").is_visible()
    main.get_by_label("Format").select_option("ndjson")
    main.get_by_role("button", name="Make export").click()
    main.get_by_text("Waiting").wait_for()
    outbox.run_due()
    main.get_by_text("Done", exact=True).wait_for()
    with page.expect_download() as download:
        main.get_by_role("link", name="Download JSON lines").click()
    assert download.value.suggested_filename == "audit.ndjson"
    assert AuditExport.objects.get().filters == {"decision": "allowed"}
