"""Reads a table with delta-rs, not ours, and prints what it sees as JSON: rows, sums, marks and version."""
import json
import sys

from deltalake import DeltaTable, QueryBuilder

path, sql, *marks = sys.argv[1:]
table = DeltaTable(path)
result = QueryBuilder().register("t", table).execute(sql).read_all()
rows = []
for batch in result.to_batches():
    columns = [batch.column(i) for i in range(batch.num_columns)]
    for row in range(batch.num_rows):
        rows.append([str(column[row].as_py()) for column in columns])
print(json.dumps({"version": table.version(), "rows": rows, "marks": {m: table.transaction_version(m) for m in marks}}))
