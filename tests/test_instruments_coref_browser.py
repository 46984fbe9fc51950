"""The trained model at work in a browser, without a kernel: one changed word flips the answer."""

import pytest

from qkvlib import instruments

pytestmark = pytest.mark.browser


def open_saved(page, tmp_path, instrument):
    path = tmp_path / "instrument.html"
    instrument.save(path)
    page.goto(path.as_uri())
    page.wait_for_selector(".qkv-ws svg")


def test_one_word_flips_it_and_the_mask_stops_it(page, tmp_path):
    open_saved(page, tmp_path, instruments.trace())
    said = page.locator(".ws-say").last
    assert "99.8% on dog, <0.1% on ball. Answer: il." in said.inner_text()
    adjective = page.get_by_label("because it was")
    adjective.select_option(label="deflated")
    page.wait_for_function("() => document.body.innerText.includes('Answer: elle.')")
    assert "on dog, >99.9% on ball" in said.inner_text()
    page.get_by_role("checkbox", name="causal mask").check()
    page.wait_for_function("() => !document.body.innerText.includes('>99.9% on ball')")
    masked = said.inner_text()
    adjective.select_option(label="excited")
    page.wait_for_function("() => document.querySelector('.qkv-ws svg').textContent.includes('excited')")
    assert said.inner_text() == masked


def test_a_typed_word_it_does_not_know_is_named(page, tmp_path):
    open_saved(page, tmp_path, instruments.trace(sentence="the cat drank because it was thirsty"))
    page.get_by_role("textbox", name="sentence").fill("the cat drnk because it was thirsty")
    page.wait_for_function("() => /drnk.*not known here.*drank/.test(document.body.innerText)")
