"""Pages about stores, counters, how they are known at Alipay, and their codes."""
