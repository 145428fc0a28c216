def worker_check(d, s):
    raise NotImplementedError
