"""Python that people write in Odoo reaches their company's records, and never SQL.

A company's administrators write code: server actions, computed fields, mail templates, views, reports. Odoo's evaluator
lets none of it import or reach Python's inside, but hands it the cursor. In a database of one's own that is as good as
any right; here one role of PostgreSQL owns every tenant's database, and one statement would drop another's. So the
names that lead to SQL are forbidden there like those that lead to Python's inside.
"""

from odoo.tools import safe_eval

FORBIDDEN = (
    # the cursor, and whoever makes or keeps one
    *("cr", "_cr", "cursor", "_cnx", "_db", "pool", "registry"),
    # SQL as a text, run or put into a query
    *("execute_query", "execute_query_dict", "_search", "_as_query", "add_join", "add_where"),
)
# The list itself: its module holds it against the names of every expression it compiles, and so does QWeb.
safe_eval._UNSAFE_ATTRIBUTES += FORBIDDEN
