"""The peers' side: each module is one tool, run as a process of its own."""
