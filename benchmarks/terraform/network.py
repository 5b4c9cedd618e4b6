"""Innermost modules: keys, firewalls, balancers, and who is told when something breaks.

The text stands as ``terraform fmt`` writes it; every module also takes ``name`` and ``tags``.
"""

from benchmarks.terraform.model import (
    GROUPS,
    SUBNETS,
    TOPIC,
    VPC,
    Module,
    Variable,
    flag,
    names,
    number,
)

KEY_MAIN = """
resource "aws_kms_key" "this" {
  description             = "Encrypts what ${var.name} stores"
  deletion_window_in_days = var.deletion_window
  enable_key_rotation     = var.rotation
  tags                    = merge(var.tags, { Name = var.name })
}

resource "aws_kms_alias" "this" {
  name          = "alias/${var.name}"
  target_key_id = aws_kms_key.this.key_id
}
"""

FIREWALL_MAIN = """
locals {
  open_ports = { for port in var.ports : tostring(port) => port if port > 0 }
}

resource "aws_security_group" "this" {
  name_prefix = "${var.name}-"
  description = "Traffic of ${var.name}"
  vpc_id      = var.vpc_id
  tags        = var.tags

  dynamic "ingress" {
    for_each = local.open_ports

    content {
      description = "Port ${ingress.key}"
      from_port   = ingress.value
      to_port     = ingress.value
      protocol    = "tcp"
      cidr_blocks = var.cidr_blocks
    }
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_security_group_rule" "egress" {
  type              = "egress"
  from_port         = 0
  to_port           = 65535
  protocol          = "tcp"
  cidr_blocks       = ["10.0.0.0/8"]
  security_group_id = aws_security_group.this.id
}
"""

BALANCER_MAIN = """
resource "aws_lb" "this" {
  name                       = var.name
  internal                   = var.internal
  security_groups            = [var.security_group_id]
  subnets                    = var.subnet_ids
  enable_deletion_protection = var.protected
  idle_timeout               = var.idle_timeout
  drop_invalid_header_fields = true
  tags                       = var.tags
}

resource "aws_lb_target_group" "this" {
  for_each = toset(var.targets)

  name                 = "${var.name}-${each.key}"
  port                 = 8080
  protocol             = "HTTP"
  vpc_id               = var.vpc_id
  deregistration_delay = var.drain_seconds

  health_check {
    path                = "/ready"
    interval            = var.health_interval
    timeout             = 5
    healthy_threshold   = 2
    unhealthy_threshold = var.health_failures
  }
}

resource "aws_lb_listener" "this" {
  load_balancer_arn = aws_lb.this.arn
  port              = 443
  protocol          = "HTTPS"
  ssl_policy        = "ELBSecurityPolicy-TLS13-1-2-2021-06"

  default_action {
    type             = "forward"
    target_group_arn = aws_lb_target_group.this[var.targets[0]].arn
  }
}
"""

TOPIC_MAIN = """
resource "aws_sns_topic" "this" {
  name = var.name
  tags = var.tags
}

resource "aws_sns_topic_subscription" "this" {
  for_each = toset(var.receivers)

  topic_arn = aws_sns_topic.this.arn
  protocol  = "email"
  endpoint  = each.value
}
"""

ALARMS_MAIN = """
locals {
  alarms = {
    for metric, threshold in var.thresholds : metric => {
      threshold = threshold
      periods   = lookup(var.periods, metric, 3)
    }
  }
}

resource "aws_cloudwatch_metric_alarm" "this" {
  for_each = local.alarms

  alarm_name          = "${var.name}-${lower(each.key)}"
  alarm_description   = "Runbook: https://runbooks.example.com/${var.name}/${each.key}"
  namespace           = "Service"
  metric_name         = each.key
  comparison_operator = "GreaterThanThreshold"
  threshold           = each.value.threshold
  evaluation_periods  = each.value.periods
  period              = 60
  statistic           = "Average"
  treat_missing_data  = var.missing
  tags                = var.tags
  alarm_actions       = [var.topic_arn]
  ok_actions          = var.report_recovery ? [var.topic_arn] : []
}
"""

KEY = Module(
    "key",
    (number("deletion_window", 30, 7), flag("rotation", default=True)),
    KEY_MAIN,
    {"arn": "aws_kms_key.this.arn"},
)
FIREWALL = Module(
    "firewall",
    (
        VPC,
        Variable("ports", "list(number)", ("[8080]", "[80, 443]", "[5432, 6432, 9187]")),
        names("cidr_blocks", "10.0.0.0/8", "0.0.0.0/0"),
    ),
    FIREWALL_MAIN,
    {"id": "aws_security_group.this.id"},
)
BALANCER = Module(
    "balancer",
    (
        VPC,
        SUBNETS,
        GROUPS,
        flag("internal", default=True),
        flag("protected", default=True),
        number("idle_timeout", 60, 400),
        number("drain_seconds", 30, 300),
        number("health_interval", 10, 30),
        number("health_failures", 2, 10),
        Variable("targets", "list(string)", ('["blue"]', '["blue", "green"]')),
    ),
    BALANCER_MAIN,
    {"arn": "aws_lb.this.arn"},
)
SUBSCRIBERS = names("receivers", "ops@example.com", "oncall@example.com")
TELL = Module("topic", (SUBSCRIBERS,), TOPIC_MAIN, {"arn": "aws_sns_topic.this.arn"})
ALARMS = Module(
    "alarms",
    (
        TOPIC,
        Variable("thresholds", "map(number)", ("{ Errors = 5 }", "{ Errors = 1, Latency = 800 }")),
        Variable("periods", "map(number)", ("{}", "{ Errors = 1 }")),
        Variable("missing", "string", ('"breaching"', '"notBreaching"')),
        flag("report_recovery", default=True),
    ),
    ALARMS_MAIN,
)
