"""The blind clinic: each fault is the bug of the clinic, set into a whole layer; the probes tell any two apart."""

import itertools

import numpy as np
import pytest

from qkvlib.attention import causal_mask, merge_heads, repeat_kv, rotate, scores, softmax, split_heads
from qkvlib.clinic import BUGS
from qkvlib.clinic.bug import draw
from qkvlib.clinic.layer import FAULTS, Layer, Weights, project
from qkvlib.clinic.probes import PROBES, SHARED, W, X, examine, probe_every_fault
from qkvlib.instruments.blind_clinic import blind_clinic

FREE = {"causal": False, "slope": 0.0, "speed": 0.0}
ALL = pytest.mark.parametrize("name", FAULTS)


def heads(X=X, W=W):
    return project(X, W)


def out_of(attend, *stacks):
    """The merged output of `attend` in every head."""
    return merge_heads(np.stack([attend(*parts) for parts in zip(*stacks, strict=True)]))


def test_the_right_layer_is_causal_attention_of_several_heads():
    Q, K, V = heads()
    weights = softmax(np.where(causal_mask(3), scores(Q, K), -np.inf))
    run = Layer()(X, W, slope=0.0, speed=0.0)
    np.testing.assert_allclose(run.out, merge_heads(weights @ V))
    np.testing.assert_allclose(run.weights, weights)
    assert run.cached == K.size + V.size
    Q, K, V = heads(W=SHARED)
    shared = Layer()(X, SHARED, **FREE).out
    np.testing.assert_allclose(shared, merge_heads(softmax(scores(Q, repeat_kv(K, 2))) @ repeat_kv(V, 2)))


def test_each_fault_is_its_bug():
    """What the faulty layer does is what the clinic's broken function does at that place."""
    assert list(FAULTS) == list(BUGS)
    broken = {name: bug.broken for name, bug in BUGS.items()}
    faulty = {name: layer(X, W, **FREE) for name, layer in FAULTS.items()}
    Q, K, V = heads()
    same = np.testing.assert_allclose
    same(faulty["fix_softmax_axis"].out, out_of(broken["fix_softmax_axis"], Q, K, V))
    same(faulty["fix_values_in_scores"].out, out_of(broken["fix_values_in_scores"], Q, K, V))
    same(faulty["fix_shapes"].weights, broken["fix_shapes"](X, W.Q, W.K, 4))
    same(faulty["fix_transpose"].weights, softmax(broken["fix_transpose"](Q, K)))
    one = Weights(W.Q[:, :3], W.K[:, :3], W.V[:, :3], np.zeros(3), 1, 1)
    shared = FAULTS["fix_shared_matrix"](X, one, **FREE).out
    same(shared, broken["fix_shared_matrix"](X, one.Q, one.K, one.V))
    cut = [broken["fix_split_before_projecting"](X, matrix, 4) for matrix in (W.Q, W.K, W.V)]
    for mine, theirs in zip(FAULTS["fix_split_before_projecting"].project(X, W), cut, strict=True):
        same(mine, theirs)
    same(faulty["fix_merge_without_swap"].out, broken["fix_merge_without_swap"](softmax(scores(Q, K)) @ V))
    same(FAULTS["fix_tiled_heads"].read(K, 2), broken["fix_tiled_heads"](K, 2))
    fused = broken["fix_fused_split"](X, np.hstack([W.Q, W.K, W.V]), 4)
    for mine, theirs in zip(FAULTS["fix_fused_split"].project(X, W), fused, strict=True):
        same(mine, theirs)
    for matrix, part in zip((W.Q, W.K, W.V), FAULTS["fix_conv1d"].project(X, W), strict=True):
        same(part, split_heads(broken["fix_conv1d"](X, matrix, np.zeros(12)), 4))
    cache, read = broken["fix_cache_after_repeat"](K[:2], 2)
    kept = FAULTS["fix_cache_after_repeat"].store(K[:2], 2)
    same(kept, cache)
    same(FAULTS["fix_cache_after_repeat"].read(kept, 2), read)
    masked = FAULTS["fix_mask_top_left"](X, W, first=1, slope=0.0, speed=0.0).out
    same(masked, out_of(broken["fix_mask_top_left"], Q[:, 1:], K, V))
    biased = FAULTS["fix_bias_rows"](X, W, first=1, speed=0.0).weights
    same(biased, np.stack([broken["fix_bias_rows"](q[1:], k, 0.5) for q, k in zip(Q, K, strict=True)]))
    turned = FAULTS["fix_rotary_offset"](X, W, first=1, slope=0.0, speed=0.7).weights
    speeds = np.array([0.7, 0.0])  # the third feature, with a column of zeros beside it, is a plane that stands still
    q, k = (np.stack([H[..., 0], H[..., 2], H[..., 1], 0 * H[..., 0]], axis=-1) for H in (Q, K))
    kept = rotate(k[:, :1], np.arange(1), speeds)
    wider = [broken["fix_rotary_offset"](2 / np.sqrt(3) * q[h, 1:], k[h, 1:], kept[h], speeds) for h in range(4)]
    same(turned, np.stack(wider))


