"""What the product's speed is, measured: one file a benchmark, every figure beside its baseline in the same run."""
