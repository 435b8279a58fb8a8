"""One audit from a spec to a report: measure, judge, try what would help, recommend."""
