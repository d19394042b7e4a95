RENAMED = (
    "the release that is still running uses the old name: rename only the attribute of the model, "
    f"or copy the column in steps ({GUIDE}#rename-or-change-a-column)"
)
REWRITTEN = (
    "the table is locked while it is rewritten, and values may not fit: "
    f"copy the column in steps ({GUIDE}#rename-or-change-a-column)"
)
NOT_NULL = (
    "writes are blocked while all rows are checked, and one invalid row makes it fail: "
    f"validate a CHECK before ({GUIDE}#make-a-column-not-null)"
)
UNIQUE = (
    "writes are blocked while all rows are checked, and one invalid row makes it fail: "
    f"create the index with postgresql_concurrently ({GUIDE}#add-a-unique-constraint)"
)
CONSTRAINT = (
    "writes are blocked while all rows are checked, and one invalid row makes it fail: "
    f"use postgresql_not_valid, then validate ({GUIDE}#add-a-foreign-key-or-a-check)"
)
INDEX = (
    "writes are blocked: use postgresql_concurrently in an autocommit_block() "
    f"({GUIDE}#add-an-index)"
)
