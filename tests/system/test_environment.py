# SPDX-License-Identifier: Apache-2.0
"""[environment], env_file, file_variables: what main's environment is (cardea.ini(5))."""

import pytest

PATH = "PATH=/bin:/usr/bin:/usr/sbin:/sbin"


def run(box, config="", env=None, **more):
    if config:
        box.config(config)
    return box.result("--", "/bin/probe", "report", env=env, **more)


def environ(result):
    assert result.status == 0, result
    return result.report["environ"]


def test_without_configuration_the_environment_is_passed_on_as_it_is(box, mode):
    env = {"B": "2", "A": "", "C": "a=b=c", "D": "$A ${B}", "E": "\n\t\x01", "F_FILE": "/etc/passwd"}
    seen = environ(run(box, env=env, mode=mode))
    assert sorted(seen) == sorted([PATH, *(f"{name}={value}" for name, value in env.items())])


def test_variables_of_cardea_s_own_never_reach_main(box):
    seen = environ(run(box, env={"CARDEA_MAIN_UMASK": "022", "CARDEA_CONFIG": "", "CARDEAX": "1"}))
    assert sorted(seen) == ["CARDEAX=1", PATH]


def test_a_misspelt_variable_of_cardea_s_own_is_100(any_box):
    result = run(any_box, env={"CARDEA_MAIN_USR": "app"})
    assert (result.status, result.out) == (100, "")
    assert "CARDEA_MAIN_USR" in result.err


@pytest.mark.parametrize(
    "text, value",
    [
        ("plain text", "plain text"),
        ("", ""),
        ("${X}", "ex"), ("$X", "ex"), ("a$X.b", "aex.b"), ("$$X", "$X"), ("$${X}", "${X}"),
        ("${X:-d}", "ex"), ("${N:-d}", "d"), ("${EMPTY:-d}", "d"), ("${EMPTY-d}", ""), ("${N-d}", "d"),
        ("${X:+r}", "r"), ("${N:+r}", ""), ("${EMPTY:+r}", ""), ("${EMPTY+r}", "r"),
        ("${N:-${X}}", "ex"), ("${N:-${M:-deep}}", "deep"),
        ("${X:?must}", "ex"), ("${EMPTY?must}", ""),
        ("a ; b # c", "a ; b # c"), ("'q' \"q\"", "'q' \"q\""), ("\\n", "\\n"),
    ],
)
def test_interpolation_is_compose_s(any_box, text, value):
    seen = environ(run(any_box, f"[environment]\nV = {text}\n", env={"X": "ex", "EMPTY": ""}))
    assert f"V={value}" in seen


@pytest.mark.parametrize("text, words", [("${N:?it must be set}", "it must be set"), ("${EMPTY:?filled}", "filled"),
                                         ("${X", "${X"), ("${}", "${}"), ("${X!}", "${X!")])
def test_a_failed_interpolation_is_100_with_file_and_line(any_box, text, words):
    result = run(any_box, f"[environment]\nV = {text}\n", env={"X": "ex", "EMPTY": ""})
    assert (result.status, result.out) == (100, "")
    assert "/etc/cardea/cardea.ini:2: environment.V: " in result.err and words in result.err


def test_a_variable_that_is_not_set_is_empty_and_warned_about(any_box):
    result = run(any_box, "[environment]\nV = a${N}b\n")
    assert "V=ab" in environ(result)
    assert "warning" in result.messages[0] and "N is not set" in result.messages[0]


def test_environment_overrides_what_was_inherited(any_box):
    seen = environ(run(any_box, "[environment]\nA = new ${A}\n", env={"A": "old"}))
    assert sorted(seen) == ["A=new old", PATH]


# ---- env_file ---------------------------------------------------------------------------------

ENV_FILE = """# a comment
ONE=1

export TWO=two words
THREE='$ONE \\n'
FOUR="$ONE ${TWO}"
FIVE=${MISSING:-five}
INHERITED
ABSENT
SIX=a # comment
SEVEN="a # b"
"""


