"""Days on which a server behind is down, hangs or is restarted: real processes, killed, stopped and started again."""
