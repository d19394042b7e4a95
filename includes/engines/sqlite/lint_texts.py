RENAMED = (
    "the release that is still running uses the old name: rename only the attribute of the model, "
    f"or stop the service first ({GUIDE}#rename-or-change-a-column)"
)
REWRITTEN = (
    "the database is locked while the table is rewritten, and values may not fit: "
    f"measure it on a copy ({GUIDE}#rename-or-change-a-column)"
)
NOT_NULL = (
    "the database is locked while the table is rewritten, and one row without a value makes it "
    f"fail: backfill first ({GUIDE}#make-a-column-not-null)"
)
UNIQUE = (
    "writes are blocked while all rows are checked, and one duplicate makes it fail: "
    f"remove duplicates first ({GUIDE}#add-a-unique-constraint)"
)
CONSTRAINT = (
    "the database is locked while the table is rewritten, and one invalid row makes it fail: "
    f"correct the rows first ({GUIDE}#add-a-foreign-key-or-a-check)"
)
