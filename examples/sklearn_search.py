"""How strong should an augmentation be? scikit-learn's grid search asks, and only what is learned from is augmented."""

from __future__ import annotations

import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer
from sklearn.svm import SVC

import augreg


def flat(pictures: np.ndarray) -> np.ndarray:
    """Return pictures (n, 8, 8) as rows (n, 64)."""
    return np.reshape(pictures, (len(pictures), -1))


def main() -> None:
    digits = load_digits()
    learned, held_out = slice(0, 100), slice(100, None)
    model = augreg.sklearn.Augment(make_pipeline(FunctionTransformer(flat), SVC()), ["image.rotate"], copies=4)
    turns = [[{"image.rotate": {"degrees": [-most, most]}}] for most in (5, 15, 90, 180)]
    search = GridSearchCV(model.set_params(options={"white": 16}), [{"copies": [0]}, {"pipeline": turns}], cv=4)
    search.fit(digits.images[learned], digits.target[learned], keys=np.arange(100))
    for score, tried in zip(search.cv_results_["mean_test_score"], search.cv_results_["params"], strict=True):
        print(f"{score:.3f} in the folds that were left out: {tried}")
    print(f"held out: {search.score(digits.images[held_out], digits.target[held_out]):.3f}, by {search.best_params_}")


if __name__ == "__main__":
    main()
