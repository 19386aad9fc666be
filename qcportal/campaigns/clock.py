from qcportal.clock import now

__all__ = ["now"]
