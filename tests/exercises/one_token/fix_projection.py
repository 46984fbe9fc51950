"""Answers to `fix_projection`: right ones in several styles, wrong ones as a learner would type them."""

from exercises import Answers
from exercises.parts import project_qkv_einsum, project_qkv_list, project_qkv_plain

answers = Answers()

answers.right_value("plain", project_qkv_plain)
answers.right_value("einsum", project_qkv_einsum)
answers.right_value("list", project_qkv_list)


@answers.wrong("keys-from-query-matrix")
def unmended(X, W_Q, W_K, W_V):
    return X @ W_Q, X @ W_Q, X @ W_K


@answers.wrong("values-from-key-matrix")
def half_mended(X, W_Q, W_K, W_V):
    return X @ W_Q, X @ W_K, X @ W_K
