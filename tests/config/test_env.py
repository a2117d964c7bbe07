"""config.env.mail"""

import pytest

from config.env import ConfigurationError, Mail, mail


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example.com", Mail("mail.example.com", 587, starttls=True)),
        ("smtp://a%40b:p%2Fw@mail.example.com:25", Mail("mail.example.com", 25, "a@b", "p/w", starttls=True)),
        ("smtps://mail.example.com", Mail("mail.example.com", 465, tls=True)),
        ("smtp://localhost:2525", Mail("localhost", 2525)),
    ],
)
def test_a_mail_server_is_read_and_never_spoken_to_in_clear_over_a_network(url, expected):
    assert mail(url) == expected


@pytest.mark.parametrize("url", ["http://mail.example.com", "smtp://", "mail.example.com:25"])
def test_what_is_no_mail_server_is_refused_without_being_quoted(url):
    with pytest.raises(ConfigurationError, match="EMAIL_URL") as refused:
        mail(url)
    assert "example.com" not in str(refused.value)
