"""SQL steps: what each output of one SELECT is made of, and the text that may run.

Start at ``trace.trace``. It brings in the parser, so it is imported where it is needed;
``lineage`` holds what it returns, and needs nothing.
"""
