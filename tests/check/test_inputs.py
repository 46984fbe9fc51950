"""Which kinds of inputs each exercise meets: every kind is seen, or it does not apply, and a reason is written here."""

import re
from pathlib import Path

import numpy as np
import pytest

from qkvlib import attention, check
from qkvlib.check.inputs import Cases, Draw, Kind, Numbers, case, cases, kinds, random_mask
from qkvlib.check.registry import exercises
from qkvlib.check.spec import Tag
from tools.build import read_course

NUMBERS = "numbers come in, no arrays"
TEXTS = "weights of a sentence and words"
PROBED = "what came back from a layer that was probed, one text at a time"
PLAIN = {
    NUMBERS: """
            causal_mask rows_that_can_know kv_cache_bytes parameter_count rival_score score_spread
            square_margins step_multiplications share_turned cross_cache_bytes
            latent_multiplications
        """,
    TEXTS: "referent",
    PROBED: "diagnose",
    "numbers alone and tables of them, and both are among its own calls": "share_of_flip",
    "three weights of a head, already softmaxed; two and more axes in front are among its own calls": "meeting_share",
}
ONE_THING = {
    "the statement gives vectors and matrices without `...`": """
            project_token smallest_matrix soft_lookup same_scores asymmetry capstone capstone_many
        """,
    "a file's matrices have nothing in front": "split_c_attn llama_qkv",
    "a mask is [T, S]": "blur",
}
NOT_FOR = {
    Kind.NO_AXIS: {},
    Kind.ONE_AXIS: ONE_THING,
    Kind.TWO_AXES: ONE_THING,
    Kind.ONE_TOKEN: {
        "the one token there is": """
            project_token decode_step decode_with_rotary decode_from_latent capstone second_query
            cross_attention_step
        """,
        "no tokens, only matrices or one pair": "smallest_matrix qk_circuit same_scores split_c_attn llama_qkv",
        "a table of any numbers: its rows are not tokens": "softmax",
        "a lookup has one query by itself": "soft_lookup",
        "a text that is read twice has two rows at least": "job_measures",
    },
    Kind.OTHER_LENGTHS: {
        "queries and keys are the same tokens": """
            asymmetry fix_shapes fix_shared_matrix multi_head_attention grouped_query_attention
        """,
        "no query meets a key here": """
            project_token project_qkv fix_projection smallest_matrix qk_circuit same_scores split_heads
            merge_heads repeat_kv average_kv add_positions patch_row softmax second_query split_c_attn
            llama_qkv fix_conv1d fix_fused_split fix_merge_without_swap fix_split_before_projecting
            fix_tiled_heads fix_cache_after_repeat rotate quantised_cache
        """,
        "the cache decides how many keys there are, and it has another length in every call": """
            decode_step decode_with_rotary decode_from_latent capstone capstone_many
        """,
        "one query, n keys": "soft_lookup cross_attention_step",
        "a row of weights for each token of one text": "job_measures",
        "the keys come in pieces, of several lengths in every call": "softmax_in_pieces",
    },
    Kind.EMPTY_CACHE: {
        "there is no cache": """
            project_token project_qkv fix_projection smallest_matrix qk_circuit same_scores scores softmax
            blend attention fix_attention cross_attention padded_source masked_attention add_positions
            blur patch_row asymmetry soft_lookup split_heads merge_heads multi_head_attention repeat_kv average_kv
            grouped_query_attention second_query split_c_attn llama_qkv fix_softmax_axis
            fix_values_in_scores fix_tiled_heads fix_transpose fix_shapes fix_shared_matrix
            fix_split_before_projecting fix_merge_without_swap fix_fused_split fix_conv1d rotate
        """,
        "a full pass, T = S, is the cache empty": "fix_mask_top_left fix_bias_rows fix_rotary_offset rotary_scores",
        "all keys come at once": "fix_cache_after_repeat quantised_cache",
        "a source has a token at least": "cross_attention_step",
        "weights, or pieces of scores, come in: nothing is cached": "job_measures softmax_in_pieces",
    },
    Kind.WIDE_HEADS: {
        "one head, or none, and its width is a size of its own in the calls": """
            project_token project_qkv fix_projection smallest_matrix qk_circuit same_scores scores softmax
            blend attention fix_attention cross_attention padded_source cross_attention_step masked_attention
            add_positions blur patch_row asymmetry soft_lookup decode_step second_query fix_softmax_axis
            fix_values_in_scores fix_mask_top_left fix_bias_rows fix_transpose fix_shared_matrix fix_conv1d
            rotate rotary_scores decode_with_rotary fix_rotary_offset decode_from_latent
        """,
        "no d_model comes in beside the heads": """
            split_heads merge_heads repeat_kv average_kv fix_tiled_heads fix_merge_without_swap
            fix_cache_after_repeat quantised_cache
        """,
        "the statement says [d_model, 3·d_model]": "split_c_attn",
        "scores or weights come in, no widths": "job_measures softmax_in_pieces",
        "seen under the names of the file: q_proj is wider than the embeddings": "llama_qkv",
    },
    Kind.WHOLE: {"a mask holds booleans": "blur"},
    Kind.SINGLE: {"a mask holds booleans": "blur"},
    Kind.ROWS_APART: {},
    Kind.HIDDEN_PEAK: {},
}
# No other statement promises large scores.
ONLY = {Kind.ROWS_APART: ("softmax", "softmax_in_pieces"), Kind.HIDDEN_PEAK: ("masked_attention",)}
ROOT = Path(__file__).resolve().parents[2]
EXERCISE_FILES = [lesson for lesson in read_course(ROOT) if lesson.is_exercises]
FUNCTIONS = [name for name, exercise in exercises().items() if exercise.kind == "function"]


