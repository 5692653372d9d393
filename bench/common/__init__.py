"""What the benchmarks share: processes, the machine's limits, spreads and Markdown tables."""
