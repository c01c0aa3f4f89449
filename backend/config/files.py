"""Where photos and documents lie: a folder of the data folder, or a bucket of an S3-compatible store."""

from typing import Any

from backend.config.env import Env


def file_store(env: Env) -> dict[str, Any]:
    """Returns the entry of STORAGES."""
    if env.s3_bucket is None:
        return {
            "BACKEND": "backend.attachments.disk.Disk",
            "OPTIONS": {"location": env.data_dir / "attachments"},
        }
    return {
        "BACKEND": "storages.backends.s3.S3Storage",
        "OPTIONS": {
            "bucket_name": env.s3_bucket,
            "endpoint_url": env.s3_endpoint,
            "region_name": env.s3_region,
            "access_key": env.s3_access_key,
            "secret_key": env.s3_secret_key,
            "default_acl": None,
            "file_overwrite": True,
            "querystring_auth": True,
        },
    }