def test_right_code_keeps_every_rule():
    for probe, finding in zip(PROBES, examine(Layer()), strict=True):
        assert finding.kind == "same", probe.key
        assert finding.kept is not False, probe.key


@ALL
def test_every_fault_shows_in_some_probe_and_is_hidden_from_others(name):
    findings = examine(FAULTS[name])
    assert any(finding.kind != "same" for finding in findings)
    assert any(finding.kind == "same" for finding in findings)
    for probe, finding in zip(PROBES, findings, strict=True):
        if finding.kind == "differs":
            assert finding.off.any(), f"{probe.key}: what differs cannot be seen in the decimals shown"
        else:
            assert finding.off is None or not finding.off.any()


def test_any_two_faults_are_told_apart_by_the_kind_of_an_answer():
    codes = {name: [(f.kind, f.kept) for f in examine(layer)] for name, layer in FAULTS.items()}
    for one, other in itertools.combinations(codes, 2):
        assert codes[one] != codes[other], (one, other)


def test_all_faults_and_all_probes_in_two_tables():
    differs, breaks = probe_every_fault()
    assert differs.shape == breaks.shape == (len(FAULTS), len(PROBES))
    place = [probe.key for probe in PROBES].index("ones")
    softmax_axis = list(FAULTS).index("fix_softmax_axis")
    assert differs[softmax_axis, place]
    assert breaks[softmax_axis, place]
    assert not breaks[:, [probe.holds is None for probe in PROBES]].any()
    assert differs.any(1).all()


def test_what_the_widget_is_given_is_what_was_computed():
    clinic = blind_clinic("fix_tiled_heads", "fix_mask_top_left")
    assert [patient["fault"] for patient in clinic.patients] == ["fix_tiled_heads", "fix_mask_top_left"]
    assert set(clinic.faults) == set(BUGS)
    place = next(i for i, probe in enumerate(PROBES) if probe.key == "shared")
    told, finding = clinic.patients[0]["findings"][place], examine(FAULTS["fix_tiled_heads"])[place]
    numbers = np.array(
        [[[float(x.replace("−", "-")) for x in row.split()] for row in block] for block in told["answer"]]
    )
    np.testing.assert_allclose(numbers, np.round(finding.answer, 2))
    marks = np.array([[[mark == "1" for mark in row] for row in block] for block in told["off"]])
    np.testing.assert_array_equal(marks, finding.off)
    assert "answer" not in clinic.patients[0]["findings"][0], "what equals the right answer is not sent twice"


def test_its_words_are_stable_and_give_nothing_away():
    first, second = blind_clinic(), blind_clinic()
    assert repr(first) == repr(second)
    assert first._markdown() == second._markdown()
    assert first._picture() == second._picture()
    assert first._picture().startswith(b"\x89PNG")
    shown = (repr(first) + first._markdown()).lower()
    assert not any(bug.title.lower() in shown for bug in BUGS.values())
    assert "0 diagnosed" in repr(first)
    first.named = [[first.patients[2]["fault"]], [first.patients[1]["fault"]], *first.named[2:]]
    assert first.diagnosed == ["B"]
    first.patient, first.probe = 0, len(PROBES) - 1
    assert first._repr_mimebundle_()["image/png"]


def test_its_picture_opens_no_widget(monkeypatch):
    """One that is opened and closed at once is an error in the browser, which never gets to make it."""
    clinic = blind_clinic("fix_tiled_heads")
    opened = []
    monkeypatch.setattr("ipywidgets.Widget.open", lambda widget: opened.append(widget))
    assert clinic._picture().startswith(b"\x89PNG")
    assert opened == []


def test_a_patient_that_crashes_has_a_picture_too():
    clinic = blind_clinic("fix_transpose")
    clinic.probe = next(i for i, probe in enumerate(PROBES) if probe.key == "five")
    assert "crashes" in repr(clinic)
    assert clinic._picture().startswith(b"\x89PNG")
    assert "crashes" in clinic._markdown()


def test_an_unknown_fault_is_named():
    with pytest.raises(ValueError, match="there is no bug 'fix_it' in the clinic; there are fix_softmax_axis"):
        blind_clinic("fix_conv1d", "fix_it")


def test_example_numbers_are_small_and_read_easily():
    assert np.array_equal(draw(1, (2, 2))[0], np.round(draw(1, (2, 2))[0], 1))
