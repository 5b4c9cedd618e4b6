"""Schedules read as the CronJob controller reads them, and the time between their runs."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prodready_infra.errors import UnknownValue
from prodready_infra.model.cron import parse_schedule, schedule_of
from prodready_infra.model.node import Node, Nowhere, Unknown

MINUTE, HOUR, DAY = 60, 3600, 86400

PERIODS = {
    "* * * * *": MINUTE,
    "*/1 * * * *": MINUTE,
    "*/5 * * * *": 5 * MINUTE,
    "*/45 * * * *": 15 * MINUTE,  # 0, 45, 0
    "*/59 * * * *": MINUTE,
    "7 * * * *": HOUR,
    "5/20 * * * *": 20 * MINUTE,  # 5, 25, 45
    "0,10,40 * * * *": 10 * MINUTE,
    "50-59/1 * * * *": MINUTE,
    "0-30/15 * * * *": 15 * MINUTE,
    "0,,30 * * * *": 30 * MINUTE,
    "0 */6 * * *": 6 * HOUR,
    "30 8,9 * * *": HOUR,
    "59,0 * * * *": MINUTE,
    "00 01 * * *": DAY,
    "5 23,0 * * *": HOUR,  # from one day to the next
    "0 2 * * 1-5": DAY,
    "0 2 * * MON-fri": DAY,
    "0 2 * * 0": 7 * DAY,
    "0 2 * * sun,wed": 3 * DAY,
    "0 0 ? * *": DAY,
    "0 0 1 * *": 28 * DAY,
    "0 0 31 * *": 31 * DAY,
    "0 0 1 JAN,jul *": 181 * DAY,
    "0 0 1 1 *": 365 * DAY,
    "0 0 29 2 *": 1461 * DAY,
    "0 0 1,15 * 3": DAY,  # both are restricted: a Wednesday may follow the 15th
    "0 0 13 * 5": DAY,
    "0 0 */2 * *": DAY,  # from the 31st to the 1st
    "0 0 */2 * 1": DAY,
    "0 0 */1 * 1": 7 * DAY,  # a star with step 1 leaves the choice to the weekday
    "0 0 *,5 * 1": 7 * DAY,
    "0 0 1 1 1": 1 * DAY,
    "0 0 30 2 *": math.inf,
    "0 0 31 4,6 ?": math.inf,
    ", * * * *": math.inf,
    "  0   3 * * *  ": DAY,
    "@hourly": HOUR,
    "@daily": DAY,
    "@midnight": DAY,
    "@weekly": 7 * DAY,
    "@monthly": 28 * DAY,
    "@yearly": 365 * DAY,
    "@annually": 365 * DAY,
    "@every 1h30m": 1.5 * HOUR,
    "@every 90.7s": 90,
    "@every 20ms": 1,
    "TZ=Europe/Vienna 0 3 * * *": DAY,
    "CRON_TZ=UTC @hourly": HOUR,
}

REFUSED = {
    "": "0 fields",
    "daily": "1 field and",
    "0 0 * *": "4 fields",
    "0 */5 * * * *": "6 fields",
    "0 0 * * 7": r"'7' is no day of the week \(0-6\)",
    "0 0 * * FRI-SUN": "'FRI-SUN' ends before it begins",
    "60 * * * *": r"'60' is no minute \(0-59\)",
    "70/5 * * * *": "'70/5' is no minute",
    "* 24 * * *": "hour",
    "0 0 0 * *": "day of the month",
    "0 0 * 13 *": "month",
    "30-10 * * * *": "'30-10' ends before it begins",
    "*/0 * * * *": "minute",
    "*/ * * * *": "'' is no number",
    "1/2/3 * * * *": "'2/3' is no number",
    "1-2-3 * * * *": "'2-3' is no number",
    "0 0 L * *": "'L' is no number",
    "0 0 15W * *": "no number",
    "0 0 * * 5#2": "no number",
    "0 0 * * monday": "'monday' is no number",
    "H 3 * * *": "'H' is no number",
    "-5 * * * *": "'' is no number",
    "² * * * *": "no number",
    "@reboot": "1 field",
    "@every": "1 field",
    "@every 5": "'5' is no duration",
    "@every soon": "no duration",
    "@every 1e9h": "no duration",
    "@every 9999999h": "too long",
    f"@every {'9' * 400}h": "too long",
    "TZ=UTC": "1 field",
}


@pytest.mark.parametrize(("text", "seconds"), PERIODS.items(), ids=PERIODS)
def test_the_closest_runs(text: str, seconds: float) -> None:
    assert parse_schedule(text).shortest_period() == seconds


@pytest.mark.parametrize(("text", "message"), REFUSED.items(), ids=REFUSED)
def test_what_the_api_refuses(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_schedule(text)


def test_a_node_that_holds_no_schedule_is_unknown() -> None:
    for value in ("0 0 * * 7", ["0"], Unknown("it is a template"), None):
        with pytest.raises(UnknownValue):
            schedule_of(Node(value, ("spec", "schedule"), Nowhere()))
    assert schedule_of(Node("*/5 * * * *", (), Nowhere())) == parse_schedule("*/5 * * * *")


@pytest.mark.parametrize(
    ("text", "runs"),
    {
        "*/5 * * * *": 288,
        "0 8,9 * * 1": 2,
        "@monthly": 1,
        "@every 10m": 144,
        "@every 48h": 0.5,
    }.items(),
)
def test_the_runs_of_a_busy_day(text: str, runs: float) -> None:
    assert parse_schedule(text).runs_a_day() == runs


@given(st.text("0123456789*/,-? @TZ=evrymonL.", max_size=24))
def test_any_text_is_a_schedule_or_refused(text: str) -> None:
    try:
        period = parse_schedule(text).shortest_period()
    except ValueError:
        return
    assert period > 0
