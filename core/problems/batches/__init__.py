"""Descent on real data by batches of any size: data, runs, closed forms, words and code."""