def test_env_file_is_compose_s(any_box):
    any_box.file("etc/app.env", ENV_FILE)
    seen = environ(run(any_box, "[main]\nenv_file = /etc/app.env\n", env={"INHERITED": "yes"}))
    assert sorted(seen) == sorted([
        PATH, "INHERITED=yes", "ONE=1", "TWO=two words", "THREE=$ONE \\n", "FOUR=1 two words",
        "FIVE=five", "SIX=a", "SEVEN=a # b"])


def test_of_several_env_files_the_later_wins_and_environment_wins_over_both(any_box):
    any_box.file("etc/one.env", "A=1\nB=1\nC=1\n")
    any_box.file("etc/two.env", "B=2\nC=2\n")
    seen = environ(run(any_box, "[main]\nenv_file = /etc/one.env /etc/two.env\n[environment]\nC = 3\n"))
    assert sorted(seen) == ["A=1", "B=2", "C=3", PATH]


@pytest.mark.parametrize("kind, word", [("missing", "No such file"), ("directory", "directory"), ("fifo", "fifo"),
                                        ("binary", ""), ("words", "")])
def test_a_bad_env_file_is_100_and_named(any_box, kind, word):
    import os

    if kind == "directory":
        any_box.directory("etc/app.env")
    elif kind == "fifo":
        os.mkfifo(any_box.root / "etc/app.env")
    elif kind == "binary":
        any_box.file("etc/app.env", b"A=\0b\n")
    elif kind == "words":
        any_box.file("etc/app.env", "two words=x\n")
    result = run(any_box, "[main]\nenv_file = /etc/app.env\n")
    assert (result.status, result.out) == (100, "")
    assert "/etc/app.env" in result.err and word in result.err


# ---- file_variables ---------------------------------------------------------------------------


def test_file_variables_become_what_their_file_holds(any_box, mode):
    any_box.file("run/secrets/pw", "s3cret\n")
    seen = environ(run(any_box, "[main]\nfile_variables = DB_PASSWORD\n",
                       env={"DB_PASSWORD_FILE": "/run/secrets/pw", "OTHER_FILE": "/x"}, mode=mode))
    assert sorted(seen) == ["DB_PASSWORD=s3cret", "OTHER_FILE=/x", PATH]


def test_file_variables_star_takes_all_that_name_a_path(any_box):
    any_box.file("run/secrets/pw", "s3cret")
    seen = environ(run(any_box, "[main]\nfile_variables = *\n",
                       env={"A_FILE": "/run/secrets/pw", "B_FILE": "not a path", "FILE": "x"}))
    assert sorted(seen) == ["A=s3cret", "B_FILE=not a path", "FILE=x", PATH]


def test_both_set_is_an_error(any_box):
    any_box.file("run/secrets/pw", "s3cret")
    result = run(any_box, "[main]\nfile_variables = A\n", env={"A_FILE": "/run/secrets/pw", "A": "x"})
    assert (result.status, result.out) == (100, "")
    assert "A_FILE" in result.err and "s3cret" not in result.err


def test_nothing_is_done_unless_asked(any_box):
    seen = environ(run(any_box, env={"A_FILE": "/run/secrets/pw"}))
    assert sorted(seen) == ["A_FILE=/run/secrets/pw", PATH]


def test_a_file_variable_whose_file_is_missing_is_100(any_box):
    result = run(any_box, "[main]\nfile_variables = A\n", env={"A_FILE": "/run/secrets/pw"})
    assert (result.status, result.out) == (100, "")
    assert "/run/secrets/pw" in result.err


@pytest.mark.parametrize("mode", [0o664, 0o646])
def test_an_env_file_that_others_may_write_is_refused_as_root(root_box, mode):
    root_box.file("etc/app.env", "A=1\n", mode=mode)
    result = run(root_box, "[main]\nenv_file = /etc/app.env\n")
    assert (result.status, result.out) == (100, "")
    assert f"others than its owner may write '/etc/app.env' (mode {mode:04o})" in result.err
