RENAMED = (
    "the release that is still running uses the old name: rename only the attribute of the model, "
    f"or copy the column in steps ({GUIDE}#rename-or-change-a-column)"
)
REWRITTEN = (
    "writes are blocked while the table is copied, and values may not fit: "
    f"copy the column in steps ({GUIDE}#rename-or-change-a-column)"
)
NOT_NULL = (
    "the table is rebuilt, and one row without a value makes it fail: "
    f"backfill first, and ask for LOCK=NONE ({GUIDE}#make-a-column-not-null)"
)
UNIQUE = (
    "all rows are checked, and one duplicate makes it fail: "
    f"remove duplicates first, and ask for LOCK=NONE ({GUIDE}#add-a-unique-constraint)"
)
CONSTRAINT = (
    "writes are blocked while all rows are checked, and one invalid row makes it fail: "
    f"only a foreign key can do without ({GUIDE}#add-a-foreign-key-or-a-check)"
)
