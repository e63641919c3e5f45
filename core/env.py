"""Settings from the environment or `.env`. A wrong value stops the start with one clear line."""

import hashlib
import os
import secrets
from pathlib import Path
from urllib.parse import urlsplit

from dotenv import load_dotenv

ROOT = Path(__file__).resolve().parent.parent
LONGEST_SOCKET_PATH = 100


class BadSetting(SystemExit):
    """One line on stderr, exit code 1."""

    def __init__(self, name: str, problem: str) -> None:
        super().__init__(f"Setting {name}: {problem}")


load_dotenv(ROOT / ".env")


def env_text(name: str, default: str = "") -> str:
    return os.environ.get(name, "").strip() or default


def env_bool(name: str, default: bool = False) -> bool:
    value = env_text(name).lower()
    if not value:
        return default
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise BadSetting(name, f"“{value}” is neither on nor off; use 1 or 0.")


def env_number(name: str, default: float, *, minimum: float = 0, maximum: float = 1e9) -> float:
    value = env_text(name)
    if not value:
        return default
    try:
        number = float(value)
    except ValueError:
        raise BadSetting(name, f"“{value}” is not a number.") from None
    if not minimum <= number <= maximum:
        raise BadSetting(name, f"{value} is not between {minimum:g} and {maximum:g}.")
    return number


def env_int(name: str, default: int, *, minimum: int = 0, maximum: int = 10**9) -> int:
    number = env_number(name, default, minimum=minimum, maximum=maximum)
    if number != int(number):
        raise BadSetting(name, f"{number} is not a whole number.")
    return int(number)


def env_choice(name: str, default: str, *, choices: tuple[str, ...]) -> str:
    value = env_text(name, default).lower()
    if value not in choices:
        raise BadSetting(name, f"“{value}” is not one of {', '.join(choices)}.")
    return value


def env_list(name: str, default: str = "") -> list[str]:
    return [part.strip() for part in env_text(name, default).split(",") if part.strip()]


def env_words(name: str, default: str, *, choices: tuple[str, ...]) -> tuple[str, ...]:
    """Some of the choices, or "none"."""
    words = env_list(name, default)
    if words == ["none"]:
        return ()
    if unknown := [word for word in words if word not in choices]:
        raise BadSetting(name, f"“{unknown[0]}” is none of: {', '.join(choices)}, none.")
    return tuple(words)


def env_url(name: str, default: str = "", *, schemes: tuple[str, ...] = ("http", "https")) -> str:
    value = env_text(name, default).rstrip("/")
    if value and (urlsplit(value).scheme not in schemes or "://" not in value):
        raise BadSetting(name, f"“{value}” is not an address starting with {' or '.join(schemes)}.")
    return value


def data_dir() -> Path:
    path = Path(env_text("DATA_DIR", str(ROOT / "var"))).expanduser().resolve()
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadSetting("DATA_DIR", f"{path} can't be made: {error.strerror}.") from None
    return path


def embedded_socket(folder: Path) -> Path:
    """Where the embedded Valkey listens: under DATA_DIR, or in /tmp when that path is too long."""
    path = folder / "valkey.sock"
    if len(os.fsencode(path)) <= LONGEST_SOCKET_PATH:
        return path
    name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]
    return Path("/tmp") / f"deskbell-{os.getuid()}-{name}" / "valkey.sock"  # noqa: S108


def kept_secret(name: str, make: str, *, required: bool) -> str:
    """The variable, or a value made once and kept with mode 0600 under DATA_DIR."""
    if value := env_text(name):
        return value
    if required:
        raise BadSetting(name, "is required when DATABASE_URL names a production database.")
    path = data_dir() / f"{name.lower()}.txt"
    if not path.exists():
        write_once(path, make)
    return path.read_text().strip()


def write_once(path: Path, text: str) -> None:
    """Make the file whole, with mode 0600, unless another process was first."""
    draft = path.with_suffix(f".{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def secret_key(*, required: bool) -> str:
    return kept_secret("SECRET_KEY", secrets.token_urlsafe(50), required=required)


def field_encryption_keys(*, required: bool) -> list[str]:
    from cryptography.fernet import Fernet  # the supervisor reads settings, but needs no keys

    text = kept_secret("FIELD_ENCRYPTION_KEYS", Fernet.generate_key().decode(), required=required)
    keys = [part.strip() for part in text.split(",") if part.strip()]
    for key in keys:
        try:
            Fernet(key)
        except ValueError:
            raise BadSetting(
                "FIELD_ENCRYPTION_KEYS", "holds something that is not a Fernet key."
            ) from None
    return keys
