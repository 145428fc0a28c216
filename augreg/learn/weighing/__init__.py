"""Weights of operations, learned by gradient from what training on them does to held samples."""

from augreg.learn.weighing.learning import learn_weights as learn_weights
from augreg.learn.weighing.weights import Weights as Weights
from augreg.learn.weighing.weights import averaged as averaged
