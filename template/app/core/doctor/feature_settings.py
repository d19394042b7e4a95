"""Checks of the settings of features."""

from collections.abc import Iterator

from app.core.config import Settings, load_settings
from app.core.doctor.findings import Finding, Level, Row
from app.core.doctor.variables import refused_names, rows
from app.core.feature_settings import feature_settings

ADVICE = "The service does not start: correct the value."


def check_features(found: list[Row]) -> Iterator[Finding]:
    """Find reasons that stop the start.

    Args:
        found: a list to which the settings of all features are added, without the fields of
            `Settings`, which a feature may read too.
    """
    for settings_class in feature_settings():
        settings, refused = None, []
        try:
            settings = load_settings(settings_class)
        except SystemExit as stop:
            texts = str(stop).splitlines()[1:]
            refused = [Finding(Level.ERROR, "feature settings", text, ADVICE) for text in texts]
        except (OSError, ValueError):
            return  # a file that cannot be read is a finding on the settings of the service
        yield from refused
        names = {name.upper() for name in Settings.model_fields}
        own = rows(settings, refused_names(refused), settings_class)
        found += [row for row in own if row.name not in names]
