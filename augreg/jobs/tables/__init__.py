"""Tables as inputs and outputs of jobs: which columns are samples, where rows lie, how cells become files and back."""
