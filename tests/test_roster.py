"""The roster: what spreadsheets and platforms write is read, and a mistake is told with its line."""

import pytest

from qkvlib.grading.roster import CollectError, Student, read_roster


def test_a_roster(tmp_path):
    path = tmp_path / "roster.csv"
    path.write_text('\ufeffStudent_ID,Name,Email\ns1,"Byron, Ada",a@example.org\n\ns2,Emmy,\n', encoding="utf-8")
    assert read_roster(path) == [Student("s1", "Byron, Ada", "a@example.org"), Student("s2", "Emmy", "")]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("id,name\ns1,A\n", "line 1: it must name the columns"),
        ("", "line 1"),
        ("student_id,name\n", "no student"),
        ("student_id,name\ns1,A\n,B\n", "line 3: the student_id is empty"),
        ("student_id,name\ns1,A\ns2\n", "line 3: this line does not have 2 columns"),
        ("student_id,name\ns1,A\ns2,B,C\n", "line 3: this line does not have 2 columns"),
        ("student_id,name\ns1,A\nS1,B\n", "line 3: student_id S1 was on line 2"),
        ("student_id,name\n../../etc,A\n", "line 2: student_id"),
        ("student_id,name\n<script>,A\n", "line 2: student_id"),
        ("student_id,name\n=cmd(),A\n", "line 2: student_id"),
        ("student_id,name\n1.23E+05,A\n", "line 2: student_id 1.23E\\+05 was rounded"),
        ("sep=;\nstudent_id;name\n1;A\n1;B\n", "line 4: student_id 1 was on line 3"),
        ("001,Ada Byron\n", "It says: 001, Ada Byron"),
        ("student_id,name\n1,\0", "not a text file"),
    ],
)
def test_a_roster_with_a_mistake_names_the_line(tmp_path, text, says):
    path = tmp_path / "roster.csv"
    path.write_text(text)
    with pytest.raises(CollectError, match=says):
        read_roster(path)


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("student_id;name;email\r\n0042;Müller, Jürgen;j@example.org\r\n", "cp1252"),  # Excel in German
        ("sep=;\nstudent_id;name;email\n0042;Müller, Jürgen;j@example.org\n", "utf-8-sig"),
        ("student_id\tname\temail\n0042\tMüller, Jürgen\tj@example.org\n", "utf-16"),  # Excel's "Unicode text"
        (' Student_ID , Name ,email\n 0042 ,"Müller,\n Jürgen",j@example.org\n', "utf-8"),
        ("First name,Last name,ID number,Email address\nMüller,\tJürgen,0042,j@example.org\n", "utf-8"),
        (
            'Student,ID,SIS User ID,email,Section\n    Points Possible,,,,\n"Müller, Jürgen",77,0042,j@example.org,A\n',
            "utf-8",
        ),
        ("student_id,name,email\n" + 2 * '0042,"Müller, Jürgen",j@example.org\n', "utf-8"),
    ],
)
def test_what_spreadsheets_and_platforms_write(tmp_path, text, encoding):
    path = tmp_path / "roster.csv"
    path.write_text(text, encoding=encoding, newline="")
    (student,) = read_roster(path)
    assert (student.id, student.name.replace(",", ""), student.email) == ("0042", "Müller Jürgen", "j@example.org")


def test_an_email_may_be_left_out_at_the_end_of_a_line(tmp_path):
    path = tmp_path / "roster.csv"
    path.write_text("student_id,name,email\ns1,Ada\ns2,Emmy,e@example.org,\n")
    assert read_roster(path) == [Student("s1", "Ada"), Student("s2", "Emmy", "e@example.org")]
