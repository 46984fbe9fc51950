"""Misconceptions by subject: what several exercises share, each written once with the sentences that go with it."""
