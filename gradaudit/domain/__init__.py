"""What an audit is about: a model as it was asked for and expanded, its measurements, findings, and the report."""
