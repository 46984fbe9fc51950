"""The blind clinic in a real browser, without a kernel: by keyboard alone, at two widths, in both themes."""

import pytest
from axe import violations
from bare_page import bare_page

from qkvlib.clinic import BUGS
from qkvlib.clinic.probes import PROBES
from qkvlib.instruments.blind_clinic import blind_clinic

pytestmark = pytest.mark.browser


@pytest.fixture
def clinic(page):
    """Opens a clinic with these faults and returns the page."""

    def open_page(*faults, width=1100, scheme="light"):
        page.set_viewport_size({"width": width, "height": 785})
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.set_content(bare_page(blind_clinic(*faults), scheme=scheme))
        page.wait_for_selector("body[data-ready=yes]")
        return page

    return open_page


def probe(page, key):
    page.locator(f'[data-probe="{[p.key for p in PROBES].index(key)}"]').click()


def test_a_fault_is_found_and_named_by_keyboard_alone(clinic):
    page = clinic("fix_softmax_axis", "fix_tiled_heads")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.dataset.patient") == "1"
    page.keyboard.press("Enter")
    assert page.get_attribute('[data-patient="1"]', "aria-pressed") == "true"
    for _ in range(1 + [p.key for p in PROBES].index("shared")):
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert "18 of 36 numbers differ, all in heads 1 and 2." in page.inner_text(".qkv-blind-symptom")
    assert "Two K/V heads for four: 18 of 36" in page.inner_text("[role=status]")
    assert page.locator("td.qkv-off").count() == 18
    assert page.evaluate("document.activeElement.dataset.probe") == str([p.key for p in PROBES].index("shared"))
    page.locator("select").focus()
    page.keyboard.type("tiled")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    chart = page.inner_text(".qkv-blind-chart")
    assert "tiled instead of repeated" in chart
    assert "np.repeat(K, n_rep, axis=-3)" in chart
    assert "Named after 2 probes" in chart
    assert "qkv-blind-chart" in page.evaluate("document.activeElement.className")
    assert page.evaluate("window.shown[0].model.get('named')") == [[], ["fix_tiled_heads"]]


def test_nothing_is_named_before_the_learner_names_it(clinic):
    page = clinic("fix_conv1d")
    text = page.inner_text("main")
    assert BUGS["fix_conv1d"].fingerprint not in text
    page.get_by_role("button", name="Name it").click()
    assert "Choose a name first" in page.inner_text("[role=status]")
    page.select_option("select", "fix_shapes")
    page.get_by_role("button", name="Name it").click()
    said = page.inner_text("[role=status]")
    assert said.startswith("Not “d_model where d_head belongs”. That fault would answer “")
    assert "This patient: " in said
    assert page.locator(".qkv-blind-chart").count() == 0
    assert page.get_by_role("button", name="Show me").count() == 0
    page.select_option("select", "fix_fused_split")
    page.get_by_role("button", name="Name it").click()
    page.get_by_role("button", name="Show me").click()
    assert "a Conv1D weight in a Linear" in page.inner_text(".qkv-blind-chart")


@pytest.mark.parametrize(("width", "scheme"), [(1100, "light"), (390, "dark")])
def test_every_probe_fits_and_is_open_to_everybody(clinic, width, scheme):
    page = clinic("fix_transpose", "fix_softmax_axis", width=width, scheme=scheme)
    for patient in (0, 1):
        page.locator(f'[data-patient="{patient}"]').click()
        for place in range(len(PROBES)):
            page.locator(f'[data-probe="{place}"]').click()
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (patient, place)
            if width == 1100:
                result = page.locator(".qkv-blind-symptom").bounding_box()
                top = page.locator(".qkv-blind").bounding_box()["y"]
                assert result["y"] + result["height"] - top <= 785, (patient, place)
    probe(page, "ones")
    assert page.locator(".qkv-off").count() == 36
    assert violations(page, "main") == []
    page.select_option("select", "fix_softmax_axis")
    page.get_by_role("button", name="Name it").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert violations(page, "main") == []


def test_a_crash_is_said(clinic):
    page = clinic("fix_transpose")
    probe(page, "five")
    assert "It crashes" in page.inner_text(".qkv-blind-symptom")
    assert page.locator("table").count() == 4
