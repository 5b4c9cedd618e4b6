"""Functions and web apps run on a version of their language that still gets fixes."""

from collections.abc import Iterator

from prodready_infra.sdk import (
    Node,
    NotApplicable,
    Problem,
    Resource,
    rule,
)

# When the platform deprecated a runtime, or the project ended the version, as these pages gave it
# for the time up to April 2026. What is not listed, newer or unknown, is no finding.
# https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html
_LAMBDA = {
    "dotnet6": "December 2024",
    "dotnetcore1.0": "June 2019",
    "dotnetcore2.0": "May 2019",
    "dotnetcore2.1": "January 2022",
    "dotnetcore3.1": "April 2023",
    "go1.x": "January 2024",
    "java8": "January 2024",
    "nodejs": "October 2016",
    "nodejs10.x": "July 2021",
    "nodejs12.x": "March 2023",
    "nodejs14.x": "December 2023",
    "nodejs16.x": "June 2024",
    "nodejs18.x": "September 2025",
    "nodejs20.x": "April 2026",
    "nodejs4.3": "March 2020",
    "nodejs6.10": "August 2019",
    "nodejs8.10": "March 2020",
    "provided": "January 2024",
    "python2.7": "July 2021",
    "python3.6": "July 2022",
    "python3.7": "December 2023",
    "python3.8": "October 2024",
    "python3.9": "December 2025",
    "ruby2.5": "July 2021",
    "ruby2.7": "December 2023",
    "ruby3.2": "March 2026",
}
# The months in which the projects ended them; Google and Microsoft follow within weeks.
# https://nodejs.org/en/about/previous-releases
_NODE = {
    "10": "April 2021",
    "12": "April 2022",
    "14": "April 2023",
    "16": "September 2023",
    "18": "April 2025",
    "20": "April 2026",
}
# https://devguide.python.org/versions/
_PYTHON = {
    "3.6": "December 2021",
    "3.7": "June 2023",
    "3.8": "October 2024",
    "3.9": "October 2025",
}
# https://dotnet.microsoft.com/en-us/platform/support/policy/dotnet-core
_DOTNET = {"3.1": "December 2022", "5.0": "May 2022", "6.0": "November 2024", "7.0": "May 2024"}
# https://cloud.google.com/functions/docs/runtime-support
_GOOGLE = {
    **{f"nodejs{version}": date for version, date in _NODE.items()},
    **{f"python{version.replace('.', '')}": date for version, date in _PYTHON.items()},
}
_STACKS = {
    "dotnet_version": _DOTNET,
    "node_version": _NODE,
    "python_version": _PYTHON,
}
_AZURE = (
    "azurerm_linux_function_app",
    "azurerm_linux_web_app",
    "azurerm_windows_function_app",
    "azurerm_windows_web_app",
)


@rule(
    id="SAF123",
    title="runtime of a function or web app is past its end of life",
    group="weakness",
    kinds=[
        "aws_lambda_function",
        "google_cloudfunctions2_function",
        "google_cloudfunctions_function",
        *_AZURE,
    ],
    references=[
        "https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html",
        "https://cloud.google.com/functions/docs/runtime-support",
        "https://learn.microsoft.com/en-us/azure/app-service/language-support-policy",
    ],
    aliases=["checkov:CKV_AWS_363", "tflint:aws_lambda_function_deprecated_runtime"],
)
def supported_runtime(app: Resource) -> Iterator[Problem]:
    named = [(node, ended) for node, ended in _runtimes(app) if node.present]
    if not named:
        raise NotApplicable("it names no runtime: it runs an image, or its own")
    for node, ended in named:
        # `~18` and `v6.0` are how Windows apps write them.
        version = node.text().lstrip("~v") if app.kind in _AZURE else node.text()
        date = ended.get(version) or ended.get(version.removesuffix("-lts"))
        if date:
            yield Problem(node, f"'{node.text()}' has had no fixes since {date}")


def _runtimes(app: Resource) -> Iterator[tuple[Node, dict[str, str]]]:
    if app.kind == "aws_lambda_function":
        yield app.get("runtime"), _LAMBDA
    elif app.kind == "google_cloudfunctions_function":
        yield app.get("runtime"), _GOOGLE
    elif app.kind == "google_cloudfunctions2_function":
        yield app.get("build_config", 0, "runtime"), _GOOGLE
    else:
        stack = app.get("site_config", 0, "application_stack", 0)
        for name, ended in _STACKS.items():
            yield stack.get(name), ended
