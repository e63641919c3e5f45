"""What happens to a business's knowledge. Sent with `send` inside the transaction that does it."""

from django.dispatch import Signal

# Answers are to be made from something else now. Arguments: business_id (str), version (int).
knowledge_changed = Signal()
