"""Settings of features: the classes in `app/NAME/settings.py`."""

from app.core.config import Settings, load_settings
from app.core.discovery import feature_of
from app.core.setting_sources import SourcedSettings
from app.models.discovery import feature_modules


def feature_settings() -> list[type[SourcedSettings]]:
    """Return the classes of settings in every `settings.py`.

    Raises:
        TypeError: when a field does not begin with the name of its feature, or is a field of
            another feature; the fields of `Settings` may be read by all.
    """
    found, owners = [], dict[str, str]()
    for module in feature_modules("settings"):
        for value in vars(module).values():
            is_class = isinstance(value, type) and issubclass(value, SourcedSettings)
            if is_class and value.__module__ == module.__name__:
                _check_fields(value, feature_of(module), owners)
                found.append(value)
    return found


def check_feature_settings() -> None:
    """Read the settings of all features.

    Raises:
        SystemExit: with a message for each invalid setting, without its value.
    """
    for settings in feature_settings():
        load_settings(settings)


def _check_fields(settings: type[SourcedSettings], feature: str, owners: dict[str, str]) -> None:
    place = f"{settings.__module__}.{settings.__name__}"
    for name in settings.model_fields.keys() - Settings.model_fields:
        if not name.startswith(f"{feature}_"):
            raise TypeError(f"{place}: rename the field {name} to {feature}_{name}")
        if (owner := owners.setdefault(name, feature)) != feature:
            raise TypeError(f"{place}: rename the field {name}: the feature {owner} has it too")
