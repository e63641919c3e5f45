"""Questions that come through the REST API: the caller reads the stored answer."""

from messaging.adapters.webchat import ANY_TITLE, WebChatAdapter
from messaging.types import Buttons, Capabilities, LengthUnit, TextLimit


class ApiAdapter(WebChatAdapter):
    kind = "api"
    capabilities = Capabilities(
        text_limit=TextLimit(4000, LengthUnit.CHARACTERS), buttons=Buttons(longest=ANY_TITLE)
    )
