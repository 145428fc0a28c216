"""Where and how kernels run: devices, threads, memory."""
