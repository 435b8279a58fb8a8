"""The GitHub Action's own program, `python -m gradaudit.ci`: which models changed, what is new in them, who is told.

It audits nothing itself: it calls `gradaudit check` as a person would, in a process of its own.
"""
