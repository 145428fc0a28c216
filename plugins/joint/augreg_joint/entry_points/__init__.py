"""What this plugin offers, one module per namespace: facts only, nothing heavy is imported."""
