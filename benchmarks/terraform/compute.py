"""Innermost modules that run code. The text stands as ``terraform fmt`` writes it."""

from benchmarks.terraform.model import (
    GROUPS,
    KEY,
    SUBNETS,
    TOPIC,
    Module,
    Variable,
    flag,
    number,
    string,
)

FUNCTION_MAIN = """
data "aws_iam_policy_document" "assume" {
  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "Service"
      identifiers = ["lambda.amazonaws.com"]
    }
  }
}

resource "aws_iam_role" "this" {
  name_prefix        = "${var.name}-"
  assume_role_policy = data.aws_iam_policy_document.assume.json
}

resource "aws_cloudwatch_log_group" "this" {
  name              = "/aws/lambda/${var.name}"
  retention_in_days = var.log_days
}

resource "aws_lambda_function" "this" {
  function_name                  = var.name
  role                           = aws_iam_role.this.arn
  runtime                        = var.runtime
  handler                        = "main.handle"
  filename                       = "${path.module}/function.zip"
  memory_size                    = var.memory
  timeout                        = var.timeout
  reserved_concurrent_executions = var.concurrency
  tags                           = var.tags

  environment {
    variables = merge(var.environment, { SERVICE = var.name })
  }

  dynamic "dead_letter_config" {
    for_each = var.topic_arn == "" ? [] : [var.topic_arn]

    content {
      target_arn = dead_letter_config.value
    }
  }

  tracing_config {
    mode = var.traced ? "Active" : "PassThrough"
  }
}
"""

GROUP_MAIN = """
resource "aws_launch_template" "this" {
  name_prefix   = "${var.name}-"
  image_id      = var.image_id
  instance_type = var.instance_type

  metadata_options {
    http_tokens = var.strict_metadata ? "required" : "optional"
  }

  block_device_mappings {
    device_name = "/dev/xvda"

    ebs {
      volume_size = var.disk
      encrypted   = true
      kms_key_id  = var.kms_key_arn
    }
  }
}

resource "aws_autoscaling_group" "this" {
  name_prefix               = "${var.name}-"
  min_size                  = var.min_size
  max_size                  = max(var.max_size, var.min_size)
  vpc_zone_identifier       = var.subnet_ids
  health_check_type         = var.health_check
  health_check_grace_period = var.grace

  launch_template {
    id      = aws_launch_template.this.id
    version = "$Latest"
  }

  dynamic "tag" {
    for_each = var.tags

    content {
      key                 = tag.key
      value               = tag.value
      propagate_at_launch = true
    }
  }
}

resource "aws_autoscaling_policy" "this" {
  count = var.max_size > var.min_size ? 1 : 0

  name                   = "${var.name}-cpu"
  autoscaling_group_name = aws_autoscaling_group.this.name
  policy_type            = "TargetTrackingScaling"

  target_tracking_configuration {
    target_value = var.target_cpu

    predefined_metric_specification {
      predefined_metric_type = "ASGAverageCPUUtilization"
    }
  }
}
"""

CACHE_MAIN = """
resource "aws_elasticache_subnet_group" "this" {
  name       = var.name
  subnet_ids = var.subnet_ids
}

resource "aws_elasticache_replication_group" "this" {
  replication_group_id       = var.name
  description                = "Cache of ${var.name}"
  node_type                  = var.node_type
  num_cache_clusters         = var.nodes
  automatic_failover_enabled = var.nodes > 1
  multi_az_enabled           = var.nodes > 1
  at_rest_encryption_enabled = true
  transit_encryption_enabled = var.encrypted_transit
  snapshot_retention_limit   = var.snapshots
  tags                       = var.tags
  subnet_group_name          = aws_elasticache_subnet_group.this.name
  security_group_ids         = [var.security_group_id]
}
"""

FUNCTION = Module(
    "function",
    (
        TOPIC,
        Variable("environment", "map(string)", ("{}", '{ LOG_LEVEL = "info" }')),
        string("runtime", "python3.12", "nodejs20.x"),
        number("memory", 256, 128, 1024),
        number("timeout", 10, 60, 900),
        number("concurrency", -1, 20),
        number("log_days", 14, 0, 90),
        flag("traced", default=False),
    ),
    FUNCTION_MAIN,
    {"id": "aws_lambda_function.this.id"},
)
GROUP = Module(
    "group",
    (
        SUBNETS,
        KEY,
        string("image_id", "ami-example"),
        string("instance_type", "m6g.large", "t3.micro"),
        string("health_check", "ELB", "EC2"),
        number("min_size", 2, 1, 0),
        number("max_size", 6, 1, 20),
        number("target_cpu", 60, 85),
        number("grace", 120, 600),
        number("disk", 20, 100),
        flag("strict_metadata", default=True),
    ),
    GROUP_MAIN,
    {"name": "aws_autoscaling_group.this.name"},
)
CACHE = Module(
    "cache",
    (
        SUBNETS,
        GROUPS,
        string("node_type", "cache.t4g.small", "cache.r6g.large"),
        number("nodes", 2, 1, 3),
        number("snapshots", 7, 0),
        flag("encrypted_transit", default=True),
    ),
    CACHE_MAIN,
    {"id": "aws_elasticache_replication_group.this.id"},
)
