"""How a question is written down before it is compared: chat spelling and book spelling meet.

Applied to customers' questions and to the phrasings of entries alike, never to texts.
"""

import re

_LONGEST_RUN = re.compile(r"(\D)\1{2,}")
_NUMBER = re.compile(r"\b#?\d{5,}\b")
_MARKS = re.compile(r"[^\w\s'$€£%]+")
_BLANKS = re.compile(r"\s+")

_CHAT = {
    "u": "you",
    "ur": "your",
    "r": "are",
    "n": "and",
    "nd": "and",
    "pls": "please",
    "plz": "please",
    "plss": "please",
    "thx": "thanks",
    "ty": "thank you",
    "wht": "what",
    "wat": "what",
    "whats": "what is",
    "hw": "how",
    "whr": "where",
    "wen": "when",
    "cn": "can",
    "hv": "have",
    "knw": "know",
    "abt": "about",
    "thru": "through",
    "bcoz": "because",
    "cuz": "because",
    "dont": "don't",
    "doesnt": "doesn't",
    "didnt": "didn't",
    "cant": "can't",
    "wont": "won't",
    "im": "i am",
    "ive": "i have",
    "wanna": "want to",
    "gonna": "going to",
    "gotta": "have to",
    "lemme": "let me",
    "gimme": "give me",
    "msg": "message",
    "acc": "account",
    "acct": "account",
    "info": "information",
    "qty": "quantity",
    "recd": "received",
    "tmr": "tomorrow",
    "tmrw": "tomorrow",
    "asap": "as soon as possible",
    "pic": "picture",
    "pics": "pictures",
    "ppl": "people",
    "ok": "okay",
}


def as_question(text: str, *, english: bool) -> str:
    """Lower case, no marks, long numbers without their digits, and one question mark at the end.

    The mark matters: the encoders tell statements from questions, customers do not.
    """
    plain = _LONGEST_RUN.sub(r"\1\1", text.casefold().replace("\u2019", "'"))
    plain = _BLANKS.sub(" ", _MARKS.sub(" ", _NUMBER.sub("number", plain))).strip()
    if english:
        plain = " ".join(_CHAT.get(word, word) for word in plain.split())
    return f"{plain}?" if plain else ""
