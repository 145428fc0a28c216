"""Trains with and without augmentation on the same seeds, and says what the difference is and how sure it is."""

import argparse
import time

import numpy as np
import scipy.stats
import torch


def arguments(doc, steps, text_of_data):
    """Return the arguments that both scripts have."""
    parser = argparse.ArgumentParser(description=doc, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True, help=text_of_data)
    parser.add_argument("--seeds", type=int, default=5, help="paired trainings (default: 5)")
    parser.add_argument("--steps", type=int, default=steps, help=f"steps of each training (default: {steps})")
    parser.add_argument("--threads", type=int, default=1, help="threads of torch (default: 1)")
    return parser


def train(model, batches, steps, learning_rate=1e-3):
    """Train with Adam, the learning rate falling along a half cosine; return the model, ready to predict."""
    optimizer = torch.optim.Adam(model.parameters(), lr=learning_rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps)
    model.train()
    for inputs, labels in batches:
        optimizer.zero_grad(set_to_none=True)
        torch.nn.functional.cross_entropy(model(inputs), labels).backward()
        optimizer.step()
        schedule.step()
    return model.eval()


@torch.no_grad()
def accuracy(model, inputs, labels):
    """Return the share of right answers in percent."""
    right = [(model(x).argmax(1) == y).sum() for x, y in zip(inputs.split(500), labels.split(500), strict=True)]
    return 100.0 * float(sum(right)) / len(labels)


def compare(run, arms, seeds):
    """Run every arm on every seed, print a table, and return arm -> accuracies.

    Args:
        run: takes an arm's pipeline and a seed, and returns an accuracy in percent.
        arms: name -> pipeline; the first is the one that the others are compared with.
        seeds: how many.

    """
    found = {name: [] for name in arms}
    for seed in range(seeds):
        for name, pipeline in arms.items():
            started = time.perf_counter()
            found[name].append(run(pipeline, seed))
            print(
                f"seed {seed}  {name:24} {found[name][-1]:6.2f} %  {time.perf_counter() - started:5.0f} s", flush=True
            )
    first = next(iter(arms))
    print(f"\n{'':24} accuracy  difference  95 % interval      p  wins")
    for name, values in found.items():
        row = f"{name:24} {np.mean(values):7.2f} %"
        if name != first:
            row += difference(np.subtract(values, found[first]))
        print(row)
    return found


def difference(paired):
    """Return mean, confidence interval (Student's t), p and wins of paired differences as a part of a row."""
    wins = f"{int((paired > 0).sum())}/{len(paired)}"
    if len(paired) < 2 or np.ptp(paired) == 0:
        return f" {paired.mean():+10.2f}  {'':13} {'':>6}  {wins}"
    result = scipy.stats.ttest_1samp(paired, 0.0)
    low, high = result.confidence_interval(0.95)
    return f" {paired.mean():+10.2f}  {low:+6.2f} {high:+6.2f}  {result.pvalue:6.4f}  {wins}"
