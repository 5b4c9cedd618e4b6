"""A key of KMS is replaced by new material from time to time."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    NotApplicable,
    Problem,
    Resource,
    rule,
    setting,
)


# Old material stays readable after a rotation: what it helps against is disputed.
@rule(
    id="SEC046",
    title="encryption key is never rotated",
    group="disputed",
    kinds=["aws_kms_key", "google_kms_crypto_key"],
    references=[
        "https://docs.aws.amazon.com/kms/latest/developerguide/rotate-keys.html",
        "https://cloud.google.com/kms/docs/key-rotation",
    ],
    aliases=["checkov:CKV_AWS_7", "checkov:CKV_GCP_43", "trivy:AWS-0065", "trivy:GCP-0065"],
)
def kms_rotation(key: Resource) -> Iterator[Problem]:
    if key.kind == "aws_kms_key":
        symmetric = key.get("customer_master_key_spec").text("SYMMETRIC_DEFAULT")
        if symmetric != "SYMMETRIC_DEFAULT" or key.get("custom_key_store_id"):
            raise NotApplicable("AWS cannot rotate keys of its sort")
        rotation = key.get("enable_key_rotation")
        if not setting(key, "enable_key_rotation").flag():
            state = "is false" if rotation.present else "is not set"
            yield Problem(rotation, f"enable_key_rotation {state}: the key stays the same for ever")
        return
    if key.get("purpose").text("ENCRYPT_DECRYPT") != "ENCRYPT_DECRYPT":
        raise NotApplicable("only symmetric keys can be rotated")
    if key.get("import_only").flag():
        raise NotApplicable("Google cannot rotate a key that is imported")
    if not key.get("rotation_period").present:
        yield Problem(key.get("rotation_period"), "rotation_period is not set: it is never rotated")
