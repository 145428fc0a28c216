"""The corruptions of ImageNet-C.

Hendrycks and Dietterich, "Benchmarking Neural Network Robustness to Common Corruptions and Perturbations", ICLR
2019: fifteen corruptions and four for validation, at severities 1 to 5. Parameters are the published ones, in pixels
of a 224 x 224 picture.
"""
