"""Labels of data sets in a job: which form they have, which input each belongs to, how they move and are written."""
