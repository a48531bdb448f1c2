"""Runs the scripts of examples/ci against a `gh` and a `curl` that answer from a table and write down what they were asked.

Usage: scripts.py, with bash, jq, git, unzip and iconv at hand.
"""

import json
import os
import pathlib
import subprocess
import tempfile
import unittest
import zipfile

SCRIPTS = pathlib.Path(__file__).resolve().parents[2] / "examples/ci/scripts"

# Answers with the file of the first table line whose words all stand in its arguments, and notes arguments and sent files.
FAKE = """#!/usr/bin/env python3
import json, pathlib, sys
home = pathlib.Path(__file__).parent
args = sys.argv[1:]
sent = {}
for arg in args:
    name, at, path = arg.partition("@")
    if at and name.rstrip("=") in ("body", "description", ""):
        sent[name.rstrip("=")] = pathlib.Path(path).read_text()
config = pathlib.Path(args[args.index("--config") + 1]).read_text() if "--config" in args else ""
with open(home / "log", "a") as log:
    log.write(json.dumps({"args": args, "sent": sent, "config": config}) + "\\n")
line = " ".join(args)
for words, answer in json.loads((home / "table").read_text()):
    if all(word in line for word in words):
        if answer is None:
            sys.exit(22)
        path = home / answer
        sys.stdout.buffer.write(path.read_bytes() if len(answer) < 99 and path.exists() else answer.encode())
        break
"""


