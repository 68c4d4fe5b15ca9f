"""Create the migrations folder and the settings. Either both are written or neither."""

from __future__ import annotations

import os
from collections.abc import Mapping

from schemashift.config import DEFAULT_URL, Config, has_password, has_settings, with_settings
from schemashift.errors import AlreadyInitialised, BadConfig, Hint, Location
from schemashift.paths import display_path
from schemashift.results import Initialised
from schemashift.scripts.template import template_directory
from schemashift.sources.discovery import Models, find_models

Settings = dict[str, str | list[str]]


def init_directory(directory: str) -> tuple[str, ...]:
    """Create *directory* with the template, a README and an empty ``versions`` folder; return the paths created.

    Raises `AlreadyInitialised` if it is not empty, and `BadConfig` if it cannot be written.
    """
    _refuse_existing(directory)
    template = template_directory()
    created = [os.path.join(directory, "versions", "")]
    try:
        os.makedirs(created[0])
        for name in sorted(os.listdir(template), reverse=True):
            if os.path.isfile(os.path.join(template, name)):
                created.append(os.path.join(directory, name))
                _copy(os.path.join(template, name), created[-1])
    except OSError as error:
        raise BadConfig(f"cannot write {display_path(directory)}", cause=str(error)) from error
    return tuple(created)


def init_project(config: Config, *, folder: str, given_url: str | None, environment: Mapping[str, str]) -> Initialised:
    """Create the directory, and write the settings into *folder* if it has none: the models found there, and a URL.

    Raises `AlreadyInitialised` and `BadConfig`, before anything is written.
    """
    existing = has_settings(folder)
    _refuse_existing(config.directory)
    models = find_models(folder, besides=config.directory)
    if existing:
        return Initialised(init_directory(config.directory), (), models, {}, lacks_models=not config.models)
    settings = _settings(config, folder, models, given_url, environment)
    path, text = with_settings(folder, settings)
    if not os.access(path if os.path.exists(path) else folder, os.W_OK):
        raise BadConfig(f"cannot write {display_path(path)}")
    is_new = not os.path.exists(path)
    created = init_directory(config.directory)
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(text)
    return Initialised((*created, *([path] if is_new else [])), () if is_new else (path,), models, settings)


def _settings(
    config: Config, folder: str, models: Models | None, given_url: str | None, environment: Mapping[str, str]
) -> Settings:
    settings: Settings = {}
    directory = os.path.relpath(config.directory, folder)
    if models:
        settings["models"] = models.spec
        if models.imports:
            settings["import"] = list(models.imports)
    if given_url:
        settings |= {} if has_password(given_url) else {"url": given_url}
    elif not environment.get("SCHEMASHIFT_URL"):
        settings["url"] = DEFAULT_URL
    if directory != "migrations":
        settings["directory"] = directory.replace(os.sep, "/")
    return settings


def _refuse_existing(directory: str) -> None:
    if os.path.isdir(directory) and os.listdir(directory):
        raise AlreadyInitialised(
            f"{display_path(directory)}/ already exists and is not empty",
            where=Location(display_path(directory)),
            hints=[
                Hint("status", why="shows the state of this project"),
                Hint("init", ("-d", "FOLDER"), "creates another"),
            ],
        )
    if os.path.exists(directory) and not os.path.isdir(directory):
        raise BadConfig(f"{display_path(directory)} is a file, not a folder")


def _copy(source: str, target: str) -> None:
    with open(source, "rb") as template, open(target, "xb") as file:
        file.write(template.read())
