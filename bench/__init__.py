"""How fast Lockgate is, against what the machine allows and against what others do."""
