"""Settings of features: the classes in `app/NAME/settings.py`."""

from app.core.config import Settings, load_settings
from app.core.discovery import feature_of
from app.core.setting_sources import SourcedSettings
from app.models.discovery import feature_modules


def feature_settings() -> list[type[SourcedSettings]]:
    """Return the classes of settings in every `settings.py`.

    Raises:
        TypeError: when a field does not begin with the name of its feature, and is none of the
            fields of `Settings`, which a feature may read too.
    """
    found = []
    for module in feature_modules("settings"):
        for value in vars(module).values():
            is_class = isinstance(value, type) and issubclass(value, SourcedSettings)
            if is_class and value.__module__ == module.__name__:
                _require_prefix(value, f"{feature_of(module)}_")
                found.append(value)
    return found


def check_feature_settings() -> None:
    """Read the settings of all features.

    Raises:
        SystemExit: with a message for each invalid setting, without its value.
    """
    for settings in feature_settings():
        load_settings(settings)


def _require_prefix(settings: type[SourcedSettings], prefix: str) -> None:
    for name in settings.model_fields.keys() - Settings.model_fields:
        if not name.startswith(prefix):
            place = f"{settings.__module__}.{settings.__name__}"
            raise TypeError(f"{place}: rename the field {name} to {prefix}{name}")
