"""Write the secrets docker-compose.yml mounts: one file each, in deploy/secrets.

Run once as ``python3 -m scripts.compose_secrets``; files that exist are left as they are.
Standard library only. The folder is closed to other users of the machine; the files
are readable so that the unprivileged users inside the containers can read them.
"""

from base64 import urlsafe_b64encode
from pathlib import Path
from secrets import token_bytes, token_hex, token_urlsafe

FOLDER = Path(__file__).resolve().parent.parent / "deploy" / "secrets"


def keep(name: str, value: str) -> str:
    """Write the file unless it exists; answers its content."""
    path = FOLDER / name
    if not path.exists():
        path.write_text(value, encoding="utf-8")
        path.chmod(0o444)
        print(f"written: deploy/secrets/{name}")
    return path.read_text(encoding="utf-8").strip()


if __name__ == "__main__":
    FOLDER.mkdir(mode=0o700, exist_ok=True)
    keep("secret_key", token_urlsafe(60))
    # Keys of the personal data: a copy belongs in a safe place, apart from backups.
    for name in ("field_keys", "field_index_key"):
        keep(name, urlsafe_b64encode(token_bytes(32)).decode())
    password = keep("database_password", token_hex(24))
    keep("database_url", f"postgres://portal:{password}@postgres:5432/portal")
