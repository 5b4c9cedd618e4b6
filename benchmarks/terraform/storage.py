"""Innermost modules that keep data. The text stands as ``terraform fmt`` writes it."""

from benchmarks.terraform.model import GROUPS, KEY, SUBNETS, Module, Variable, flag, number, string

DATABASE_MAIN = """
locals {
  replicas = var.multi_az ? max(var.replica_count, 1) : var.replica_count
}

resource "aws_db_subnet_group" "this" {
  name       = var.name
  subnet_ids = var.subnet_ids
}

resource "aws_db_parameter_group" "this" {
  name_prefix = "${var.name}-"
  family      = var.family

  dynamic "parameter" {
    for_each = var.parameters

    content {
      name  = parameter.key
      value = parameter.value
    }
  }
}

resource "aws_db_instance" "this" {
  identifier                      = var.name
  engine                          = "postgres"
  instance_class                  = var.instance_class
  allocated_storage               = var.storage
  max_allocated_storage           = var.storage * 4
  multi_az                        = var.multi_az
  backup_retention_period         = var.retention
  backup_window                   = "03:00-04:00"
  deletion_protection             = var.protected
  skip_final_snapshot             = !var.protected
  storage_encrypted               = true
  kms_key_id                      = var.kms_key_arn
  db_subnet_group_name            = aws_db_subnet_group.this.name
  parameter_group_name            = aws_db_parameter_group.this.name
  vpc_security_group_ids          = [var.security_group_id]
  performance_insights_enabled    = var.insights
  enabled_cloudwatch_logs_exports = ["postgresql"]
  manage_master_user_password     = true
  tags                            = merge(var.tags, { Name = var.name })
}

resource "aws_db_instance" "replica" {
  count = local.replicas

  identifier          = format("%s-replica-%02d", var.name, count.index)
  replicate_source_db = aws_db_instance.this.identifier
  instance_class      = var.instance_class
  skip_final_snapshot = true
}
"""

BUCKET_MAIN = """
resource "aws_s3_bucket" "this" {
  bucket_prefix = "${var.name}-"
  force_destroy = var.disposable
  tags          = merge(var.tags, { Name = var.name })
}

resource "aws_s3_bucket_versioning" "this" {
  bucket = aws_s3_bucket.this.id

  versioning_configuration {
    status = var.versioned ? "Enabled" : "Suspended"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "this" {
  bucket = aws_s3_bucket.this.id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm     = "aws:kms"
      kms_master_key_id = var.kms_key_arn
    }
  }
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  count = var.expire_days > 0 ? 1 : 0

  bucket = aws_s3_bucket.this.id

  rule {
    id     = "expire"
    status = "Enabled"

    noncurrent_version_expiration {
      noncurrent_days = var.expire_days
    }
  }
}

resource "aws_s3_bucket_public_access_block" "this" {
  bucket                  = aws_s3_bucket.this.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = !var.public
}
"""

TABLE_MAIN = """
resource "aws_dynamodb_table" "this" {
  name                        = var.name
  billing_mode                = var.read_capacity == 0 ? "PAY_PER_REQUEST" : "PROVISIONED"
  read_capacity               = var.read_capacity
  write_capacity              = ceil(var.read_capacity / 2)
  tags                        = var.tags
  hash_key                    = "id"
  deletion_protection_enabled = var.protected

  attribute {
    name = "id"
    type = "S"
  }

  dynamic "attribute" {
    for_each = var.indexes

    content {
      name = attribute.value
      type = "S"
    }
  }

  dynamic "global_secondary_index" {
    for_each = toset(var.indexes)

    content {
      name            = "by-${global_secondary_index.key}"
      hash_key        = global_secondary_index.key
      projection_type = "ALL"
    }
  }

  point_in_time_recovery {
    enabled = var.recoverable
  }

  server_side_encryption {
    enabled     = true
    kms_key_arn = var.kms_key_arn
  }
}
"""

QUEUE_MAIN = """
resource "aws_sqs_queue" "dead" {
  count = var.max_receives > 0 ? 1 : 0

  name                      = "${var.name}-dead"
  message_retention_seconds = 1209600
  kms_master_key_id         = var.kms_key_arn
}

resource "aws_sqs_queue" "this" {
  name                       = var.name
  visibility_timeout_seconds = var.visibility
  message_retention_seconds  = var.keep_days * 24 * 3600
  tags                       = var.tags
  kms_master_key_id          = var.kms_key_arn

  redrive_policy = var.max_receives == 0 ? null : jsonencode({
    deadLetterTargetArn = one(aws_sqs_queue.dead[*].arn)
    maxReceiveCount     = var.max_receives
  })
}
"""

DATABASE = Module(
    "database",
    (
        SUBNETS,
        KEY,
        GROUPS,
        Variable("parameters", "map(string)", ("{}", '{ log_min_duration_statement = "500" }')),
        string("instance_class", "db.m6g.large", "db.r6g.xlarge"),
        string("family", "postgres15", "postgres16"),
        number("storage", 50, 200),
        number("retention", 7, 0, 35),
        number("replica_count", 0, 1, 2),
        flag("multi_az", default=False),
        flag("protected", default=True),
        flag("insights", default=False),
    ),
    DATABASE_MAIN,
    {"id": "aws_db_instance.this.id", "endpoint": "aws_db_instance.this.endpoint"},
)
BUCKET = Module(
    "bucket",
    (
        KEY,
        number("expire_days", 90, 0, 365),
        flag("versioned", default=True),
        flag("disposable", default=False),
        flag("public", default=False),
    ),
    BUCKET_MAIN,
    {"id": "aws_s3_bucket.this.id"},
)
TABLE = Module(
    "table",
    (
        KEY,
        number("read_capacity", 0, 5, 50),
        Variable("indexes", "list(string)", ("[]", '["owner"]', '["owner", "state"]')),
        flag("protected", default=False),
        flag("recoverable", default=True),
    ),
    TABLE_MAIN,
    {"arn": "aws_dynamodb_table.this.arn"},
)
QUEUE = Module(
    "queue",
    (
        KEY,
        number("max_receives", 5, 0, 100),
        number("visibility", 30, 900),
        number("keep_days", 4, 14),
    ),
    QUEUE_MAIN,
    {"arn": "aws_sqs_queue.this.arn"},
)
