"""A file with one policy, to be tried on a recorded day: `[policy]` with the keys of a hall file's
`[[policy]]`."""

from pathlib import Path

from hallserver.config import ConfigError, decode, in_order, parse_tables, read_hall_file
from hallserver.config.build import make_policy
from hallserver.config.fields import Report
from hallserver.config.rule_checks import check_policy
from hallserver.config.tables import read_policy
from hallserver.domain.rules import Policy


def load_policy(path: Path) -> Policy:
    """Load the policy. Raises ConfigError with all mistakes, ConfigUnreadableError when the file
    is missing, forbidden, too large or not UTF-8."""
    root, lines = parse_tables(decode(read_hall_file(path), path.name), path.name)
    report = Report(lines)
    row = read_policy(root, report)
    if row is not None:
        check_policy(row, report)
    if row is None or report.mistakes:
        raise ConfigError(in_order(report.mistakes))
    return make_policy(**{key: value for key, value in row.values.items() if value is not None})
