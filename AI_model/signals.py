"""What happens to budgets and indexes. Sent inside the transaction that does it, with `send`; a
receiver that starts anything does it through `delay_on_commit`.
"""

from django.dispatch import Signal

# Four fifths of a budget are spent; once for each scope. Arguments: business (Business), scope
# ("day:2026-11-21", "month:2026-11", "conversation:<id>"), name ("daily_money"), spent and limit
# (tokens, or US dollars where the name ends in "_money").
budget_warned = Signal()

# A budget is used up; once for each scope. The same arguments.
budget_reached = Signal()

# An answer is to be made from an index that is not there yet, or is older than the knowledge.
# Arguments: business_id (str), damaged (str: the digest of one that can't be read; "" for none).
index_awaited = Signal()
