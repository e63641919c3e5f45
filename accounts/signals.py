"""What happens to businesses. Sent with `send` inside the transaction that does it."""

from django.dispatch import Signal

# A business was made with its owner. Arguments: business (Business), owner (User).
# Receivers make what every business starts with: prompts, AI settings, channels.
business_created = Signal()

# Someone was added to a business, its owner too. Arguments: user (User).
member_created = Signal()

# Someone may no longer work for their business. Arguments: user (User).
member_removed = Signal()