class Scripts(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.home = pathlib.Path(folder.name)
        for name in ("gh", "curl"):
            (self.home / name).write_text(FAKE)
            (self.home / name).chmod(0o755)

    def run_script(self, script, *args, table=(), env=(), stdin="", code=0):
        """Runs a script; returns what was asked, and what it printed."""
        (self.home / "table").write_text(json.dumps([[words.split(), answer] for words, answer in table]))
        (self.home / "log").write_text("")
        environment = {
            "PATH": f"{self.home}:{os.environ['PATH']}",
            "GITHUB_REPOSITORY": "acme/apis",
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_RUN_ID": "8",
            "CI_JOB_URL": "https://gitlab.example.com/jobs/8",
            "GATEWRIGHT_GITLAB_TOKEN": "a-token-of-a-test",
            "GATEWRIGHT_GITLAB_USER": "gatewright",
            "CI_API_V4_URL": "https://gitlab.example.com/api/v4",
            "CI_PROJECT_ID": "7",
            "CI_DEFAULT_BRANCH": "main",
            **dict(env),
        }
        run = subprocess.run(
            [SCRIPTS / script, *map(str, args)], cwd=self.home, env=environment, input=stdin, text=True,
            capture_output=True, check=False,
        )
        self.assertEqual(run.returncode, code, run.stdout + run.stderr)
        for secret in ("a-token-of-a-test", "a-secret-of-a-test"):
            self.assertNotIn(secret, run.stdout + run.stderr)
        return [json.loads(line) for line in (self.home / "log").read_text().splitlines()], run.stdout

    def file(self, name, text):
        path = self.home / name
        path.write_text(text)
        return path

    def writes(self, calls):
        """Returns the calls that change something, as one line each."""
        lines = [" ".join(call["args"]) for call in calls]
        return [line for line in lines if any(word in line for word in ("POST", "PATCH", "PUT", "--data", "close"))]

    def commit(self):
        """Makes a repository of one commit; returns its tree."""
        git = lambda *args: subprocess.run(
            ["git", "-c", "user.name=t", "-c", "user.email=t@example.com", *args], cwd=self.home, check=True,
            capture_output=True, text=True,
        ).stdout.strip()
        git("init", "--quiet")
        self.file("gatewright.yaml", "version: 1\n")
        git("add", "gatewright.yaml")
        git("commit", "--quiet", "--message", "one")
        return git("rev-parse", "HEAD^{tree}")

    def test_one_comment_is_kept_and_nobody_elses_is_taken_for_it(self):
        plan = self.file("plan.md", "# Plan\n")
        marked = lambda number, user: {"id": number, "user": {"login": user}, "body": "<!-- gatewright: plan -->\nold"}
        others = [marked(1, "mallory"), {"id": 2, "user": {"login": "github-actions[bot]"}, "body": "other"}]
        for comments, expected in [
            ([*others, marked(3, "github-actions[bot]")], "--method PATCH repos/acme/apis/issues/comments/3"),
            (others, "--method POST repos/acme/apis/issues/5/comments"),
            ([], "--method POST repos/acme/apis/issues/5/comments"),
        ]:
            table = [("--paginate", json.dumps(comments))]
            calls, _ = self.run_script("github/comment.sh", 5, "plan", "abc", plan, table=table)
            self.assertEqual(len(self.writes(calls)), 1)
            self.assertIn(expected, self.writes(calls)[0])
            self.assertEqual(calls[-1]["sent"]["body"], "<!-- gatewright: plan -->\nAbout commit abc.\n\n# Plan\n")

    def test_one_note_is_kept_and_nobody_elses_is_taken_for_it(self):
        plan = self.file("plan.md", "# Plan\n")
        marked = lambda number, user: {"id": number, "author": {"username": user}, "body": "<!-- gatewright: plan -->\nold"}
        full = [{"id": n, "author": {"username": "ann"}, "body": "x"} for n in range(100)]
        table = [("--data", "{}"), ("&page=1", json.dumps(full)), ("&page=2", json.dumps([marked(7, "mallory")]))]
        calls, _ = self.run_script("gitlab/note.sh", 5, "plan", "abc", plan, table=table)
        self.assertTrue(self.writes(calls)[0].endswith("/projects/7/merge_requests/5/notes"), self.writes(calls))
        table[2] = ("&page=2", json.dumps([marked(7, "mallory"), marked(8, "gatewright")]))
        calls, _ = self.run_script("gitlab/note.sh", 5, "plan", "abc", plan, table=table)
        self.assertIn("--request PUT", self.writes(calls)[0])
        self.assertTrue(self.writes(calls)[0].endswith("/projects/7/merge_requests/5/notes/8"), self.writes(calls))
        for call in calls:
            self.assertNotIn("a-token-of-a-test", " ".join(call["args"]))
            self.assertIn("a-token-of-a-test", call["config"])

    def test_a_comment_says_where_planning_never_began(self):
        for script, table, field, log in [
            ("github/comment.sh", [("--paginate", "[]")], "body", "https://github.com/acme/apis/actions/runs/8"),
            ("gitlab/note.sh", [("&page=1", "[]")], "body", "https://gitlab.example.com/jobs/8"),
        ]:
            calls, _ = self.run_script(script, 5, "plan", "abc", self.home / "none", table=table)
            self.assertIn(f"About commit abc.\n\nPlanning failed before it began: [log]({log})\n", calls[-1]["sent"][field])

    def test_only_an_artifact_of_a_run_that_is_ours_is_taken(self):
        artifact = {"expired": False, "workflow_run": {"id": 9, "repository_id": 1, "head_repository_id": 1,
                                                       "head_sha": "abc", "head_branch": "main"}}
        run = {"path": ".github/workflows/gatewright-plan.yml", "conclusion": "success", "event": "pull_request"}
        of_run = lambda **change: {**artifact, "workflow_run": {**artifact["workflow_run"], **change}}
        for one, other, code in [
            (artifact, run, 0),
            (artifact, {**run, "path": run["path"] + "@refs/heads/main"}, 0),
            ({**artifact, "expired": True}, run, 1),
            (of_run(head_repository_id=2), run, 1),
            (of_run(head_sha="def"), run, 1),
            (artifact, {**run, "path": ".github/workflows/other.yml"}, 1),
            (artifact, {**run, "event": "workflow_dispatch"}, 1),
            (artifact, {**run, "conclusion": "failure"}, 1),
        ]:
            table = [("actions/artifacts", json.dumps({"artifacts": [one]})), ("actions/runs/9", json.dumps(other))]
            calls, _ = self.run_script(
                "github/artifact.sh", "plan", "gatewright-plan.yml", "pull_request", "sha:abc", "out", table=table, code=code
            )
            self.assertEqual("run download 9" in " ".join(calls[-1]["args"]), code == 0)

    def test_the_reviewed_plan_is_that_of_the_same_tree(self):
        tree = self.commit()
        run = {"path": ".github/workflows/gatewright-plan.yml", "conclusion": "success", "event": "pull_request"}
        artifact = {"expired": False, "workflow_run": {"id": 9, "repository_id": 1, "head_repository_id": 1,
                                                       "head_sha": "abc", "head_branch": "topic"}}
        pull = {"merged_at": "2026-01-01", "merge_commit_sha": "fff", "head": {"sha": "abc"},
                "labels": [{"name": "api"}, {"name": "gatewright: allow destroy"}]}
        for pulls, code in [([pull], 0), ([], 1), ([{**pull, "merged_at": None}], 1),
                            ([{**pull, "merge_commit_sha": "eee"}], 1)]:
            table = [("commits/fff/pulls", json.dumps(pulls)),
                     (f"name=gatewright-plan-{tree}", json.dumps({"artifacts": [artifact]})),
                     ("actions/artifacts", json.dumps({"artifacts": []})), ("actions/runs/9", json.dumps(run))]
            self.run_script("github/reviewed-plan.sh", "out", table=table, env={"GITHUB_SHA": "fff"}, code=code)
            labels = self.home / "out/labels"
            self.assertEqual(labels.exists() and labels.read_text(), code == 0 and "api\ngatewright: allow destroy\n")
            labels.unlink(missing_ok=True)

    def test_the_reviewed_plan_of_gitlab_is_that_of_the_same_tree(self):
        tree = self.commit()
        request = {"state": "merged", "source_project_id": 7, "target_branch": "main", "iid": 4,
                   "labels": ["api", "gatewright: allow destroy"]}
        for requests, said, code in [([request], tree, 0), ([request], "other", 1), ([], tree, 1),
                                     ([{**request, "source_project_id": 8}], tree, 1)]:
            table = [("merge_requests/4/pipelines", '[{"id": 5, "status": "success"}]'),
                     ("commits/fff/merge_requests", json.dumps(requests)),
                     ("pipelines/5/jobs", '[{"id": 6, "name": "plan"}]'), ("jobs/6/artifacts/plan/tree", said + "\n")]
            calls, _ = self.run_script("gitlab/reviewed-plan.sh", "out", table=table, env={"CI_COMMIT_SHA": "fff"}, code=code)
            self.assertEqual("plan.json" in " ".join(calls[-1]["args"]), code == 0)
            labels = self.home / "out/labels"
            self.assertEqual(labels.exists() and labels.read_text(), code == 0 and "api\ngatewright: allow destroy\n")
            labels.unlink(missing_ok=True)

    def fork(self, text, size=100, sha="abc"):
        """Comments on a fork's plan; returns what was written."""
        with zipfile.ZipFile(self.home / "answer.zip", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("plan.txt", text or "")
        table = [
            ("pulls", json.dumps([{"number": 5, "head": {"sha": "abc"}}])),
            ("runs/9/artifacts", json.dumps({"artifacts": [{"name": "gatewright-fork-plan", "size_in_bytes": size, "id": 3}]})),
            ("artifacts/3/zip", "answer.zip"),
            ("--paginate", "[]"),
        ]
        env = {"RUN_ID": "9", "HEAD_OWNER": "mallory", "HEAD_BRANCH": "x $(touch pwned)", "HEAD_SHA": sha}
        table[1] = table[1] if text is not None else ("runs/9/artifacts", '{"artifacts": []}')
        calls, _ = self.run_script("github/fork-comment.sh", table=table, env=env)
        self.assertFalse((self.home / "pwned").exists())
        return [call["sent"]["body"] for call in calls if "body" in call["sent"]]

    def test_what_a_fork_left_behind_is_shown_as_plain_text(self):
        hostile = "minutes: 60 → 10\r# big\n\n@everyone ![x](https://evil.example)\u202e\x1b[31m\n```\n<b>\n".encode() + b"\xff\xfe\n"
        [body] = self.fork(hostile)
        shown = body.split("\n\n", 2)[2]
        self.assertIn("    minutes: 60 -> 10# big\n", shown)
        self.assertTrue(all(line.startswith("    ") for line in shown.splitlines()), shown)
        self.assertTrue(all(c == "\n" or " " <= c <= "~" for c in shown), shown)
        [body] = self.fork("x\n" * 10_000_000)
        self.assertLessEqual(len(body), 65_536)
        self.assertEqual(self.fork("fine", sha="def"), [])

    def test_an_earlier_plan_of_a_fork_does_not_outlive_a_failure(self):
        for text, size in [("", 100), ("\n", 100), (None, 100), ("fine", 10_000_000)]:
            [body] = self.fork(text, size=size)
            self.assertIn("About commit abc.\n", body)
            self.assertIn("left no plan", body)
            self.assertIn("https://github.com/acme/apis/actions/runs/9", body)
        [body] = self.fork("error: no such role\n")
        self.assertIn("About commit abc.\n", body)
        self.assertIn("    error: no such role\n", body)
        self.assertNotIn("left no plan", body)

    def test_one_issue_is_kept(self):
        text = self.file("issue.md", "drift\n")
        for script, number, field in [("github/drift-issue.sh", "number", "body"), ("gitlab/drift-issue.sh", "iid", "description")]:
            open_one = [("gatewright-drift state=open", json.dumps([{number: 4}])), ("state=opened", json.dumps([{number: 4}]))]
            none = [("state=open", "[]")]
            opened = lambda *args, table: self.run_script(script, *args, table=table)[0]
            calls = opened(text, table=none)
            self.assertEqual((len(calls), calls[-1]["sent"][field]), (2, "drift\n"))
            calls = opened(text, table=open_one)
            self.assertIn("issues/4", " ".join(calls[-1]["args"]))
            self.assertEqual(calls[-1]["sent"][field], "drift\n")
            calls = opened(table=open_one)
            self.assertIn("close", " ".join(calls[-1]["args"]))
            self.assertEqual(len(opened(table=none)), 1)

    def test_the_applied_commit_is_that_of_the_last_success(self):
        deployment = lambda number, at, sha: {"id": number, "created_at": at, "sha": sha}
        table = [
            ("environment=gatewright-apply", json.dumps([deployment(3, "2026-03-03", "ccc"), deployment(1, "2026-01-01", "aaa")])),
            ("environment=gatewright-approve", json.dumps([deployment(2, "2026-02-02", "bbb")])),
            ("deployments/3/statuses", '[{"state": "failure"}, {"state": "in_progress"}]'),
            ("deployments/2/statuses", '[{"state": "inactive"}, {"state": "success"}]'),
            ("deployments/1/statuses", '[{"state": "success"}]'),
        ]
        self.assertEqual(self.run_script("github/applied-commit.sh", table=table)[1], "bbb\n")
        self.assertEqual(self.run_script("github/applied-commit.sh", table=[("deployments", "[]")])[1], "")

    def test_a_secret_stands_in_no_argument(self):
        secret = json.dumps({"app": "contacts-web", "client_secret": "a-secret-of-a-test"})
        env = {"VAULT_TOKEN": "a-token-of-a-test"}
        calls, _ = self.run_script("store-secret.sh", stdin=secret, env=env)
        [call] = calls
        self.assertTrue(call["args"][-1].endswith("/contacts-web"))
        self.assertFalse(any(word in " ".join(call["args"]) for word in ("a-secret-of-a-test", "a-token-of-a-test")))
        self.assertEqual(json.loads(call["sent"][""])["data"]["client_secret"], "a-secret-of-a-test")
        self.run_script("store-secret.sh", stdin="{}", env=env, code=1)


if __name__ == "__main__":
    unittest.main()
