"""The comment in a pull request, against a server of one's own that stands for GitHub."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from gradaudit.ci.comment import Comment, comment_step, marker, publish
from gradaudit.ci.event import Event
from gradaudit.ci.github_api import PAGES, Api, ApiError
from tests.ci.stand_in import HARMFUL, HEALTHY, Repository, Runner

EVENT = Event("pull_request", "a" * 40, "b" * 40, 7)
MARK = marker("gradaudit-report")
BOT = {"login": "github-actions[bot]", "type": "Bot"}


@dataclass
class GitHub:
    """A server with the comments of one pull request."""

    comments: list[dict[str, Any]] = field(default_factory=list)
    faults: list[int] = field(default_factory=list)
    """Statuses to answer with first: 0 takes the request and never answers."""
    calls: list[str] = field(default_factory=list)
    tokens: set[str] = field(default_factory=set)
    url: str = ""
    link: str = ""
    """Where a list's next page is, if not at the server's own next page."""
    page: int = 100

    def answer(self, method: str, path: str, body: Any) -> tuple[int, Any, str]:
        """Status, content and Link header."""
        parts = urlsplit(path)
        if method == "GET":
            number = int(parse_qs(parts.query).get("page", ["1"])[0])
            shown = self.comments[(number - 1) * self.page : number * self.page]
            more = number * self.page < len(self.comments)
            own = f"{self.url}{parts.path}?per_page=100&page={number + 1}"
            return 200, shown, f'<{self.link or own}>; rel="next", <x>; rel="last"' if more or self.link else ""
        if method == "POST":
            self.comments.append({"id": 1000 + len(self.comments), "user": BOT, **body})
            return 201, self.comments[-1], ""
        (found,) = (each for each in self.comments if parts.path.endswith(f"/{each['id']}"))
        found.update(body)
        return 200, found, ""


@pytest.fixture
def github() -> Iterator[GitHub]:
    """A running server."""
    state = GitHub()

    class Handler(BaseHTTPRequestHandler):
        def do(self) -> None:
            state.calls.append(f"{self.command} {self.path}")
            state.tokens.add(self.headers["Authorization"])
            body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"null")
            status = state.faults.pop(0) if state.faults else 200
            if status == 0:
                if self.command == "POST":
                    state.answer(self.command, self.path, body)  # heard, and not answered
                time.sleep(0.6)
                return
            found, content, link = state.answer(self.command, self.path, body) if status == 200 else (status, {}, "")
            self.send_response(found)
            self.send_header("Link", link)
            self.send_header("Location", "http://127.0.0.1:9/elsewhere")
            self.end_headers()
            self.wfile.write(json.dumps(content).encode())

        do_GET = do_POST = do_PATCH = do  # noqa: N815 - the library's names

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield state
    server.shutdown()
    server.server_close()


def published(github: GitHub, body: str = "new", *, is_news: bool = True) -> str:
    """What becomes of a comment, without waiting between attempts."""
    comment = Comment(f"{MARK}\n{body}", MARK, is_news)
    return publish(comment, EVENT, "owner/models", Api(github.url, "a-token", timeout=0.3, wait=lambda _: None))


def test_created_once_and_then_updated(github: GitHub) -> None:
    """The first run makes the comment, every other one changes it."""
    assert [published(github, "one"), published(github, "two")] == ["created", "updated"]
    assert [each["body"] for each in github.comments] == [f"{MARK}\ntwo"]
    assert github.tokens == {"Bearer a-token"}


def test_no_news_make_no_comment(github: GitHub) -> None:
    """A healthy change is not worth a message to everybody; an old comment is brought up to date."""
    assert published(github, is_news=False) == "not needed"
    published(github, "bad")
    assert published(github, "good again", is_news=False) == "updated"
    assert github.comments[0]["body"].endswith("good again")


def test_found_on_a_later_page(github: GitHub) -> None:
    """However long the conversation is."""
    github.comments = [{"id": n, "user": BOT, "body": "hello"} for n in range(230)]
    github.comments.append({"id": 900, "user": BOT, "body": f"{MARK}\nold"})

    assert published(github) == "updated"
    assert len(github.calls) == 4


def test_the_words_of_people_are_left_alone(github: GitHub) -> None:
    """A person who quotes the comment, or puts its mark in front, keeps the own words."""
    theirs = [f"{MARK}\nmine", f"> {MARK}\nquoted", f"look:\n{MARK}"]
    github.comments = [{"id": n, "user": {"type": "User"}, "body": body} for n, body in enumerate(theirs)]
    github.comments += [{"id": 50, "user": BOT, "body": None}, {"id": 51, "user": None, "body": MARK}]

    assert published(github) == "created"
    assert [each["body"] for each in github.comments[:3]] == theirs


@pytest.mark.parametrize("fault", [500, 502, 503, 429, 0])
def test_passing_trouble_is_waited_for(github: GitHub, fault: int) -> None:
    """A server that stumbles, or says nothing in time, is asked again."""
    github.faults = [fault, 200, fault]

    assert published(github) in ("created", "updated")
    assert [each["body"] for each in github.comments] == [f"{MARK}\nnew"]


def test_an_unanswered_creation_is_not_repeated(github: GitHub) -> None:
    """The call that got no answer had been heard: its comment is found and updated, and not made twice."""
    github.faults = [200, 0]

    assert published(github) == "updated"
    assert len(github.comments) == 1


@pytest.mark.parametrize(("fault", "calls"), [(403, 1), (404, 1), (422, 1), (301, 1), (500, 3)])
def test_lasting_trouble_is_told(github: GitHub, fault: int, calls: int) -> None:
    """What will not pass is not asked for again, and a redirection never gets the token."""
    github.faults = [fault] * 9

    with pytest.raises(ApiError, match=str(fault)):
        published(github)
    assert len(github.calls) == calls


def test_pages_are_bounded_and_of_the_same_server(github: GitHub) -> None:
    """An endless list ends, and a next page elsewhere is not asked for."""
    github.link = f"{github.url}/repos/owner/models/issues/7/comments?per_page=100"
    published(github)
    assert len(github.calls) == PAGES + 1

    github.calls.clear()
    github.link = "http://127.0.0.1:9/steal"
    published(github)
    assert len(github.calls) == 2


def test_only_https_gets_the_token() -> None:
    """Plain HTTP is for this machine alone."""
    with pytest.raises(ApiError, match="no https"):
        list(Api("http://example.org", "a-token").pages("/x"))


@pytest.mark.parametrize(
    ("event", "token", "faults", "words"),
    [
        (EVENT, "t", [403], "pull-requests: write"),
        (EVENT, "", [], "no token"),
        (Event("push", "a" * 40), "t", [], "not of a pull request"),
        (Event("pull_request", "a" * 40, "b" * 40, 7, is_fork=True), "t", [], "fork"),
    ],
)
def test_no_comment_is_no_failure(
    github: GitHub,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    event: Event,
    token: str,
    faults: list[int],
    words: str,
) -> None:
    """Where nothing can be written a notice says why, and the step goes well."""
    github.faults = faults
    (tmp_path / "summary.md").write_text("text")
    environment = {"INPUT_COMMENT_FILE": str(tmp_path / "summary.md"), "GITHUB_REPOSITORY": "owner/models"}

    comment_step(environment, event, Api(github.url, token))

    (line,) = capsys.readouterr().out.splitlines()
    assert line.startswith("::notice title=gradaudit::no comment")
    assert words in line
    assert github.comments == []


def test_jobs_have_comments_of_their_own() -> None:
    """The jobs of a matrix are told apart by the name of their artifact, which cannot end the mark."""
    assert MARK == "<!-- gradaudit -->"
    assert marker("report-3.12") == "<!-- gradaudit report-3.12 -->"
    assert marker("a --> <b>\n@x") == "<!-- gradaudit a-b-x -->"


def test_the_step_from_end_to_end(repository: Repository, runner: Runner, github: GitHub) -> None:
    """What the audit found reaches the conversation, with the way to the reports; a fork's run says why it does not."""
    base = repository.commit({"net.yaml": HEALTHY})
    repository.commit({"net.yaml": HARMFUL})
    event = ("pull_request", repository.pull_request(base))
    audited = runner.audit(event)
    runner.steps["artifact"] = {"artifact-url": "https://github.com/owner/models/actions/runs/42/artifacts/1"}

    done = runner.comment(event, github.url)

    (comment,) = github.comments
    assert done.status == 0
    assert done.log == ""
    assert comment["body"] == (
        f"<!-- gradaudit -->\n{audited.summary.rstrip()}\n\n"
        "[the reports](https://github.com/owner/models/actions/runs/42/artifacts/1) · "
        "[the run](https://github.com/owner/models/actions/runs/42)\n"
    )

    forked = runner.comment(("pull_request", repository.pull_request(base, fork=True)), github.url)
    assert forked.status == 0
    assert "from a fork" in forked.log
    assert len(github.comments) == 1
