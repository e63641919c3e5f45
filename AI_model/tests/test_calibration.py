"""What judged answers do to a business's thresholds."""

from datetime import timedelta
from random import Random

import pytest
from django.utils import timezone
from rest_framework.test import APIClient

from accounts.models import Business
from AI_model.maintenance import calibrate_thresholds
from AI_model.models import AIModelConfig, AnswerVerdict
from AI_model.replies.outcomes import LONGEST_MOVE, product_thresholds, thresholds_of
from AI_model.services.calibration import Judgement, calibrate_all, estimate
from messaging.models import Channel, Conversation, Customer, Message

ANSWER = {"careful": 0.8, "balanced": 0.7, "bold": 0.57}
OFFER = {"careful": 0.5, "balanced": 0.42, "bold": 0.34}


def answers(right: int, wrong: int, at: float = 0.75) -> list[Judgement]:
    return [Judgement(at, True)] * right + [Judgement(at, False)] * wrong


def choices(right: int, wrong: int, at: float = 0.45) -> list[Judgement]:
    return [one._replace(chosen=True) for one in answers(right, wrong, at)]


def estimated(judged: list[Judgement]) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = estimate(judged, answer=ANSWER, offer=OFFER)
    return found


@pytest.mark.parametrize(
    "judged", [[], answers(29, 0), answers(20, 9), answers(40, 0), answers(0, 40)]
)
def test_too_few_or_one_sided_judgements_leave_the_products_thresholds(
    judged: list[Judgement],
) -> None:
    assert estimated(judged) == {}


@pytest.mark.parametrize(
    ("judged", "answer", "offer"),
    [
        (answers(30, 10), "same", "same"),
        (answers(39, 1), "lower", "same"),
        (answers(10, 30), "higher", "same"),
        (choices(35, 5), "same", "lower"),
        (choices(2, 38), "same", "higher"),
        (answers(30, 30) + choices(40, 2), "higher", "lower"),
    ],
)
def test_answers_move_the_one_and_choices_the_other(
    judged: list[Judgement], answer: str, offer: str
) -> None:
    found = estimated(judged)
    for name, start, expected in (("answer", ANSWER, answer), ("offer", OFFER, offer)):
        for caution, before in start.items():
            move = found[name][caution] - before
            assert ("same" if abs(move) < 0.01 else "higher" if move > 0 else "lower") == expected


def test_a_few_judgements_move_little_and_many_move_more() -> None:
    few, many = estimated(answers(15, 15)), estimated(answers(60, 60))
    moved = [found["answer"]["balanced"] - ANSWER["balanced"] for found in (few, many)]
    assert 0.02 < moved[0] < 0.12 and moved[1] > moved[0] + 0.02


def test_no_threshold_moves_further_than_the_bound() -> None:
    for judged in (answers(1, 3000, 0.95), answers(3000, 1, 0.3), choices(1, 3000, 0.9)):
        found = estimated(judged)
        for name, start in (("answer", ANSWER), ("offer", OFFER)):
            for caution, before in start.items():
                assert abs(found[name][caution] - before) <= LONGEST_MOVE + 1e-4


def some_judgements(chance: Random) -> list[Judgement]:
    return [
        Judgement(chance.random(), chance.random() < 0.7, chance.random() < 0.4)
        for _ in range(chance.randint(30, 120))
    ]


@pytest.mark.parametrize("seed", range(60))
def test_more_wrong_answers_at_a_score_never_lower_a_threshold(seed: int) -> None:
    chance = Random(seed)
    judged = [*some_judgements(chance), Judgement(0.5, True), Judgement(0.5, False)]
    before = estimated(judged)
    score, chosen = chance.random(), chance.random() < 0.5
    wrong = estimated(judged + [Judgement(score, False, chosen)] * chance.randint(1, 20))
    right = estimated(judged + [Judgement(score, True, chosen)] * chance.randint(1, 20))
    for name in ("answer", "offer"):
        for caution, at in before[name].items():
            assert right[name][caution] <= at <= wrong[name][caution]


