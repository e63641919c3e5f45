"""Questions that come through the REST API: the caller reads the stored answer."""

from messaging.adapters.webchat import WebChatAdapter
from messaging.types import Capabilities, LengthUnit, TextLimit


class ApiAdapter(WebChatAdapter):
    kind = "api"
    capabilities = Capabilities(text_limit=TextLimit(4000, LengthUnit.CHARACTERS))