def plain():
    return {name for names in PLAIN.values() for name in names.split()}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_kind_of_input_is_seen_or_does_not_apply(name):
    inputs = exercises()[name].inputs
    assert isinstance(inputs, Cases) != (name in plain()), "inputs follow from sizes, or a reason stands in PLAIN"
    if name in plain():
        return
    shown = kinds(inputs)
    for kind in Kind:
        spared = any(name in names.split() for names in NOT_FOR[kind].values())
        if kind in ONLY:
            spared = name not in ONLY[kind]
        assert (kind in shown) != spared, f"{name}, {kind}: {'seen after all' if spared else 'not seen'}"


def test_the_reasons_speak_of_exercises_that_there_are():
    named = {name for reasons in [PLAIN, *NOT_FOR.values()] for names in reasons.values() for name in names.split()}
    assert named <= set(FUNCTIONS)


def test_meeting_share_has_axes_in_front():
    in_front = {call.args[0].ndim - 1 for call in exercises()["meeting_share"].calls(np.random.default_rng(0))}
    assert in_front == {0, 1, 2}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_usual_cases_change_one_thing_of_the_first(name):
    """So that "right for this, wrong for that" says what it was: numbers and batch, or numbers and one token."""
    inputs = exercises()[name].inputs
    if not isinstance(inputs, Cases):
        return
    first, *more = inputs.cases
    for one in more:
        if one.about.startswith(("the same", "one token alone, in")):
            changed = {size for size in one.sizes if one.sizes[size] != first.sizes.get(size)}
            assert changed <= {"batch"} or changed <= {"T", "row"}, one.about
    assert first.numbers is Numbers.NORMAL
    assert first.axes_in_front == 0


def test_cases_add_only_what_is_missing():
    def arguments(draw, T, d, batch=()):
        return (draw(*batch, T, d),)

    added = cases(arguments, case("first", T=5, d=3)).cases
    assert [one.axes_in_front for one in added] == [0, 1, 2, 0]
    written = cases(
        arguments,
        case("first", T=5, d=3),
        case("one", T=5, d=3, batch=(4,)),
        case("two", Numbers.SINGLE, T=5, d=3, batch=(2, 4)),
        case("whole", Numbers.WHOLE, T=2, d=3),
    )
    assert len(written.cases) == 4
    assert [call.tag for call in written(np.random.default_rng(0))] == [Tag.PLAIN, Tag.BATCH, Tag.BATCH, Tag.WHOLE]


def test_what_is_drawn():
    rng = np.random.default_rng(7)
    whole = Draw(rng, Numbers.WHOLE)
    assert all(len(set(row)) == 5 for row in whole(40, 5))
    assert 0 not in whole(40, 9)
    picking = whole.weight(7, 3)
    assert np.array_equal(np.abs(picking).sum(axis=0), [1, 1, 1])
    assert np.array_equal(whole.shares(3, 4).sum(-1), [1, 1, 1])
    assert Draw(rng, Numbers.SINGLE)(2, 3).dtype == np.float32
    assert np.allclose(Draw(rng).shares(3, 4).sum(-1), 1)
    table = Draw(rng).rows_apart(5, 7)
    assert table[0].min() > 900
    assert table[1].max() < -900
    assert table[2, -1] - table[2, :-1].max() > 900
    assert np.abs(table[3:]).max() < 10
    for T, S in ((5, 7), (1, 7), (3, 3), (1, 2), (2, 1)):
        mask = random_mask(rng, T, S)
        assert mask.shape == (T, S)
        assert mask.any(axis=1).all()
        assert S == 1 or not mask.all(axis=1).any()


def test_the_hidden_peak_is_hidden_and_a_thousand_above():
    exercise = check.exercise("masked_attention")
    (Q, K, _, mask) = next(
        exercise.inputs.call(np.random.default_rng(3), one).args for one in exercise.inputs.cases if "peak" in one.sizes
    )
    grid = attention.scores(Q, K)
    assert grid[0, -1] == pytest.approx(1000)
    assert not mask[0, -1]
    assert np.abs(grid[:-1][mask[:-1]]).max() < 50
    assert grid[-1][mask[-1]].max() < -250


@pytest.mark.parametrize("lesson", EXERCISE_FILES, ids=lambda lesson: lesson.slug)
def test_every_statement_gives_the_shape_of_every_weight(lesson):
    """In the docstring, or in the text between the exercise and the one before it."""
    text = ""
    for cell in lesson.cells:
        text += cell.source.split("### BEGIN")[0] if cell.kind == "markdown" or cell.has("exercise") else ""
        if cell.has("exercise"):
            signature = re.search(r"def \w+\((.*?)\):", cell.source)
            for weight in re.findall(r"W_\w+|\bweight\b|\bbias\b", signature[1] if signature else ""):
                shape = rf"{weight}\b[^.;]*?(\[|as there|as in)"
                said = re.search(shape, re.sub(r"[`$]", "", text.replace(signature[0], "")), re.DOTALL)
                assert said, f"{cell.name}: {weight} has no shape"
            text = ""