@pytest.mark.parametrize("seed", range(20))
def test_the_cautious_stay_more_cautious_and_offers_stay_below_answers(seed: int) -> None:
    found = estimated([*some_judgements(Random(seed)), *answers(1, 1)])
    for name in ("answer", "offer"):
        assert found[name]["careful"] >= found[name]["balanced"] >= found[name]["bold"]
    for caution in ANSWER:
        assert found["offer"][caution] <= found["answer"][caution]


@pytest.fixture
def config(business: Business) -> AIModelConfig:
    return AIModelConfig.objects.create(business=business)


def judge(channel: Channel, right: bool, score: float, days_ago: int = 0, count: int = 1) -> None:
    customer, _ = Customer.objects.get_or_create(
        business=channel.business, channel=channel, external_id="ana"
    )
    thread, _ = Conversation.objects.get_or_create(
        business=channel.business, channel=channel, customer=customer, external_id="ana"
    )
    for _ in range(count):
        seq = Message.objects.count() + 1
        message = Message.objects.create(
            business=channel.business, conversation=thread, seq=seq, revision=seq, type="AI"
        )
        AnswerVerdict.objects.create(
            business=channel.business,
            message=message,
            source="agent",
            right=right,
            entry_id="e1",
            score=score,
        )
    long_ago = timezone.now() - timedelta(days=days_ago)
    latest = AnswerVerdict.objects.order_by("-pk").values_list("pk", flat=True)[:count]
    AnswerVerdict.objects.filter(pk__in=list(latest)).update(updated_at=long_ago)


@pytest.mark.django_db
def test_every_night_a_business_gets_thresholds_of_its_own(
    config: AIModelConfig, webchat_channel: Channel, other_business: Business
) -> None:
    other = AIModelConfig.objects.create(business=other_business)
    judge(webchat_channel, False, 0.75, count=25)
    judge(webchat_channel, True, 0.75, count=10)
    assert calibrate_all() == 1
    config.refresh_from_db()
    other.refresh_from_db()
    assert (config.calibration["judged"], other.calibration) == (35, {})
    assert thresholds_of(config).answer > product_thresholds()[0]["balanced"] + 0.02
    assert calibrate_all() == 0, "nothing new, nothing changed"


@pytest.mark.django_db
def test_what_was_judged_long_ago_or_with_certainty_counts_no_more(
    config: AIModelConfig, webchat_channel: Channel
) -> None:
    judge(webchat_channel, False, 0.75, count=20)
    judge(webchat_channel, True, 0.75, count=20, days_ago=181)
    judge(webchat_channel, True, 1.0, count=20)
    calibrate_thresholds()
    config.refresh_from_db()
    assert config.calibration == {}


@pytest.mark.django_db
def test_thresholds_go_back_when_the_judgements_are_gone(
    config: AIModelConfig, webchat_channel: Channel
) -> None:
    judge(webchat_channel, False, 0.75, count=25)
    judge(webchat_channel, True, 0.75, count=10)
    calibrate_all()
    AnswerVerdict.objects.all().delete()
    calibrate_all()
    config.refresh_from_db()
    assert config.calibration == {}


@pytest.mark.django_db
def test_the_settings_show_it_and_nobody_sets_it(
    config: AIModelConfig, owner_api: APIClient
) -> None:
    assert owner_api.get("/api/v1/ai/config/").json()["calibration"] is None
    AIModelConfig.objects.update(
        calibration={"answer": ANSWER, "offer": OFFER, "judged": 41},
    )
    shown = owner_api.get("/api/v1/ai/config/").json()["calibration"]
    assert shown == {"answer": ANSWER, "offer": OFFER, "judged": 41}
    answer = owner_api.put("/api/v1/ai/config/", {"calibration": None}, format="json")
    assert answer.json()["calibration"] == shown
