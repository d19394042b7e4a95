"""The lag of a replica by the positions that it has reached."""

from app.core.replica_positions import lag_of
from tests.platform.network.replicas import noted


def test_the_lag_is_the_time_since_the_newest_position_that_is_reached() -> None:
    positions = noted((0, "a"), (1, "b"), (2.5, "c")).all()
    assert lag_of(positions, [True, True, True]) == 0
    assert lag_of(positions, [True, False, False]) == 2.5
    # After a failover the new primary may be behind the positions of the former one.
    assert lag_of(positions, [False, False, True]) == 0
    assert lag_of(positions, [False, False, False]) is None


def test_the_positions_reach_back_as_far_as_the_accepted_lag() -> None:
    positions = noted(*((number / 10, str(number)) for number in range(1000)), max_lag=20)
    kept = positions.all()
    assert kept[-1].text == "999"
    assert len(kept) == 12
    assert kept[-1].time - kept[0].time >= 20
