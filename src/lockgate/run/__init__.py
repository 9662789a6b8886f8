"""Moving: runner, gate, commit, quarantine, receipt."""
